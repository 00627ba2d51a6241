"""A bank and its ATMs as programs of their own."""

import json
import re
import shutil
import socket
from pathlib import Path

import pytest

from app.credentials.bank_file import read_bank_file
from app.credentials.card import read_card
from app.credentials.keystore import read_bank_key
from app.credentials.public_key import fingerprint
from tests.e2e.programs import COLD, QUICK_SUITE, Town
from tests.e2e.terminal import Terminal


def test_from_an_empty_folder_to_money_in_the_bank(town: Town) -> None:
    """The README's "a bank of your own": bank, account, trust, deposit, all by the programs."""
    bank, programs = town.bank(through=COLD), town.programs
    assert re.fullmatch(r"listening on 127\.0\.0\.1:[0-9]+ SHA256:[A-Za-z0-9+/]{43}\n", bank.line)
    assert bank.fingerprint == fingerprint(read_bank_key(town.data_dir / "bank.pub", QUICK_SUITE))
    opened = programs.run("open-account", "alice", "--data-dir", town.data_dir, "--card", "deep/alice.card")
    assert (opened.code, opened.out, opened.err) == (0, "account alice is open; its card is deep/alice.card\n", "")
    key = ["--suite", QUICK_SUITE, "--connect", bank.address, "--known-banks", "known"]
    trusted = programs.run("trust", *key, "--bank-key", town.data_dir / "bank.pub")
    assert (trusted.code, trusted.out) == (0, f"{bank.address} is known by {bank.fingerprint}\n")
    atm = ["atm", *key, "--card", "deep/alice.card"]
    deposit = programs.run(*atm, "deposit", "4321.09")
    assert (deposit.code, deposit.out, deposit.err) == (0, "DEPOS ok, balance 4321.09\n", "")
    refused = programs.run(*atm, "withdraw", "4321.10", "--json")
    assert (refused.code, refused.out) == (1, '{"type":"WITHD","ok":false,"error":"insufficient-funds"}\n')
    check = programs.run("--json", *atm, "check")
    assert (check.code, check.out, check.err) == (0, '{"type":"CHECK","ok":true,"balance":"4321.09"}\n', "")
    assert bank.stop() == 0
    assert town.balance() == 4321_09
    for secret in (read_card(programs.folder / "deep" / "alice.card").secret.hex(), "4321.09", "432109"):
        assert secret not in bank.log


def test_the_console_of_an_atm_in_a_pipe_and_in_a_terminal(town: Town) -> None:
    bank, card = town.bank(), town.account()
    ended = town.atm(bank, card, "--json", given="DEPOS 3\nWITHD 4\n")
    assert ended.code == 1
    assert [json.loads(line)["ok"] for line in ended.out.splitlines()] == [True, False]
    assert f"bank          {bank.address}" in ended.err
    assert bank.fingerprint in ended.err
    assert "account       alice" in ended.err
    with Terminal(town.programs, "atm", *town.atm_options(bank, card)) as terminal:
        terminal.expect("ATM> ")
        assert terminal.ask("CHECK") == "CHECK ok, balance 3.00"
        terminal.press("QUIT\n")
        terminal.expect_end()


def test_an_account_opens_while_the_bank_does_not_run_and_once_alone(town: Town) -> None:
    programs = town.programs
    shutil.rmtree(town.data_dir)
    command = ["open-account", "bob", "--data-dir", town.data_dir]
    opened = programs.run_warm(*command)
    assert opened.out == "account bob is open; its card is bob.card\n"
    assert opened.err == f"There was no ledger in {town.data_dir}: this account begins it.\n"
    card = (programs.folder / "bob.card").read_bytes()
    again = programs.run_warm(*command, "--card", "second.card")
    assert again.code == 2
    assert "There is an account bob already; choose another name" in again.only_refusal
    taken = programs.run_warm("open-account", "carol", "--data-dir", town.data_dir, "--card", "bob.card")
    assert taken.code == 2
    assert "There is bob.card already, and it stays; choose another path" in taken.only_refusal
    assert (programs.folder / "bob.card").read_bytes() == card
    assert not (programs.folder / "second.card").exists()
    assert town.atm(town.bank(), programs.folder / "bob.card", "check").code == 0


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_ipv6(town: Town) -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("no loopback address of IPv6 here")
    bank, card = town.bank(listen="[::1]:0"), town.account()
    assert bank.line.startswith("listening on [::1]:")
    assert town.atm(bank, card, "deposit", "1").code == 0
    known = ["--suite", QUICK_SUITE, "--connect", bank.address.replace("::1", "0:0::1"), "--known-banks", "known"]
    trusted = town.programs.run_warm("trust", *known, "--bank-key", town.data_dir / "bank.pub")
    assert trusted.out.startswith(f"{bank.address} is known by")


def test_the_log_is_json_and_the_warning_is_in_it(town: Town) -> None:
    bank, card = town.bank("--log-json"), town.account()
    assert town.atm(bank, card, "check").code == 0
    assert bank.stop() == 0
    entries = [json.loads(line) for line in bank.log.splitlines()]
    said = [entry["message"] for entry in entries]
    assert any(message.startswith("LEGACY: Triple DES") for message in said)
    assert "listening" in said
    assert {"account": "alice"}.items() <= next(
        entry for entry in entries if entry["message"] == "session ended"
    ).items()


def test_two_suites_in_one_data_directory_have_two_keys(town: Town) -> None:
    """A data directory has one bank at a time; its suites take turns."""
    quick = town.bank()
    second = town.programs.run_warm("bank", "--suite", "des3-bg-hmac", "--data-dir", town.data_dir)
    assert second.code == 2
    assert " ".join(second.err.split()) == (
        f"suitecase: Another bank runs on the data directory {town.data_dir}; end it first, "
        "or choose another directory with --data-dir."
    )
    assert "des3-bg-hmac" not in (town.data_dir / "bank.pub").read_text()
    quick.stop()
    strong = town.bank(suite="des3-bg-hmac")
    assert quick.fingerprint != strong.fingerprint
    assert set(read_bank_file(town.data_dir / "bank.pub").bank.keys) == {QUICK_SUITE, "des3-bg-hmac"}
    card = town.account()
    options = town.atm_options(strong, card)
    options[1] = "des3-bg-hmac"
    assert town.programs.run_warm("atm", *options, "deposit", "2").code == 0
    strong.stop()
    assert town.atm(town.bank(), card, "check").out == "CHECK ok, balance 2.00\n"


def test_relative_paths_of_the_card_and_its_record(town: Town, tmp_path: Path) -> None:
    """The console may be asked from the card's own folder."""
    bank, card = town.bank(), town.account()
    options = town.atm_options(bank, Path(card.name))
    assert town.programs.run_warm("atm", *options, "deposit", "1").code == 0
    assert list((tmp_path / f"{card.name}.pending").iterdir()) == []
