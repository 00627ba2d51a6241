"""What the ATM remembers of a request, by what became of it."""

import socket
from pathlib import Path

import pytest

from app.atm import Atm, BankAddress
from app.bank import APPLICATION, SERVER_NAME
from app.card import Card, create_card, read_card
from app.errors import ChannelFailedError
from app.messages import CardAccepted, Refusal, Refused, Unintelligible, WithdrawRequest, encode, new_request_id
from app.pending import PendingRequests
from app.secret import CardSecret
from framework import KeyPair, Suite, serve
from framework.aio import ChannelStream, Server
from framework.aio.server import Handler
from framework.registry import Registry


@pytest.fixture
def suite(registry: Registry) -> Suite:
    return Suite.parse("aes256gcm-x25519", registry)


@pytest.fixture
def key_pair(suite: Suite) -> KeyPair:
    return suite.key_exchange.generate_key_pair()


@pytest.fixture
def card_path(tmp_path: Path) -> Path:
    path = tmp_path / "alice.card"
    create_card(path, Card("alice", CardSecret.generate()))
    return path


async def bank(handler: Handler, suite: Suite, key_pair: KeyPair) -> Server:
    return await serve(handler, "127.0.0.1", 0, suite, key_pair, application=APPLICATION, server_name=SERVER_NAME)


def atm(card_path: Path, suite: Suite, key_pair: KeyPair, port: int) -> tuple[Atm, PendingRequests]:
    card = read_card(card_path)
    bank = BankAddress("127.0.0.1", port, suite, key_pair.public_key)
    return Atm(bank, card, card_path, suite.key_exchange.generate_key_pair), PendingRequests(card_path, card)


def withdrawal() -> WithdrawRequest:
    return WithdrawRequest(id=new_request_id(), amount=100)


async def test_what_was_never_sent_is_forgotten(card_path: Path, suite: Suite, key_pair: KeyPair) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers
        machine, pending = atm(card_path, suite, key_pair, closed.getsockname()[1])
        with pytest.raises(ChannelFailedError, match="is the bank running"):
            await machine.ask(withdrawal())
    assert pending.orphans() == []


async def test_what_may_have_been_sent_is_remembered(card_path: Path, suite: Suite, key_pair: KeyPair) -> None:
    async def take_the_card_and_go(stream: ChannelStream) -> None:
        await stream.receive()
        await stream.send(encode(CardAccepted()))
        await stream.receive()

    async with await bank(take_the_card_and_go, suite, key_pair) as server:
        machine, pending = atm(card_path, suite, key_pair, server.address[1])
        request = withdrawal()
        with pytest.raises(ChannelFailedError) as caught:
            await machine.ask(request)
        assert "remembered" in caught.value.doubt
        await machine.close()
    (orphan,) = pending.orphans()
    assert orphan.request == request
    orphan.release()


async def test_what_the_bank_cannot_read_is_refused_and_forgotten(
    card_path: Path, suite: Suite, key_pair: KeyPair
) -> None:
    async def understand_nothing(stream: ChannelStream) -> None:
        await stream.receive()
        await stream.send(encode(CardAccepted()))
        async for _ in stream:
            await stream.send(encode(Unintelligible()))

    async with await bank(understand_nothing, suite, key_pair) as server:
        machine, pending = atm(card_path, suite, key_pair, server.address[1])
        reply = await machine.ask(withdrawal())
        assert isinstance(reply, Refused)
        assert reply.error is Refusal.BAD_REQUEST
        await machine.close()
    assert pending.orphans() == []
