"""What the programs wrote before files stated a version: it is all read, gone on with, and brought up to date."""

import json
import os
import shutil
from pathlib import Path

import pytest

from app.credentials.bank_file import read_bank_file
from app.credentials.card import read_card
from app.credentials.keystore import PUBLIC_FILE
from tests.e2e.programs import QUICK_SUITE, Ended, Programs, RunningBank, Town

BEFORE = Path(__file__).with_name("as_written_before")
LISTENED_AT = "127.0.0.1:7100"
KEY = "SHA256:TxBa69hCNjedBfixGmnCrb43kMnZ+lg/c2M9sp/Kfrw"
ANSWERS = "which was cut short before. The money moves once; the balance is the one right after it."


@pytest.fixture
def town(programs: Programs) -> Town:
    """A folder with the files, as private as they were."""
    for path in BEFORE.iterdir():
        if path.name not in ("bank", "README.md"):
            (shutil.copytree if path.is_dir() else shutil.copy)(path, programs.folder / path.name)
    town = Town(programs, BEFORE / "bank")
    for path in (programs.folder, *programs.folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    (programs.folder / "link.card").symlink_to("alice.card")
    return town


@pytest.fixture
def bank(town: Town) -> RunningBank:
    bank = town.bank()
    known = town.programs.folder / "banks"
    known.write_text(known.read_text().replace(LISTENED_AT, bank.address))
    return bank


def known_atm(town: Town, bank: RunningBank, *request: object, card: str = "alice.card", given: str = "") -> Ended:
    """An ATM that knows the bank by the known-banks file alone."""
    options = ["--suite", QUICK_SUITE, "--connect", bank.address, "--known-banks", "banks", "--card", card]
    return town.programs.run_warm("atm", *options, *request, given=given)


def test_a_bank_goes_on_with_its_keys_and_gets_an_identity(town: Town, bank: RunningBank) -> None:
    assert bank.fingerprint == KEY
    shown = read_bank_file(town.data_dir / PUBLIC_FILE)
    assert shown.bank.identity is not None
    assert set(shown.bank.keys) == {QUICK_SUITE}
    before = (town.data_dir / PUBLIC_FILE).read_bytes()
    assert bank.stop() == 0
    assert town.bank().fingerprint == KEY
    assert (town.data_dir / PUBLIC_FILE).read_bytes() == before


def test_the_card_and_the_known_bank_serve_as_they_are(town: Town, bank: RunningBank) -> None:
    card = (town.programs.folder / "alice.card").read_bytes()
    ended = known_atm(town, bank, "check")
    assert (ended.code, ended.out) == (0, "CHECK ok, balance 160.00\n")
    assert "Still open: DEPOS " in ended.err
    assert (town.programs.folder / "alice.card").read_bytes() == card  # nobody has said which bank this is


def test_all_are_brought_up_to_date_and_the_requests_in_doubt_are_settled_once(town: Town, bank: RunningBank) -> None:
    folder = town.programs.folder
    identity = read_bank_file(town.data_dir / PUBLIC_FILE).bank.identity
    assert identity is not None
    trust = ["trust", "--suite", QUICK_SUITE, "--connect", bank.address, "--known-banks", "banks"]
    trusted = town.programs.run_warm(*trust, "--bank-key", town.data_dir / PUBLIC_FILE)
    assert (trusted.code, trusted.out, trusted.err) == (0, f"{bank.address} is known by {KEY}\n", "")
    version, line = (folder / "banks").read_text().splitlines()
    assert version == "suitecase known-banks 1"
    assert line.endswith(f" {identity.fingerprint} {identity.encode()}")

    ended = known_atm(town, bank, "deposit", "50")
    assert (ended.code, ended.out) == (0, "DEPOS ok, balance 160.00\n")
    assert ANSWERS in ended.err
    assert list((folder / "alice.card.pending").iterdir()) == []
    assert read_card(folder / "alice.card").bank == identity
    assert json.loads((folder / "alice.card").read_text())["version"] == 1

    ended = known_atm(town, bank, "deposit", "10", card="link.card")
    assert (ended.code, ended.out) == (0, "DEPOS ok, balance 110.00\n")  # of then: it was sent before the other
    assert ANSWERS in ended.err
    assert list((folder / "link.card.pending").iterdir()) == []
    assert town.balance() == 160_00
    again = known_atm(town, bank, "deposit", "10", card="link.card")
    assert (again.out, again.err) == ("DEPOS ok, balance 170.00\n", "")


def test_the_console_settles_them_in_the_order_in_which_they_were_sent(town: Town, bank: RunningBank) -> None:
    folder = town.programs.folder
    for age, name in enumerate(("link", "alice")):  # copying has lost the times
        (record,) = (folder / f"{name}.card.pending").iterdir()
        os.utime(record, ns=(0, age))
    ended = known_atm(town, bank, card="link.card", given="CHECK\n")
    assert (ended.code, ended.out) == (0, "CHECK ok, balance 160.00\n")
    said = [line for line in ended.err.splitlines() if "was cut short before; the bank answered" in line]
    assert [line.split(" was")[0] for line in said] == ["DEPOS 10.00", "DEPOS 50.00"]
    assert town.balance() == 160_00


def test_the_main_job_goes_on_with_its_account(programs: Programs, town: Town) -> None:
    ended = programs.run_warm("--suite", QUICK_SUITE, "--data-dir", town.data_dir, given="DEPOS 3\n")
    assert (ended.code, ended.out) == (0, "DEPOS ok, balance 10.00\n")
    assert read_card(town.data_dir / "demo.card").bank == read_bank_file(town.data_dir / PUBLIC_FILE).bank.identity


def test_an_account_that_is_opened_before_the_bank_starts_brings_the_identity(programs: Programs, town: Town) -> None:
    opened = programs.run_warm("open-account", "bob", "--data-dir", town.data_dir)
    assert (opened.code, opened.out) == (0, "account bob is open; its card is bob.card\n")
    assert read_card(programs.folder / "bob.card").bank == read_bank_file(town.data_dir / PUBLIC_FILE).bank.identity
    assert town.atm(town.bank(), programs.folder / "bob.card", "deposit", "1").code == 0
