"""`python -O` drops assertions: nothing that guards the money may be one."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.protocol.secret import CardSecret
from tests.e2e.programs import COLD, QUICK_SUITE, Programs, Town


@pytest.fixture
def optimized(programs: Programs) -> Programs:
    return replace(programs, python=(sys.executable, "-O", "-W", "error"))


def test_the_main_job(optimized: Programs) -> None:
    ended = optimized.run("--suite", QUICK_SUITE, "--json", given="DEPOS 5\nWITHD 6\nDEPOS -5\nDEPOS 1e9\nCHECK\n")
    assert ended.code == 2
    answers = [line.split('"message"')[0] for line in ended.out.splitlines()]
    assert answers == [
        '{"type":"DEPOS","ok":true,"balance":"5.00"}',
        '{"type":"WITHD","ok":false,"error":"insufficient-funds"}',
        '{"type":"DEPOS","ok":false,"error":"invalid-amount",',
        '{"type":"DEPOS","ok":false,"error":"invalid-amount",',
        '{"type":"CHECK","ok":true,"balance":"5.00"}',
    ]
    assert optimized.run("--suite", "nope").only_refusal


def test_bank_and_atm(optimized: Programs, kept_keys: Path) -> None:
    town = Town(optimized, kept_keys)
    try:
        bank, card = town.bank(through=COLD), town.account()
        atm = ["atm", *town.atm_options(bank, card)]
        assert optimized.run(*atm, "deposit", "5").out == "DEPOS ok, balance 5.00\n"
        card.write_text(json.dumps({"account": "alice", "secret": CardSecret.generate().hex()}))
        stolen = optimized.run(*atm, "withdraw", "5")
        assert (stolen.code, "The bank refused the card" in stolen.only_refusal) == (1, True)
        assert bank.stop() == 0
        assert town.balance() == 500
    finally:
        town.close()
