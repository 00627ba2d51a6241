"""The bank: a server of channels, each a session with one card, over one ledger."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, TypeVar

from app.address import join
from app.descriptors import make_room
from app.errors import LedgerError, UserError
from app.identity import LoadedIdentity, load_or_create_identity
from app.keystore import fingerprint, load_or_create
from app.ledger import LEDGER_FILE, Ledger
from app.open_sessions import OpenSessions
from app.service import BankSession
from app.signals import ending_in_order, heard_signals
from framework import KeyPair, Suite, serve
from framework.aio import ChannelStream, Server
from framework.aio.listening import addresses_to_listen_on

APPLICATION: Final = "suitecase-bank"
SERVER_NAME: Final = "bank"
"""What both sides of the bank's channels are configured with (PROTOCOL §4.2)."""

CARD_SECONDS: Final = 5.0
"""A session shows its card within this time, or ends: whoever knows the bank's public key can open a channel."""

logger = logging.getLogger("suitecase.bank")

R = TypeVar("R")


class LedgerThread:
    """The one thread that has the ledger open; SQLite's connection belongs to it, and requests are served in turn."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._ledger: Ledger | None = None
        self._open_sessions = OpenSessions()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        try:
            self._ledger = await loop.run_in_executor(self._executor, Ledger, self._path)
        except BaseException:
            self._executor.shutdown(wait=False)
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        if self._ledger is not None:
            await self.run(self._ledger.close)
        self._executor.shutdown()

    def session(self) -> BankSession:
        """Begin a session; its `handle` is called through `run`. Give it to `end` when it is over."""
        if self._ledger is None:
            raise LedgerError("The ledger is not open.")
        return BankSession(self._ledger, self._open_sessions)

    def end(self, session: BankSession) -> None:
        """End a session, after what it has still under way: whoever waited for that may have been cancelled."""
        self._executor.submit(session.end)

    async def run(self, function: Callable[..., R], *args: object) -> R:
        """Call in the ledger's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: function(*args))


@dataclass(frozen=True)
class Bank:
    """A bank that listens. Made by `open_bank`."""

    server: Server
    fingerprint: str

    @property
    def address(self) -> str:
        """`host:port`, as an ATM's --connect takes it."""
        return join(*self.server.address)


def bank_key_pair(suite: Suite, data_dir: Path) -> KeyPair:
    """Load or make the key that `data_dir` holds for this suite. Takes up to seconds. Raises UserError."""
    kex = suite.key_exchange
    return load_or_create(
        data_dir,
        suite.name,
        kex.generate_key_pair,
        public_key_size=kex.public_key_size,
        private_key_size=kex.private_key_size,
    )


async def open_bank(suite: Suite, data_dir: Path, host: str, port: int, ledger: LedgerThread) -> Bank:
    """Listen with the key that `data_dir` holds; where it has none, the loop waits for one. Raises UserError."""
    return await listen(suite, bank_key_pair(suite, data_dir), host, port, ledger)


async def listen(suite: Suite, key_pair: KeyPair, host: str | Sequence[str], port: int, ledger: LedgerThread) -> Bank:
    """Listen with this key. Raises UserError."""

    async def handle(stream: ChannelStream) -> None:
        await _serve_session(stream, ledger)

    try:
        server = await serve(handle, host, port, suite, key_pair, application=APPLICATION, server_name=SERVER_NAME)
    except (OSError, UnicodeError) as error:  # the latter for a host that no name can be
        raise _cannot_listen(host, port, error) from None
    return Bank(server, fingerprint(key_pair.public_key))


def try_address(host: str, port: int) -> list[str]:
    """Bind what `listen` will, and let it go; gives the addresses, in digits. Raises UserError."""
    try:
        return addresses_to_listen_on(host, port)
    except (OSError, UnicodeError) as error:
        raise _cannot_listen(host, port, error) from None


def _cannot_listen(host: str | Sequence[str], port: int, error: OSError | UnicodeError) -> UserError:
    where = host if isinstance(host, str) else host[0]
    return UserError(
        f"The bank cannot listen on {join(where, port)}: {_reason(error)}; "
        "choose another address, or port 0 for any free one."
    )


def _reason(error: OSError | UnicodeError) -> str:
    """Say it in the system's words; asyncio puts some of its own into `strerror`."""
    if isinstance(error, socket.gaierror):
        return error.strerror or "there is no such host"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return "there is no such host"


async def _serve_session(stream: ChannelStream, ledger: LedgerThread) -> None:
    """Answer one session's messages; each answer leaves only when what it says is on the disk."""
    session = ledger.session()
    try:
        await _converse(stream, ledger, session)
    finally:
        ledger.end(session)


async def _converse(stream: ChannelStream, ledger: LedgerThread, session: BankSession) -> None:
    peer = stream.peer_address
    try:
        async with asyncio.timeout(CARD_SECONDS) as deadline:
            async for message in stream:
                reply = await ledger.run(session.handle, message)
                if session.account is not None:
                    deadline.reschedule(None)
                await stream.send(reply)
                if session.finished:
                    logger.info("session ended, and no card was accepted", extra={"peer": peer})
                    return
    except TimeoutError:
        logger.info("session ended without a card", extra={"peer": peer})
    except LedgerError as error:
        # Not answered: the ATM repeats the request under its id.
        logger.error("the ledger failed: %s", error, extra={"peer": peer})  # noqa: TRY400 - a sentence says it
        stream.abort()
    else:
        logger.info("session ended", extra={"peer": peer, "account": session.account})


def run_bank(
    suite: Suite,
    data_dir: Path,
    host: str,
    port: int,
    *,
    announce: Callable[[Bank], None],
    lifeline: int | None = None,
) -> Coroutine[None, None, None]:
    """Load or make the key, at once, and give what serves, for a loop to run. Both raise UserError.

    It serves until SIGINT or SIGTERM, or until the other end of the pipe `lifeline` is closed. The key is made before
    there is a loop: in one, it would keep the signals waiting. And before the key, the address is tried: a bank that
    cannot listen leaves nothing behind.
    """
    with ending_in_order():
        addresses = try_address(host, port)
        identity = load_or_create_identity(data_dir, may_replace=True)
        key_pair = bank_key_pair(suite, data_dir)
    if identity.instead_of is not None:
        logger.warning("%s", identity.about_the_loss())
    make_room()
    return _serve(suite, key_pair, identity, data_dir / LEDGER_FILE, addresses, port, announce, lifeline)


async def _serve(
    suite: Suite,
    key_pair: KeyPair,
    identity: LoadedIdentity,
    ledger_path: Path,
    addresses: Sequence[str],
    port: int,
    announce: Callable[[Bank], None],
    lifeline: int | None,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in heard_signals():
        loop.add_signal_handler(number, stop.set)
    if lifeline is not None:
        _call_at_eof(lifeline, stop.set)
    async with LedgerThread(ledger_path) as ledger:
        bank = await listen(suite, key_pair, addresses, port, ledger)
        async with bank.server:
            who = identity.identity.fingerprint
            logger.info("listening", extra={"address": bank.address, "suite": suite.name, "identity": who})
            announce(bank)
            await stop.wait()
            logger.info("ending")


def _call_at_eof(descriptor: int, callback: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()

    def readable() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            callback()

    loop.add_reader(descriptor, readable)
