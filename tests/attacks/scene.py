"""What every attack needs: a real bank, an attacker before it, a victim, and a bystander who must notice nothing."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest

from app.atm.bank_address import BankAddress
from app.atm.teller import Teller
from app.bank.server import Bank
from app.credentials.card import Card
from app.ledger import Ledger
from app.protocol.messages import (
    Accepted,
    AccountReply,
    AccountRequest,
    CardAccepted,
    CheckRequest,
    DepositRequest,
    Reply,
    Request,
    WithdrawRequest,
    encode,
    new_request_id,
    read_reply,
)
from app.protocol.names import APPLICATION, SERVER_NAME
from framework import Channel, ChannelError, HandshakeCompleted, KeyPair, MessageReceived, Suite, open_channel
from framework.aio import ChannelStream
from framework.aio.accepted import ServerConnection
from framework.aio.connection import Connection
from framework.events import FailureReason
from framework.handshake.first_messages import FirstMessages
from tests.attacks.hostile_proxy import PATIENCE, TICK, Ending, HostileProxy, Line, Party

OPENING_BALANCE = 100_00
"""What the victim's account holds when the attack begins, in minor units."""

VICTIM, BYSTANDER = "alice", "bob"

BOTH_SIDES = ("bank", "client")
"""Who is attacked; the other is imitated."""


DES3, CTR, GCM = "des3-bg-hmac", "aes256ctr-x25519-hmac", "aes256gcm-x25519"
"""The suite that the bank runs, and a quick one of each composition."""


def now_ms() -> int:
    """Unix time, as timestamps have it."""
    return time.time_ns() // 1_000_000


def check() -> CheckRequest:
    return CheckRequest(id=new_request_id())


def deposit(amount: int) -> DepositRequest:
    return DepositRequest(id=new_request_id(), amount=amount)


def withdraw(amount: int) -> WithdrawRequest:
    return WithdrawRequest(id=new_request_id(), amount=amount)


@dataclass
class Session:
    """One open channel to the bank, as a client holds it."""

    stream: ChannelStream
    card: Card

    async def show_card(self) -> None:
        reply = await self.ask(self.card.request())
        assert isinstance(reply, CardAccepted)

    async def send(self, request: Request) -> None:
        await self.stream.send(encode(request))

    async def reply(self) -> Reply:
        async with asyncio.timeout(PATIENCE):
            message = await self.stream.receive()
        assert message is not None
        return read_reply(message)

    async def ask(self, request: Request) -> Reply:
        await self.send(request)
        return await self.reply()

    async def balance(self) -> int:
        reply = await self.ask(check())
        assert isinstance(reply, Accepted)
        return reply.balance

    async def failure(self) -> FailureReason:
        """Why this side's channel failed; it must fail, soon, with nothing delivered before."""
        with pytest.raises(ChannelError) as raised:
            async with asyncio.timeout(PATIENCE):
                await self.stream.receive()
        return FailureReason(raised.value.reason)

    @property
    def connection(self) -> Connection:
        """The inside, for a client that does not keep to the protocol."""
        return self.stream._connection


@dataclass
class Puppet:
    """A client whose every byte the attacker decides on: it has a card and the keys of its own channel."""

    channel: Channel
    bank: Party
    card: Card

    def seal(self, request: Request) -> bytes:
        """The record that carries this request; nothing is sent."""
        return self.seal_bytes(encode(request))

    def seal_bytes(self, message: bytes) -> bytes:
        self.channel.send(message, now_ms())
        return self.channel.data_to_send()

    async def reply(self) -> Reply:
        [event] = self.channel.receive_data(await self.bank.take(), now_ms())
        assert isinstance(event, MessageReceived)
        return read_reply(event.data)

    async def ask(self, request: Request) -> Reply:
        self.bank.give(self.seal(request))
        return await self.reply()

    async def show_card(self) -> None:
        assert isinstance(await self.ask(self.card.request()), CardAccepted)


@dataclass
class Scene:
    """A bank that serves, a proxy before it, the victim's account, and a bystander's session past the proxy."""

    suite: Suite
    key_pair: KeyPair
    bank: Bank
    proxy: HostileProxy
    cards: dict[str, Card]
    card_paths: dict[str, Path]
    ledger_path: Path
    take_ephemeral: Callable[[], KeyPair]
    log: pytest.LogCaptureFixture
    _sessions: list[Session] = field(default_factory=list)

    async def open_session(
        self,
        account: str = VICTIM,
        *,
        past_the_proxy: bool = False,
        suite: Suite | None = None,
        public_key: bytes | None = None,
        take_ephemeral: Callable[[], KeyPair] | None = None,
    ) -> Session:
        """Open a channel; the card is not shown yet."""
        host, port = self.bank.server.address if past_the_proxy else self.proxy.address
        stream = await open_channel(
            host,
            port,
            self.suite if suite is None else suite,
            self.key_pair.public_key if public_key is None else public_key,
            take_ephemeral=self.take_ephemeral if take_ephemeral is None else take_ephemeral,
            application=APPLICATION,
            server_name=SERVER_NAME,
        )
        session = Session(stream, self.cards[account])
        self._sessions.append(session)
        return session

    async def open_victim(self) -> tuple[Session, Line]:
        """A session of the victim's, its card shown, and the line that the attacker has of it."""
        session = await self.open_session()
        line = await self.proxy.next_line()
        await session.show_card()
        return session, line

    def client_channel(self) -> Channel:
        """A client's channel without a connection; M1 waits in it."""
        return Channel.client(
            self.suite,
            self.key_pair.public_key,
            now=now_ms(),
            ephemeral=self.take_ephemeral(),
            application=APPLICATION,
            server_name=SERVER_NAME,
        )

    def fresh_m1(self) -> bytes:
        """A first message that nobody has seen: the bank answers each once."""
        return self.client_channel().data_to_send()

    def forget_first_messages(self) -> None:
        """Let the bank remember no first message, as after a new start."""
        server = self.bank.server
        server._make_channel = partial(server._make_channel, first_messages=FirstMessages())

    async def open_puppet(self, source: str = "127.0.0.1") -> Puppet:
        """A handshake by hand, on a connection of the attacker's own; M3 is on its way when this returns."""
        bank = await self.proxy.dial(source)
        channel = self.client_channel()
        bank.give(channel.data_to_send())
        assert channel.receive_data(await bank.take(), now_ms()) == [HandshakeCompleted()]
        bank.give(channel.data_to_send())
        return Puppet(channel, bank, self.cards[VICTIM])

    def atm(self, account: str = VICTIM, *, public_key: bytes | None = None, suite: Suite | None = None) -> Teller:
        """A whole ATM behind the proxy."""
        key = self.key_pair.public_key if public_key is None else public_key
        address = BankAddress(*self.proxy.address, suite or self.suite, key)
        return Teller.at(address, self.cards[account], self.card_paths[account], self.take_ephemeral)

    async def why(self, side: str, session: Session, line: Line) -> FailureReason:
        """Why the channel of this side failed: from the bank's log, or as the client is told."""
        if side == "client":
            return await session.failure()
        [reason] = self.failures_at_bank(line.bank)
        return reason

    def balance(self, account: str = VICTIM) -> int:
        """What the ledger says, read from the file."""
        with Ledger(self.ledger_path) as ledger:
            return ledger.balance(account)

    def bank_side(self, party: Party) -> ServerConnection:
        """The bank's own end of a connection, for a bank that does not keep to the protocol."""
        [found] = [each for each in self.bank.server._connections if each.peer_address == party.seen_as]
        return found

    def failures_at_bank(self, party: Party) -> list[FailureReason]:
        """Why the bank's side of this connection failed, from its log."""
        return [reason for peer, reason in self.failures() if peer == party.seen_as]

    def failures(self) -> list[tuple[str, FailureReason]]:
        """Every failure in the log: with whom, and why."""
        records = (record for record in self.log.records if record.name == "suitecase.channel")
        return [(str(args[0]), FailureReason(str(args[1]))) for args in map(_arguments, records)]

    async def close(self) -> None:
        """Let go of the sessions that the test has opened."""
        for session in self._sessions:
            session.stream.abort()
        await asyncio.gather(*(session.stream.close() for session in self._sessions))


async def asked(atm: Teller, request: AccountRequest) -> AccountReply:
    """Ask as the ATM's console does, which forgets a request when it has told the answer."""
    await atm.ready()
    with atm.begin(request) as pending:
        reply = await atm.settle(pending)
        atm.forget(pending)
    return reply


def _arguments(record: logging.LogRecord) -> tuple[object, ...]:
    assert isinstance(record.args, tuple)
    assert str(record.msg) == "channel with %s failed: %s (%s)"
    return record.args


Stage = Callable[..., AbstractAsyncContextManager[Scene]]
"""`stage(suite, limits)`, the fixture that sets the scene."""


class Ephemerals:
    """Ephemeral key pairs for clients, a few for all tests: a pair of `bg` costs a third of a second.

    The pool of the framework never gives one twice. Where an attack could profit from that, its test takes fresh ones.
    """

    def __init__(self) -> None:
        self._by_kex: dict[str, cycle[KeyPair]] = {}

    def source(self, suite: Suite) -> Callable[[], KeyPair]:
        kex = suite.key_exchange
        if kex.info.name not in self._by_kex:
            self._by_kex[kex.info.name] = cycle([kex.generate_key_pair() for _ in range(4)])
        pairs = self._by_kex[kex.info.name]
        return lambda: next(pairs)


async def early_in_a_tick() -> int:
    """Wait until a tick has just begun; gives its number."""
    loop = asyncio.get_running_loop()
    while loop.time() % TICK > TICK / 4:  # noqa: ASYNC110 - nothing but time is waited for
        await asyncio.sleep(TICK - loop.time() % TICK)
    return int(loop.time() / TICK)


async def fails_silently(victim: Party, fault: Callable[[], None]) -> None:
    """Commit the fault: the victim says not a byte more and resets the connection, on a tick (PROTOCOL §8.1).

    The fault comes early in a tick, so a victim that does not wait for the next one is found out.
    """
    said = victim.byte_count
    tick = await early_in_a_tick()
    fault()
    end = await victim.end()
    assert end.kind is Ending.RST
    assert end.at >= (tick + 1) * TICK, "reset before the tick"
    assert victim.byte_count == said, "bytes after the fault"


async def fail_silently_together(faults: Iterable[tuple[Party, bytes]]) -> None:
    """The same for many victims at once, each given its bytes."""
    faults = list(faults)
    victims = [victim for victim, _ in faults]
    said = [victim.byte_count for victim in victims]
    tick = await early_in_a_tick()
    for victim, data in faults:
        victim.give(data)
    ends = await asyncio.gather(*(victim.end() for victim in victims))
    assert {end.kind for end in ends} == {Ending.RST}
    assert min(end.at for end in ends) >= (tick + 1) * TICK, "reset before the tick"
    assert [victim.byte_count for victim in victims] == said, "bytes after the fault"


async def stays_silent(party: Party, seconds: float) -> None:
    """For so long it says nothing and keeps the connection open."""
    said = party.byte_count
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.shield(party.ending)
    assert not party.ending.done()
    assert party.byte_count == said
