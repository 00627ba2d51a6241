"""The ATM's side of the channel: the card is presented, and each request gets its answer."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.atm.bank_address import BankAddress
from app.credentials.card import Card, bind_card, refuse_other_bank
from app.credentials.public_key import fingerprint
from app.protocol.messages import (
    Accepted,
    AccountReply,
    AccountRequest,
    CardAccepted,
    CardRefused,
    CardRequest,
    Refusal,
    Refused,
    Reply,
    Unintelligible,
    encode,
    read_reply,
)
from app.protocol.names import APPLICATION, SERVER_NAME
from app.system.errors import ChannelFailedError, MessageError, RefusedByBankError
from framework import ChannelError, ChannelStream, FailureReason, InvalidKeyError, KeyPair, MisuseError, open_channel

REPLY_SECONDS: Final = 15.0
"""How long an answer may take. The bank's ledger may wait 5 s for another process, and a disk may be slow."""


class BankClient:
    """Asks one bank with one card. It connects when it needs to, and once more when the channel has ended meanwhile."""

    def __init__(self, bank: BankAddress, card: Card, card_path: Path, take_ephemeral: Callable[[], KeyPair]) -> None:
        self._bank = bank
        self._card = card
        self._card_path = card_path
        self._take_ephemeral = take_ephemeral
        self._stream: ChannelStream | None = None
        self._owed = False
        """Whether the bank owes an answer on this channel: it must not be taken for the answer to another request."""

    @property
    def connected(self) -> bool:
        """Whether there is a channel that can be used. That it has ended shows when the next request is sent."""
        return self._stream is not None and not self._owed

    async def connect(self) -> None:
        """Open the channel and present the card.

        Raises CardError for a card of another bank, before there is a connection, ChannelFailedError, and
        RefusedByBankError for the card.
        """
        await self._drop()
        bank = self._bank
        refuse_other_bank(self._card_path, self._card, bank.known, bank.text)
        try:
            self._stream = await open_channel(
                bank.host,
                bank.port,
                bank.suite,
                bank.public_key,
                take_ephemeral=self._take_ephemeral,
                application=APPLICATION,
                server_name=SERVER_NAME,
            )
        except ChannelError as error:
            raise ChannelFailedError(_why_not(bank, error)) from None
        except UnicodeError:  # a host that no name can be
            raise ChannelFailedError(f"There is no host {bank.host}; is the address right?") from None
        except InvalidKeyError as error:
            raise ChannelFailedError(
                f"The public key on record for the bank is not usable: {error}; get its bank.pub anew."
            ) from None
        try:
            reply = await self._exchange(self._card.request())
        except ChannelFailedError:
            await self._drop()
            raise
        if not isinstance(reply, CardAccepted):
            await self.close()
            if reply == CardRefused(error=Refusal.TOO_MANY_SESSIONS):
                raise RefusedByBankError(
                    f"The bank refused the card of account {self._card.account}: the account has too many sessions "
                    "open; end some, and try again."
                )
            raise RefusedByBankError(
                f"The bank refused the card of account {self._card.account}; "
                "is it the card of this bank, and is the account open there?"
            )
        if bank.known.identity is not None:
            self._card = bind_card(self._card_path, self._card, bank.known.identity)

    async def ask(self, request: AccountRequest) -> AccountReply:
        """Ask the bank. Where the channel has ended, ask once more over a new one: the request's id makes that safe.

        Raises what `connect` raises.
        """
        if self.connected:
            with suppress(ChannelFailedError):
                return await self._answer_to(request)
        await self.connect()
        return await self._answer_to(request)

    async def close(self) -> None:
        """End the channel in order, if there is one."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close()

    async def _answer_to(self, request: AccountRequest) -> AccountReply:
        reply = await self._exchange(request)
        if isinstance(reply, Accepted | Refused) and (reply.type, reply.id) == (request.type, request.id):
            if isinstance(reply, Refused) and reply.error is Refusal.CARD_REQUIRED:  # no answer for good: it may be yet
                raise ChannelFailedError("The bank does not know any more whose card this is; try again.")
            return reply
        if isinstance(reply, Unintelligible):  # in a session answers come in order: this one is the request's
            return Refused(type=request.type, id=request.id, error=Refusal.BAD_REQUEST)
        raise ChannelFailedError("The bank's answer does not belong to what was asked; is it the same version?")

    async def _exchange(self, request: CardRequest | AccountRequest) -> Reply:
        """Send one message and give the next. Raises ChannelFailedError."""
        if self._stream is None:
            raise ChannelFailedError("There is no channel to the bank; try again.")
        self._owed = True  # until the answer is here, whatever cuts the waiting short
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                await self._stream.send(encode(request))
                message = await self._stream.receive()
            self._owed = False
        except TimeoutError:
            raise self._silence(f"no answer within {REPLY_SECONDS:.0f} s") from None
        except (ChannelError, MisuseError) as error:
            raise self._silence(str(error)) from None
        if message is None:
            raise self._silence("the bank closed the channel")
        try:
            return read_reply(message)
        except MessageError as error:
            raise ChannelFailedError(str(error)) from None

    def _silence(self, reason: str) -> ChannelFailedError:
        return ChannelFailedError(f"The bank at {self._bank.text} did not answer: {reason}; try again.")

    async def _drop(self) -> None:
        """Give the channel up, if there is one."""
        stream, self._stream, self._owed = self._stream, None, False
        if stream is not None:
            stream.abort()
            await stream.close()


def _why_not(bank: BankAddress, error: ChannelError) -> str:
    """Say what a person can check when no channel came about; the bank itself never tells why (PROTOCOL §8.1)."""
    if error.reason == FailureReason.AUTHENTICATION:
        return (
            f"WHOEVER ANSWERS AT {bank.text} IS NOT THE BANK with the key {fingerprint(bank.public_key)}. "
            "Do not go on; ask the bank whether its key or its address has changed."
        )
    if error.reason == FailureReason.UNREACHABLE:
        return f"The ATM {error}; is the bank running, and is the address right?"
    if error.reason == FailureReason.TIMEOUT:
        return f"The bank at {bank.text} did not answer in time; is it a bank, and does it hang?"
    if error.reason in (FailureReason.MALFORMED, FailureReason.LIMIT):
        return f"Whoever answers at {bank.text} speaks another protocol; is the address that of a bank?"
    if error.reason == FailureReason.PLUGIN:
        return f"The channel to {bank.text} failed here: {error}; `plugins` lists what is installed."
    if error.reason == FailureReason.INTERNAL:
        return f"The channel to {bank.text} failed here: {error}; try again."
    return (
        f"The bank at {bank.text} closed the connection and gave no reason; it never does, but its log says it. "
        f"Compare with what it printed at its start: the suite, here {bank.suite.name}, and its key, here "
        f"{fingerprint(bank.public_key)}; and check this machine's clock."
    )
