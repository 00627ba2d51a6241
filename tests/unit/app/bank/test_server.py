"""A bank from its start to its end: accounts are opened before it listens, and its limits are kept."""

import asyncio
import os
from collections.abc import Iterator
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO

import pytest

from app.bank.enrolment import ensure_account_with_card
from app.bank.limits import DEFAULT_LIMITS, BankLimits
from app.bank.server import Bank, run_bank
from app.credentials.bank_file import PUBLIC_FILE, read_bank_file
from app.credentials.card import Card, read_card
from app.credentials.public_key import BankIdentity
from app.ledger import LEDGER_FILE, Enrolment, Ledger
from app.protocol.names import APPLICATION, SERVER_NAME
from app.system.errors import CardError
from framework import Registry, Suite, open_channel

PATIENCE = 20

Lifeline = tuple[BinaryIO, RawIOBase]


@pytest.fixture
def suite(registry: Registry) -> Suite:
    return Suite.parse("aes256gcm-x25519", registry)


@pytest.fixture
def lifeline() -> Iterator[Lifeline]:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as watched, os.fdopen(writing, "wb", buffering=0) as held:
        yield watched, held


def test_a_bank_opens_accounts_before_it_listens_and_keeps_to_its_limits(
    suite: Suite, tmp_path: Path, lifeline: Lifeline
) -> None:
    data_dir, card_path = tmp_path / "data", tmp_path / "demo.card"
    cards: list[Card] = []
    ends: list[bytes | None] = []
    calling: list[asyncio.Task[None]] = []

    async def enrol(accounts: Enrolment, bank: BankIdentity) -> None:
        cards.extend([await ensure_account_with_card(accounts, "demo", card_path, bank) for _ in range(2)])

    async def call(bank: Bank) -> None:
        host, port = bank.server.address
        key = read_bank_file(data_dir / PUBLIC_FILE).key_for(suite.name)
        stream = await open_channel(host, port, suite, key, application=APPLICATION, server_name=SERVER_NAME)
        async with stream, asyncio.timeout(DEFAULT_LIMITS.card_seconds - 1):
            ends.append(await stream.receive())
        lifeline[1].write(b"what is written there ends nothing")
        lifeline[1].close()

    def announce(bank: Bank) -> None:
        assert cards
        calling.append(asyncio.get_running_loop().create_task(call(bank)))

    limits = BankLimits(card_seconds=0.1)
    bank = run_bank(
        suite, data_dir, "127.0.0.1", 0, announce=announce, enrol=enrol, limits=limits, lifeline=lifeline[0].fileno()
    )
    asyncio.run(asyncio.wait_for(bank, PATIENCE))
    assert ends == [None], "no card came in time"
    assert cards == [read_card(card_path)] * 2
    assert cards[0].bank == read_bank_file(data_dir / PUBLIC_FILE).bank.identity
    with Ledger(data_dir / LEDGER_FILE) as ledger:
        assert ledger.card_digest("demo") == cards[0].secret.digest()


def test_a_bank_whose_accounts_cannot_be_opened_does_not_listen(suite: Suite, tmp_path: Path) -> None:
    in_the_way = tmp_path / "demo.card"
    in_the_way.touch(mode=0o600)

    async def enrol(accounts: Enrolment, bank: BankIdentity) -> None:
        await ensure_account_with_card(accounts, "demo", in_the_way, bank)

    def announce(_bank: Bank) -> None:
        pytest.fail("it listens")

    bank = run_bank(suite, tmp_path / "data", "127.0.0.1", 0, announce=announce, enrol=enrol)
    with pytest.raises(CardError, match="and it stays"):
        asyncio.run(bank)
