"""What the ATM remembers of a request, by what became of it."""

import socket
from pathlib import Path

import pytest

from app.atm.bank_address import BankAddress
from app.atm.pending.store import PendingRequests
from app.atm.teller import Teller
from app.credentials.card import Card, create_card, read_card
from app.protocol.messages import (
    Accepted,
    AccountReply,
    AccountRequest,
    CardAccepted,
    CardRequest,
    CheckRequest,
    Refusal,
    Refused,
    Unintelligible,
    WithdrawRequest,
    encode,
    new_request_id,
    read_request,
)
from app.protocol.names import APPLICATION, SERVER_NAME
from app.protocol.secret import CardSecret
from app.system.errors import ChannelFailedError
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


def atm(card_path: Path, suite: Suite, key_pair: KeyPair, port: int) -> tuple[Teller, PendingRequests]:
    card = read_card(card_path)
    bank = BankAddress("127.0.0.1", port, suite, key_pair.public_key)
    return Teller.at(bank, card, card_path, suite.key_exchange.generate_key_pair), PendingRequests(card_path, card)


async def answered(machine: Teller, request: AccountRequest) -> AccountReply:
    """Ask, and forget what was answered."""
    await machine.ready()
    with machine.begin(request) as pending:
        reply = await machine.settle(pending)
        pending.done()
    return reply


def withdrawal() -> WithdrawRequest:
    return WithdrawRequest(id=new_request_id(), amount=100)


async def test_what_was_never_sent_is_forgotten(card_path: Path, suite: Suite, key_pair: KeyPair) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers
        machine, pending = atm(card_path, suite, key_pair, closed.getsockname()[1])
        with pytest.raises(ChannelFailedError, match="is the bank running"):
            await machine.ready()
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
            await answered(machine, request)
        assert "remembered" in caught.value.doubt
        await machine.close()
    (orphan,) = pending.orphans()
    assert orphan.request == request
    orphan.release()


async def test_what_an_earlier_process_sent_is_sent_again_once_under_its_id(
    card_path: Path, suite: Suite, key_pair: KeyPair
) -> None:
    """The bank dies with the request in its hands, and so does the ATM; both come back."""
    heard: list[bytes] = []
    lives = False

    async def serve_if_alive(stream: ChannelStream) -> None:
        await stream.receive()
        await stream.send(encode(CardAccepted()))
        async for message in stream:
            heard.append(message)
            if not lives:
                stream.abort()
                return
            request = read_request(message)
            assert not isinstance(request, CardRequest)
            await stream.send(encode(Accepted(type=request.type, id=request.id, balance=0)))

    request = withdrawal()
    async with await bank(serve_if_alive, suite, key_pair) as server:
        machine, _ = atm(card_path, suite, key_pair, server.address[1])
        with pytest.raises(ChannelFailedError, match="remembered beside the card"):
            await answered(machine, request)
        await machine.close()
        sent = list(heard)
        assert set(sent) == {encode(request)}
        lives = True
        later, pending = atm(card_path, suite, key_pair, server.address[1])
        (orphan,) = later.unanswered()
        assert (await later.settle(orphan)).ok
        orphan.done()
        assert heard == [*sent, encode(request)]
        assert later.unanswered() == pending.orphans() == []
        new = withdrawal()
        assert (await answered(later, new)).ok
        assert heard == [*sent, encode(request), encode(new)]
        await later.close()


async def test_what_was_answered_is_remembered_until_that_was_told(
    card_path: Path, suite: Suite, key_pair: KeyPair
) -> None:
    async def refuse(stream: ChannelStream) -> None:
        await stream.receive()
        await stream.send(encode(CardAccepted()))
        await stream.receive()
        await stream.send(encode(Refused(type="WITHD", id=request.id, error=Refusal.INSUFFICIENT_FUNDS)))
        await stream.receive()

    request = withdrawal()
    async with await bank(refuse, suite, key_pair) as server:
        machine, pending = atm(card_path, suite, key_pair, server.address[1])
        await machine.ready()
        with machine.begin(request) as begun:
            assert isinstance(await machine.settle(begun), Refused)
            assert machine.remembers(request)
        await machine.close()
    (orphan,) = pending.orphans()
    assert orphan.request == request
    orphan.done()
    assert not machine.remembers(request)


async def test_a_bank_that_lost_the_card_is_shown_it_again(card_path: Path, suite: Suite, key_pair: KeyPair) -> None:
    """That a card is lacking is no answer for good, and the request must not be forgotten for it."""
    visits = 0

    async def serve_the_second_visit(stream: ChannelStream) -> None:
        nonlocal visits
        visits += 1
        second = visits == 2
        await stream.receive()
        await stream.send(encode(CardAccepted()))
        async for message in stream:
            request = read_request(message)
            assert not isinstance(request, CardRequest)
            lacking = Refused(type=request.type, id=request.id, error=Refusal.CARD_REQUIRED)
            await stream.send(encode(Accepted(type=request.type, id=request.id, balance=0) if second else lacking))

    async with await bank(serve_the_second_visit, suite, key_pair) as server:
        machine, _ = atm(card_path, suite, key_pair, server.address[1])
        await machine.connect()
        assert (await answered(machine, withdrawal())).ok
        await machine.close()
    assert visits == 2


async def test_a_balance_that_was_asked_for_leaves_no_record(card_path: Path, suite: Suite, key_pair: KeyPair) -> None:
    async def go_at_the_request(stream: ChannelStream) -> None:
        await stream.receive()
        await stream.send(encode(CardAccepted()))
        await stream.receive()

    async with await bank(go_at_the_request, suite, key_pair) as server:
        machine, pending = atm(card_path, suite, key_pair, server.address[1])
        with pytest.raises(ChannelFailedError) as caught:
            await answered(machine, CheckRequest(id=new_request_id()))
        assert caught.value.doubt == ""
        await machine.close()
    assert pending.orphans() == []


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
        reply = await answered(machine, withdrawal())
        assert isinstance(reply, Refused)
        assert reply.error is Refusal.BAD_REQUEST
        await machine.close()
    assert pending.orphans() == []
