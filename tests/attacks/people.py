"""Who talks to the bank, or poses as it: honest clients, and peers in the attacker's hands."""

from collections.abc import Awaitable
from dataclasses import dataclass

from app.credentials.card import Card
from app.protocol.messages import Reply, Request, encode, read_reply
from framework import ChannelError, FailureReason
from framework.aio import ChannelStream
from tests.attacks.attack import SurpriseError
from tests.attacks.network import Party, soon
from tests.attacks.requests import accepted, check, shows_card
from tests.attacks.rogue import Rogue, RogueClient


@dataclass
class Session:
    """One open channel to the bank, as an honest client holds it."""

    stream: ChannelStream
    card: Card

    async def show_card(self) -> None:
        shows_card(await self.ask(self.card.request()))

    async def send(self, request: Request) -> None:
        await self.stream.send(encode(request))

    async def reply(self) -> Reply:
        async with soon("the bank answers"):
            message = await self.stream.receive()
        if message is None:
            raise SurpriseError("the bank has closed instead of answering")
        return read_reply(message)

    async def ask(self, request: Request) -> Reply:
        await self.send(request)
        return await self.reply()

    async def balance(self) -> int:
        return accepted(await self.ask(check()))

    async def failure(self) -> FailureReason:
        """Why this side's channel failed; it must fail, soon, with nothing delivered before."""
        return await failure_of(self.stream.receive())


@dataclass
class Puppet:
    """A client in the attacker's hands, with a card: it has opened a channel to the bank, on a line of its own."""

    rogue: RogueClient
    bank: Party
    card: Card

    def seal(self, request: Request) -> bytes:
        """The record that carries this request; nothing is sent."""
        return self.rogue.say(encode(request))

    async def reply(self) -> Reply:
        return read_reply(await heard(self.rogue, self.bank))

    async def ask(self, request: Request) -> Reply:
        self.bank.give(self.seal(request))
        return await self.reply()

    async def show_card(self) -> None:
        shows_card(await self.ask(self.card.request()))


@dataclass
class Traitor:
    """Somebody with the keys of a channel, who does not keep to the protocol, and his victim: the bank, or a client."""

    victim: Party
    rogue: Rogue
    puppet: Puppet | None
    session: Session | None

    async def talk(self, exchanges: int) -> None:
        """Ask and be answered so often, each time with one record in each direction."""
        for _ in range(exchanges):
            if self.puppet is not None:
                accepted(await self.puppet.ask(check()))
            elif self.session is not None:
                await self.session.stream.send(b"?")
                await heard(self.rogue, self.victim)
                self.victim.give(self.rogue.say(b"!"))
                await self.session.stream.receive()


async def heard(rogue: Rogue, party: Party) -> bytes:
    """The next message of this party's; a key_update before it is followed."""
    data = b""
    while not data:
        data = rogue.receives.open(await party.take())
    return data


async def failure_of(attempt: Awaitable[object]) -> FailureReason:
    """Why this failed, as a client is told; it must fail, soon."""
    try:
        async with soon("the client's channel fails"):
            await attempt
    except ChannelError as error:
        return FailureReason(error.reason)
    raise SurpriseError("the client's channel did not fail")
