"""A session at the bank: the messages of one channel, each answered when what its answer says is on the disk."""

import asyncio
import logging

from app.bank.admission import OpenSessions
from app.bank.session import BankSession
from app.ledger import Accounts
from app.system.errors import LedgerError
from framework import ChannelStream

logger = logging.getLogger("suitecase.bank")


async def serve_session(
    stream: ChannelStream, accounts: Accounts, open_sessions: OpenSessions, card_seconds: float
) -> None:
    """Serve one channel until either side ends it, or no card has arrived in time. Raises ChannelError."""

    def hang_up() -> None:
        logger.info("session gives way to a newer one", extra={"peer": stream.peer_address, "account": session.account})
        stream.abort()

    session = BankSession(accounts, open_sessions, hang_up)
    try:
        await _converse(stream, session, card_seconds)
    finally:
        session.end()


async def _converse(stream: ChannelStream, session: BankSession, card_seconds: float) -> None:
    peer = stream.peer_address
    try:
        # The card's time is the peer's alone: it is over when the card is here, however long the ledger then takes.
        async with asyncio.timeout(card_seconds):
            message = await stream.receive()
    except TimeoutError:
        logger.info("session ended without a card", extra={"peer": peer})
        return
    while message is not None:
        try:
            reply = await session.handle(message)
        except LedgerError as error:
            # Not answered: the ATM repeats the request under its id.
            logger.error("the ledger failed: %s", error, extra={"peer": peer})  # noqa: TRY400 - a sentence says it
            stream.abort()
            return
        if session.account is not None:
            stream.authenticated()
        await stream.send(reply)
        if session.finished:
            logger.info("session ended, and no card was accepted", extra={"peer": peer})
            return
        message = await stream.receive()
    logger.info("session ended", extra={"peer": peer, "account": session.account})
