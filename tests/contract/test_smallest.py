"""Findings show little: what is cut down still shows the violation, is no larger, and comes again."""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

from framework.contract.engine.child import environment
from framework.contract.model.outcome import Finding, Outcome
from framework.contract.model.smallest import TRIES, cut, fewer, least, without
from framework.contract.model.violation import Violation
from framework.registry import ENTRY_POINT_GROUP
from tests.zoo.species import ROOT, exhibits

RunCheck = Callable[..., Outcome]


def smallest(value: object, shows: Callable[..., bool], smaller: Callable[..., object], **bounds: int) -> object:
    """What the violation that `least` raises was made of."""
    tried = []

    def hold(candidate: object) -> None:
        tried.append(candidate)
        if shows(candidate):
            raise Violation(f"shown by try {len(tried)}")

    with pytest.raises(Violation) as caught:
        least(value, hold, smaller, **bounds)  # type: ignore[arg-type]
    assert len(tried) <= bounds.get("tries", TRIES) + 1
    return tried[int(caught.value.what.rpartition(" ")[2]) - 1]


def test_what_holds_is_tried_once() -> None:
    tried: list[int] = []
    least(7, tried.append, fewer)
    assert tried == [7]


def test_a_message_is_cut_from_both_ends_and_emptied() -> None:
    message = bytes(range(1, 200))
    assert smallest(message, lambda octets: b"\x40\x41" in octets, cut) == b"\x40\x41"
    assert smallest(message, lambda octets: len(octets) > 130, cut) == bytes(131)
    assert smallest(message, lambda _: True, cut) == b""
    assert smallest(message, lambda octets: octets == message, cut) == message


def test_a_sequence_is_thinned_and_its_items_made_smaller() -> None:
    sizes = [5, 0, 300, 17, 8, 90, 300, 2] * 6

    def shows(items: list[int]) -> bool:
        return any(before > 250 and 80 < after < 100 for before, after in pairwise(items))

    with_neighbours = [300 if size == 8 else size for size in sizes]
    assert smallest(with_neighbours, shows, lambda items: without(items, fewer)) == [251, 81]
    assert smallest(sizes, lambda items: sum(items) >= 400, lambda items: without(items, fewer)) == [10, 90, 300]


def test_tries_and_octets_are_bounded() -> None:
    long = [bytes([1]) * 1000] * 1000
    assert smallest(long, lambda items: len(items) > 3, without, tries=5) != long
    handed = 0

    def hold(octets: bytes) -> None:
        nonlocal handed
        handed += len(octets)
        raise Violation("always") if len(octets) > 99_000 else AssertionError

    with pytest.raises(Violation):
        least(bytes(100_000), hold, cut, octets=1_000_000)
    assert handed < 1_000_000 + 2 * 100_000


def test_another_violation_and_an_exception_are_not_followed() -> None:
    def hold(octets: bytes) -> None:
        if len(octets) < 10:
            raise ValueError
        if len(octets) < 20:
            raise Violation("another one", octets=octets)
        if len(octets) < 90:
            raise Violation(f"at byte {len(octets)}", octets=octets)

    with pytest.raises(Violation, match=r"at byte 20$"):
        least(bytes(80), hold, cut)
    with pytest.raises(ValueError, match=r"^$"):
        least(bytes(5), hold, cut)


SHRINKING = {
    "CIP-01": "bulk_cipher.stream",
    "CIP-02": "bulk_cipher.stream",
    "CIP-03": "bulk_cipher.continuity",
    "CIP-04": "bulk_cipher.continuity",
    "MAC-15": "mac.messages",
    "MAC-16": "mac.reuse",
    "AEAD-01": "aead.sealing",
    "AEAD-09": "aead.contexts",
    "KEX-05": "key_exchange.exchange",
}
FOUND = [
    (exhibit, check_id) for exhibit in exhibits() for check_id in exhibit.specimen.found_by if check_id in SHRINKING
]


def weight(found: Finding) -> int:
    """How much a finding shows: calls, and octets."""
    shown = " ".join(found.inputs.values())
    calls = [sequence.count(",") for name, sequence in found.inputs.items() if name in ("calls", "parts", "pieces")]
    return sum(calls) * 100 + sum(map(int, re.findall(r"(\d+) bytes", shown)))


@pytest.mark.parametrize(("exhibit", "check_id"), FOUND, ids=lambda value: getattr(value, "name", value))
def test_what_a_finding_shows_of_a_specimen_is_no_larger_and_comes_again(
    exhibit: object, check_id: str, run: RunCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = exhibit.target()  # type: ignore[attr-defined]
    once, again = (run(target, check_id).finding for _ in range(2))
    module = import_module(f"framework.contract.checks.{SHRINKING[check_id]}")
    monkeypatch.setattr(module, "least", lambda value, hold, _, **__: hold(value))
    whole = run(target, check_id).finding
    assert once is not None
    assert whole is not None
    assert once == again
    assert weight(once) <= weight(whole)


def test_of_hundreds_of_calls_two_are_shown(run: RunCheck) -> None:
    target = next(exhibit.target() for exhibit in exhibits() if exhibit.name == "mac.KeepsItsContext")
    found = run(target, "MAC-16").finding
    assert found is not None
    assert re.fullmatch(r"\[(tag|verify)\(\d, 101 bytes\), tag\(\d, 0 bytes\)\]", found.inputs["calls"]), found


def test_the_reproducer_of_a_finding_finds_it_again(tmp_path: Path) -> None:
    """The command of the finding, as it stands, in another process, with the specimen installed as a plugin."""
    exhibit = next(exhibit for exhibit in exhibits() if exhibit.name == "bulk_cipher.BlockPerRecord")
    folder = tmp_path / "specimen-0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: specimen\nVersion: 0\n")
    entry = replace(exhibit.target(), vectors="").entry
    (folder / "entry_points.txt").write_text(f"[{ENTRY_POINT_GROUP}]\nspecimen = {entry}\n")

    def kit(*arguments: str) -> str:
        environ = environment()
        environ["PYTHONPATH"] = f"{tmp_path}:{ROOT}"
        command = [sys.executable, "-m", "framework.contract", *arguments]
        ended = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=100)
        assert ended.returncode == 1, ended.stderr
        return re.sub(r"\d+\.\d s,", "", ended.stdout)

    vectors = str(ROOT / exhibit.specimen.vectors)
    first = kit("check-plugin", "specimen", "--vectors", vectors, "--seed", "a seed", "--only", "CIP-03")
    (line,) = [line for line in first.splitlines() if line.strip().startswith("again ")]
    program, *arguments = shlex.split(line.split(maxsplit=1)[1])
    assert program == "suitecase-contract"
    assert kit(*arguments) == first
    assert "CIP-03 FAILED" in first
