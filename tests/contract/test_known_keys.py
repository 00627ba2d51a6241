"""How rare a fault the known answers can find: what a green run says of it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from framework.contract import render
from framework.contract.outcome import Outcome, Verdict
from framework.contract.report import Report
from tests.contract.test_findings import AES, HMAC


@pytest.mark.parametrize(("count", "share"), [(1, 95), (4, 53), (16, 18), (20, 14), (319, 1)])
def test_so_many_keys_find_what_such_a_part_of_them_shows(count: int, share: int) -> None:
    assert render.share_found(count) == share
    assert 1 - (1 - share / 100) ** count >= 0.95 > 1 - (1 - (share - 1) / 100) ** count


def test_a_green_run_without_an_oracle_says_what_its_known_answers_find() -> None:
    passed = [Outcome("MAC-01", Verdict.PASSED)]
    shown = render.text(Report(HMAC, "1", "normal", passed)).splitlines()[-1]
    assert "found with 95% by known answers under 18 keys if 16% of all keys show it" in shown
    assert "an oracle (--oracle)" in shown


def test_keys_that_differ_in_ignored_bits_alone_are_one(tmp_path: Path) -> None:
    answers = [{"key": f"0{number}" + "00" * 31} for number in range(6)]
    place = tmp_path / "answers.json"
    entry = {"claims": {"ignored_key_bits": ["01" * 32]}, "answers": answers}
    place.write_text(json.dumps({"primitives": {"aes256ctr": entry}}))
    assert Report(replace(AES, vectors=str(place)), "1", "normal", []).known_keys == 3
