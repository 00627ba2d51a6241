"""Known answers: how rare a fault they can find, which a green run says, and all at once that is missing among them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from framework.contract.model.outcome import Outcome, Verdict
from framework.contract.model.report import Report
from framework.contract.report import render
from tests.contract.conftest import RunCheck
from tests.contract.test_findings import AES, HMAC
from tests.zoo.species import ROOT, exhibits


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


@pytest.mark.parametrize(
    ("name", "check_id", "some"),
    [
        (
            "mac.Hmac",
            "MAC-52",
            ["3 keys where 16 are due", "no message of 63 bytes", "no message of 65537 or more bytes"],
        ),
        ("bulk_cipher.Aes", "CIP-52", ["no IV all ones", "no IV all zeros"]),
        ("aead.Gcm", "AEAD-52", ["no nonce of all ones"]),
        ("key_exchange.X25519Dhkem", "KEX-53", ["no bad ciphertext with a zero at its end"]),
    ],
)
def test_all_that_is_missing_is_told_at_once(name: str, check_id: str, some: list[str], run: RunCheck) -> None:
    (target,) = [exhibit.target() for exhibit in exhibits(good=True) if exhibit.name == name]
    found = run(replace(target, vectors=str(ROOT / "tests/zoo/few_answers.json")), check_id).finding
    assert found is not None
    told = [value for name, value in found.inputs.items() if name.startswith("missing ")]
    assert len(told) > 1
    assert set(some) <= set(told)
    assert found.what == f"the known answers do not vary enough: {told[0]}, and {len(told) - 1} more"
