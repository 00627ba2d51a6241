"""The scene of an attack: a real bank, an attacker before it, a victim, and a bystander who must notice nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.atm.bank_address import BankAddress
from app.atm.teller import Teller
from app.bank.server import Bank, open_bank
from app.credentials.card import Card
from app.ledger import Ledger
from app.ledger.live import LiveLedger
from app.protocol.messages import AccountReply, AccountRequest
from app.protocol.names import APPLICATION, SERVER_NAME
from framework import Channel, FailureReason, KeyPair, Suite, open_channel, serve
from framework.aio import ChannelStream, Server
from tests.attacks.attack import (
    BANK,
    CLIENT,
    Side,
    Step,
    expect,
    expect_same,
)
from tests.attacks.network import TICK, Ending, HostileProxy, Line, Party
from tests.attacks.people import Puppet, Session, Traitor, failure_of
from tests.attacks.requests import BYSTANDER, VICTIM, accepted, deposit
from tests.attacks.rogue import RogueClient, RogueServer, now_ms
from tests.attacks.watching import ChannelLog

Handler = Callable[[ChannelStream], Awaitable[None]]
"""Serves one open channel."""

HOUR = 3600.0
"""Seconds that a channel lives at most."""


@dataclass
class Scene:
    """A bank that serves, a proxy before it, the victim's account, and a bystander's session past the proxy."""

    suite: Suite
    key_pair: KeyPair
    bank: Bank
    proxy: HostileProxy
    cards: dict[str, Card]
    card_paths: dict[str, Path]
    data_dir: Path
    ledger_path: Path
    live: LiveLedger
    take_ephemeral: Callable[[], KeyPair]
    log: ChannelLog
    note: Callable[[Side, FailureReason], None]
    _banks: AsyncExitStack = field(default_factory=AsyncExitStack)
    _sessions: list[Session] = field(default_factory=list)

    # --- honest clients ---

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

    async def open_session_and_line(self, take_ephemeral: Callable[[], KeyPair] | None = None) -> tuple[Session, Line]:
        """A session of the victim's, its card not shown yet, and the line that the attacker has of it."""
        session = await self.open_session(take_ephemeral=take_ephemeral)
        line = await self.proxy.next_line()
        line.client.why = session.failure
        return session, line

    async def open_victim(self) -> tuple[Session, Line]:
        """The same with its card shown."""
        session, line = await self.open_session_and_line()
        await session.show_card()
        return session, line

    async def begin_session(self) -> tuple["asyncio.Task[Session]", Line]:
        """The victim begins, and the attacker holds all that both sides say."""
        self.proxy.holds = True
        opening = asyncio.create_task(self.open_session())
        line = await self.proxy.next_line()
        line.client.why = lambda: failure_of(opening)
        return opening, line

    async def call_impostor(self) -> tuple["asyncio.Task[Session]", Party, bytes]:
        """The victim calls the attacker instead of the bank; gives the client as the attacker has it, and its M1."""
        self.proxy.impersonates = True
        opening, line = await self.begin_session()
        return opening, line.client, await line.client.take()

    async def open_before_m3(self) -> tuple[Session, Line, bytes]:
        """The victim's channel is open; the attacker has its M3, and the bank does not."""
        opening, line = await self.begin_session()
        line.bank.give(await line.client.take())
        line.client.give(await line.bank.take())
        session = await opening
        return session, line, await line.client.take()

    def atm(self, account: str = VICTIM) -> Teller:
        """A whole ATM behind the proxy."""
        address = BankAddress(*self.proxy.address, self.suite, self.key_pair.public_key)
        return Teller.at(address, self.cards[account], self.card_paths[account], self.take_ephemeral)

    # --- peers in the attacker's hands ---

    def client_channel(self) -> Channel:
        """An honest client's channel without a connection; M1 waits in it."""
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

    def rogue_client(self, ephemeral: KeyPair | None = None, *, shift: int = 0) -> RogueClient:
        """Somebody who knows the bank's public key; his clock is wrong by `shift` milliseconds."""
        key_pair = self.take_ephemeral() if ephemeral is None else ephemeral
        rogue = RogueClient(self.suite, self.key_pair.public_key, key_pair, APPLICATION, SERVER_NAME)
        rogue.shift = shift
        return rogue

    def rogue_bank(self, key_pair: KeyPair | None = None) -> RogueServer:
        """Whoever has the bank's key, or another."""
        return RogueServer(self.suite, self.key_pair if key_pair is None else key_pair, APPLICATION, SERVER_NAME)

    async def half_open(self, source: str = "127.0.0.1", *, shift: int = 0) -> tuple[Party, RogueClient]:
        """A connection of the attacker's own on which the bank awaits M3."""
        bank, rogue = await self.proxy.dial(source), self.rogue_client(shift=shift)
        bank.give(rogue.m1())
        rogue.read_m2(await bank.take())
        return bank, rogue

    async def open_puppet(self, source: str = "127.0.0.1", *, shift: int = 0) -> Puppet:
        """A handshake by hand, on a connection of the attacker's own; M3 is on its way when this returns."""
        bank, rogue = await self.half_open(source, shift=shift)
        bank.give(rogue.m3())
        return Puppet(rogue, bank, self.cards[VICTIM])

    async def open_puppet_with_card(self, source: str = "127.0.0.1") -> Puppet:
        puppet = await self.open_puppet(source)
        await puppet.show_card()
        return puppet

    async def betray(self, side: Side, *, shift: int = 0) -> Traitor:
        """A channel to this side of which the attacker is the other; both have said one record."""
        if side == BANK:
            puppet = await self.open_puppet(shift=shift)
            await puppet.show_card()
            return Traitor(puppet.bank, puppet.rogue, puppet, None)
        opening, client, m1 = await self.call_impostor()
        rogue = self.rogue_bank()
        rogue.shift = shift
        rogue.read_m1(m1)
        client.give(rogue.m2())
        rogue.read_m3(await client.take())
        session = await opening
        client.why = session.failure
        traitor = Traitor(client, rogue, None, session)
        await traitor.talk(1)
        return traitor

    async def restart_bank(self) -> None:
        """The bank that the attacker reaches is one that was just started: it remembers no first message."""
        self.bank = await open_bank(self.suite, self.data_dir, "127.0.0.1", 0, self.live)
        await self._put_behind_the_proxy(self.bank.server)

    async def serve_instead(
        self, handler: Handler, *, awaits_authentication: bool = False, lifetime_seconds: float = HOUR
    ) -> None:
        """What the attacker reaches is another server with the bank's key, which serves this handler."""
        server = await serve(
            handler,
            "127.0.0.1",
            0,
            self.suite,
            self.key_pair,
            application=APPLICATION,
            server_name=SERVER_NAME,
            awaits_authentication=awaits_authentication,
            lifetime_seconds=lifetime_seconds,
        )
        await self._put_behind_the_proxy(server)

    async def _put_behind_the_proxy(self, server: Server) -> None:
        await self._banks.enter_async_context(server)
        self.proxy.bank_host, self.proxy.bank_port = server.address

    # --- what happens to the victim ---

    async def refuses(self, victim: Party, fault: bytes | Callable[[], None]) -> FailureReason:
        """Commit the fault: the victim says not a byte more and resets the connection, on a tick (PROTOCOL §8.1).

        Gives the reason, from the bank's log or as the client is told, and enters it in the outcome.
        """
        [reason] = await self.refuse_all([(victim, fault)])
        return reason

    async def refuse_all(self, faults: Iterable[tuple[Party, bytes | Callable[[], None]]]) -> list[FailureReason]:
        """The same for many victims at once."""
        faults = list(faults)
        victims = [victim for victim, _ in faults]
        said = [victim.byte_count for victim in victims]
        tick = await early_in_a_tick()  # so a victim that does not wait for the next one is found out
        for victim, fault in faults:
            if callable(fault):
                fault()
            else:
                victim.give(fault)
        ends = await asyncio.gather(*(victim.end() for victim in victims))
        expect_same({end.kind for end in ends}, {Ending.RST}, "how the connections end")
        expect(min(end.at for end in ends) >= (tick + 1) * TICK, "no connection is reset before the tick")
        expect_same([victim.byte_count for victim in victims], said, "bytes that were said after the fault")
        return [await self.reason(victim) for victim in victims]

    async def reason(self, victim: Party) -> FailureReason:
        """Why this party's channel failed; it is entered in the outcome."""
        if victim.why is not None:
            reason = await victim.why()
            self.log.observe(Step(CLIENT, f"is told: {reason}"))
        else:
            reason = self.log.failure_with(victim.seen_as)
        self.note(victim.side, reason)
        return reason

    def refused_with(self, victims: Iterable[Party]) -> list[FailureReason]:
        """Why the bank's side of each of these connections failed, from its log; entered in the outcome."""
        reasons = [self.log.failure_with(victim.seen_as) for victim in victims]
        for reason in reasons:
            self.note(BANK, reason)
        return reasons

    def goes_on(self, bank: Party) -> bool:
        """Whether the bank's side of this connection has not failed."""
        return not self.log.failures_with(bank.seen_as)

    def balance(self, account: str = VICTIM) -> int:
        """What the ledger says, read from the file."""
        with Ledger(self.ledger_path) as ledger:
            return ledger.balance(account)

    async def bystander(self) -> Session:
        """Somebody with another account and a line of his own."""
        session = await self.open_session(BYSTANDER, past_the_proxy=True)
        await session.show_card()
        accepted(await session.ask(deposit(1)))
        return session

    async def close(self) -> None:
        """Let go of the sessions and the banks that the attack has opened."""
        for session in self._sessions:
            session.stream.abort()
        await asyncio.gather(*(session.stream.close() for session in self._sessions))
        await self._banks.aclose()


async def asked(atm: Teller, request: AccountRequest) -> AccountReply:
    """Ask as the ATM's console does, which forgets a request when it has told the answer."""
    await atm.ready()
    with atm.begin(request) as pending:
        reply = await atm.settle(pending)
        atm.forget(pending)
    return reply


async def early_in_a_tick() -> int:
    """Wait until a tick has just begun; gives its number."""
    loop = asyncio.get_running_loop()
    while loop.time() % TICK > TICK / 4:  # noqa: ASYNC110 - nothing but time is waited for
        await asyncio.sleep(TICK - loop.time() % TICK)
    return int(loop.time() / TICK)


async def stays_silent(party: Party, seconds: float) -> None:
    """For so long it says nothing and keeps the connection open."""
    said = party.byte_count
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.shield(party.ending)
    expect(not party.ending.done(), "the connection stays open")
    expect_same(party.byte_count, said, "bytes that were said meanwhile")
