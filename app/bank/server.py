"""The bank: a server of channels, each a session with one card, over one ledger."""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from app.bank.admission import OpenSessions
from app.bank.conversation import serve_session
from app.bank.data_directory import ledger_and_identity
from app.bank.limits import DEFAULT_LIMITS, BankLimits
from app.credentials.address import join
from app.credentials.keystore import KeyBefore, load_or_create
from app.credentials.public_key import BankIdentity, fingerprint
from app.ledger import Accounts, Enrolment
from app.ledger.live import LiveLedger
from app.ledger.occupancy import occupied
from app.protocol.names import APPLICATION, SERVER_NAME
from app.system.descriptors import make_room
from app.system.errors import UserError
from app.system.signals import ending_in_order, heard_signals
from framework import ChannelStream, KeyPair, Server, Suite, serve
from framework.aio import addresses_to_listen_on

logger = logging.getLogger("suitecase.bank")


Enrol = Callable[[Enrolment, BankIdentity], Awaitable[object]]
"""Opens accounts at a bank that has this identity, before it listens. Raises UserError."""


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


async def open_bank(
    suite: Suite, data_dir: Path, host: str, port: int, accounts: Accounts, *, limits: BankLimits = DEFAULT_LIMITS
) -> Bank:
    """Listen with the key that `data_dir` holds; where it has none, the loop waits for one. Raises UserError."""
    return await listen(suite, bank_key_pair(suite, data_dir), host, port, accounts, limits=limits)


async def listen(
    suite: Suite,
    key_pair: KeyPair,
    host: str | Sequence[str],
    port: int,
    accounts: Accounts,
    *,
    limits: BankLimits = DEFAULT_LIMITS,
) -> Bank:
    """Listen with this key. Raises UserError."""
    open_sessions = OpenSessions(limits.sessions_per_account)

    async def handle(stream: ChannelStream) -> None:
        await serve_session(stream, accounts, open_sessions, limits.card_seconds)

    try:
        server = await serve(
            handle,
            host,
            port,
            suite,
            key_pair,
            application=APPLICATION,
            server_name=SERVER_NAME,
            idle_seconds=limits.idle_seconds,
            lifetime_seconds=limits.lifetime_seconds,
            awaits_authentication=True,
        )
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


def run_bank(
    suite: Suite,
    data_dir: Path,
    host: str,
    port: int,
    *,
    announce: Callable[[Bank], None],
    enrol: Enrol | None = None,
    limits: BankLimits = DEFAULT_LIMITS,
    lifeline: int | None = None,
) -> Coroutine[None, None, None]:
    """Load or make the key, at once, and give what serves, for a loop to run. Both raise UserError.

    Before it listens it lets `enrol` open accounts. It serves until SIGINT or SIGTERM, or until the other end of the
    pipe `lifeline` is closed.

    The key is made before there is a loop: in one, it would keep the signals waiting. And before the key, the address
    is tried, and the data directory occupied: a bank that cannot listen, or has no place, leaves nothing behind.
    """
    with ExitStack() as stack:
        with ending_in_order():
            addresses = try_address(host, port)
            occupancy = stack.enter_context(occupied(data_dir))
            before = KeyBefore.of(data_dir, suite.name)
            with ledger_and_identity(data_dir, may_replace=True, occupancy=occupancy) as (_, identity):
                pass  # what they say of each other is on the disk: before the suite's key, which takes its time
            key_pair = bank_key_pair(suite, data_dir)
        for change in filter(None, (identity.about_the_loss(), before.about_the_change(key_pair.public_key))):
            logger.warning("%s", change)
        make_room()
        leaving = stack.pop_all()

    async def run() -> None:
        stop = _stop_event(lifeline)
        with leaving:
            async with LiveLedger(occupancy) as ledger:
                if enrol is not None:
                    await enrol(ledger, identity.identity)
                bank = await listen(suite, key_pair, addresses, port, ledger, limits=limits)
                async with bank.server:
                    who = identity.identity.fingerprint
                    logger.info("listening", extra={"address": bank.address, "suite": suite.name, "identity": who})
                    announce(bank)
                    await _until(stop, ledger)
                    logger.info("ending")
            ledger.raise_failure()  # that the files are lost may be noticed only when they are closed

    return run()


def _stop_event(lifeline: int | None) -> asyncio.Event:
    """What is set when the bank has to stop: by a signal, or at the end of the pipe `lifeline`."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in heard_signals():
        loop.add_signal_handler(number, stop.set)
    if lifeline is not None:
        _call_at_eof(lifeline, stop.set)
    return stop


async def _until(stop: asyncio.Event, ledger: LiveLedger) -> None:
    """Wait until the bank has to stop. Raises LedgerError when the ledger cannot go on."""
    stopping, failing = asyncio.create_task(stop.wait()), asyncio.create_task(ledger.failure())
    try:
        await asyncio.wait([stopping, failing], return_when=asyncio.FIRST_COMPLETED)
        if failing.done():
            raise failing.result()
    finally:
        stopping.cancel()
        failing.cancel()


def _call_at_eof(descriptor: int, callback: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()

    def readable() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            callback()

    loop.add_reader(descriptor, readable)
