"""Cards, keys, ledgers and directories that are not what they should be: one sentence, and nothing lost."""

import json
import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.protocol.secret import CardSecret
from tests.e2e.programs import QUICK_SUITE, Case, Programs, Town

Spoil = Callable[[Path], object]


def world_readable(card: Path) -> None:
    card.chmod(0o644)


def cut_short(card: Path) -> None:
    card.write_bytes(card.read_bytes()[:40])


def the_banks_key(card: Path) -> None:
    card.write_bytes(card.with_name("bank.pub").read_bytes())
    card.chmod(0o644)


def a_directory(card: Path) -> None:
    card.unlink()
    card.mkdir()


def a_pipe(card: Path) -> None:
    card.unlink()
    os.mkfifo(card, 0o600)


def a_loop(card: Path) -> None:
    card.unlink()
    card.symlink_to(card)


def huge(card: Path) -> None:
    card.write_bytes(bytes(10_000))


def binary(card: Path) -> None:
    card.write_bytes(b"\xff\0\xfe")


def an_upper_case_secret(card: Path) -> None:
    card.write_text(json.dumps({"account": "alice", "secret": "AB" * 32}))


BAD_CARDS: list[tuple[Spoil, str]] = [
    (Path.unlink, "There is no card file alice.card; check the path"),
    (world_readable, "can be reached by other users (mode 0644); run `chmod 600 alice.card`"),
    (cut_short, "is not a card; restore it"),
    (the_banks_key, "is not a card; it holds a bank's public key, which is for --bank-key"),
    (a_directory, "is not a regular file; check the path"),
    (a_pipe, "is not a regular file; check the path"),
    (a_loop, "Too many levels of symbolic links; check"),
    (huge, "is longer than 1024 bytes; is it the right file?"),
    (binary, "is not a card; restore it"),
    (an_upper_case_secret, "is not a card; restore it"),
]


def test_cards_that_are_none_are_not_shown_to_any_bank(programs: Programs) -> None:
    """Nobody listens at that address: had the ATM gone on, it would say so, and exit with 3."""
    from app.credentials.keystore import load_or_create  # the key is never used
    from framework import Suite, load_registry

    kex = Suite.parse(QUICK_SUITE, load_registry()).key_exchange
    sizes = {"public_key_size": kex.public_key_size, "private_key_size": kex.private_key_size}
    load_or_create(programs.folder / "bank", QUICK_SUITE, kex.generate_key_pair, **sizes)
    key = (programs.folder / "bank" / "bank.pub").read_bytes()
    options = ["--suite", QUICK_SUITE, "--connect", "127.0.0.1:1", "--bank-key", "bank.pub", "--card", "alice.card"]
    good = json.dumps({"account": "alice", "secret": CardSecret.generate().hex()}).encode()
    files = {"bank.pub": key, "alice.card": good}
    cases = [Case(["atm", *options, "deposit", "5"], said, files) for _, said in BAD_CARDS]
    spoilers = {said: spoil for spoil, said in BAD_CARDS}

    def prepare(case: Case, folder: Path) -> None:
        (folder / "bank.pub").chmod(0o644)
        (folder / "alice.card").chmod(0o600)
        spoilers[case.said](folder / "alice.card")

    for case, folder, ended in programs.run_many(cases, prepare):
        assert ended.code == 2, ended.err
        assert case.said in ended.only_refusal
        assert sorted(path.name for path in folder.iterdir() if path.name != "alice.card") == ["bank.pub"]


def test_cards_of_others_are_refused_by_the_bank(town: Town) -> None:
    """Of no account, of another account, of the same account at another bank."""
    bank, card = town.bank(), town.account()
    secret = json.loads(card.read_text())["secret"]
    for name, account in (("nobody", "nobody"), ("alice", "alice")):
        other = town.programs.folder / f"other-{name}.card"
        text = json.dumps({"account": account, "secret": secret if name == "nobody" else CardSecret.generate().hex()})
        other.write_text(text)
        other.chmod(0o600)
        ended = town.atm(bank, other, "deposit", "5", "--json")
        assert ended.code == 1
        assert f"The bank refused the card of account {account}" in ended.only_refusal
        assert not other.with_name(f"{other.name}.pending").exists()
    assert town.atm(bank, card, "check").out == "CHECK ok, balance 0.00\n"


def not_a_ledger(data_dir: Path) -> None:
    (data_dir / "ledger.sqlite3").write_bytes(b"not a database, but a text of some length\n" * 50)
    (data_dir / "ledger.sqlite3").chmod(0o600)


def reached_by_others(data_dir: Path) -> None:
    (data_dir / "ledger.sqlite3").touch()
    (data_dir / "ledger.sqlite3").chmod(0o640)


def a_directory_for_a_ledger(data_dir: Path) -> None:
    (data_dir / "ledger.sqlite3").unlink()
    (data_dir / "ledger.sqlite3").mkdir()


def key_cut_short(data_dir: Path) -> None:
    key = data_dir / f"{QUICK_SUITE}.key"
    key.write_bytes(key.read_bytes()[:-9])


def key_for_all(data_dir: Path) -> None:
    (data_dir / f"{QUICK_SUITE}.key").chmod(0o604)


def directory_for_all(data_dir: Path) -> None:
    data_dir.chmod(0o777)


BAD_DATA: list[tuple[Spoil, str]] = [
    (not_a_ledger, "ledger.sqlite3 is not a ledger of suitecase; choose another data directory"),
    (reached_by_others, "ledger.sqlite3 can be reached by other users (mode 0640); run `chmod 600"),
    (a_directory_for_a_ledger, "ledger.sqlite3 is not a regular file; check the path"),
    (key_cut_short, "is damaged or not a key for des3-bg2048-hmac; restore it from a backup"),
    (directory_for_all, "The data directory d can be changed by other users (mode 0777); run `chmod 700 d`"),
    (key_for_all, "can be reached by other users (mode 0604); run `chmod 600"),
]


@pytest.mark.parametrize("command", [["bank"], []], ids=["bank", "main job"])
def test_data_directories_that_are_spoilt(programs: Programs, kept_keys: Path, command: list[str]) -> None:
    """The same sentence whether the bank is a program of its own or the main job's child."""
    cases = [Case([*command, "--suite", QUICK_SUITE, "--data-dir", "d"], said) for _, said in BAD_DATA]
    spoilers = {said: spoil for spoil, said in BAD_DATA}

    def prepare(case: Case, folder: Path) -> None:
        shutil.copytree(kept_keys, folder / "d")
        spoilers[case.said](folder / "d")

    for case, _folder, ended in programs.run_many(cases, prepare):
        assert ended.code == 2, ended.err
        assert case.said in ended.only_refusal


def test_data_directories_that_are_none(programs: Programs) -> None:
    said = {
        "file": "The data directory file is not a directory; give another path",
        "file/below": "cannot be made: a part of the path is not a directory; give another path",
        "/proc/below": "cannot be made: No such file or directory",
    }
    commands: list[list[str]] = [[], ["bank"], ["open-account", "alice"]]
    cases = [
        Case([*command, "--data-dir", path], sentence, files={"file": b""})
        for path, sentence in said.items()
        for command in commands
    ]
    for case, folder, ended in programs.run_many(cases):
        assert ended.code == 2, case
        assert case.said in ended.only_refusal
        assert [path.name for path in folder.iterdir()] == ["file"]


def test_a_demo_card_that_was_lost_or_swapped_opens_nothing_anew(programs: Programs) -> None:
    data_dir = programs.folder / "d"
    options = ("--suite", QUICK_SUITE, "--data-dir", data_dir)
    assert programs.run_warm(*options, given="DEPOS 10\n").code == 0
    card = data_dir / "demo.card"
    good = card.read_bytes()
    card.unlink()
    assert "There is no card file" in programs.run_warm(*options).only_refusal
    card.write_text(json.dumps({"account": "demo", "secret": CardSecret.generate().hex()}))
    card.chmod(0o600)
    assert "is not that of account demo at this bank; restore the right one" in programs.run_warm(*options).only_refusal
    card.write_bytes(good)
    assert programs.run_warm(*options, given="CHECK\n").out == "CHECK ok, balance 10.00\n"


SMALL_DISK = ("sh", "-c", 'export PYTHONDONTWRITEBYTECODE=1; ulimit -S -f 64; exec "$@"', "sh")
"""No file may pass 32 KiB: the ledger's log has room for a few commits.

Nor may the interpreter's compiled modules, which it would leave cut short, to fail whatever runs next.
"""


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="nobody can make the disk of a running bank larger")
def test_a_bank_goes_on_when_its_disk_has_room_again(town: Town) -> None:
    bank, card = town.bank(through=SMALL_DISK), town.account()
    answered = len(town.atm(bank, card, given="DEPOS 1\n" * 20).out.splitlines())
    assert "Whether it" in town.atm(bank, card, "deposit", "1").refusal
    resource.prlimit(bank.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    again = town.atm(bank, card, "deposit", "5")
    assert (again.code, again.out) == (0, f"DEPOS ok, balance {answered + 5}.00\n"), again.err
    settled = town.atm(bank, card, given="CHECK\n")
    assert settled.out == f"CHECK ok, balance {answered + 6}.00\n", settled.err
    assert town.balance() == (answered + 6) * 100


def test_a_full_disk_moves_no_money_and_the_next_run_settles_it(town: Town) -> None:
    card = town.account()
    bank = town.bank(through=SMALL_DISK)
    ended = town.atm(bank, card, given="DEPOS 1\n" * 20)
    answered = len(ended.out.splitlines())
    assert ended.code == 3
    assert ended.out.splitlines() == [f"DEPOS ok, balance {number}.00" for number in range(1, answered + 1)]
    assert 0 < answered < 20
    assert "Whether it carried out the DEPOS is not known" in ended.refusal
    assert "the ledger failed" in bank.log
    assert "check the disk" in bank.log
    assert "Traceback" not in bank.log
    assert bank.stop() == 0
    assert town.balance() == answered * 100
    again = town.atm(town.bank(), card, given="CHECK\n")
    assert (
        f"DEPOS 1.00 was cut short before; the bank answered: ok, balance {answered + 1}.00 right after it."
        in again.err
    )
    assert again.out == f"CHECK ok, balance {answered + 1}.00\n"
    assert town.balance() == (answered + 1) * 100
