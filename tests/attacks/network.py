"""The attacker on the network: a TCP proxy without keys, which knows where a frame ends by its header and no more.

It stands between a client and the bank. Each of the two is a `Party`: what it sent can be recorded, held, dropped and
reordered, and it can be given any bytes, a FIN or a RST.
"""

import asyncio
import errno
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from types import TracebackType
from typing import Self

from framework import FailureReason
from tests.attacks.attack import BANK, CLIENT, NoSuchAddressError, Observer, Side, Step, SurpriseError, unobserved

TICK = 0.05
"""PROTOCOL §8.1: a connection that failed is reset on the next 50 ms tick. Written out: a test knows it itself."""

HEADER = struct.Struct(">BBHI")
M1, M2, M3, RECORD = 1, 2, 3, 4

FIN = b""
"""Given to a party instead of bytes: the end of the stream."""

PATIENCE = 5.0
"""Seconds after which something that should happen at once counts as a hang."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def frame(frame_type: int, body: bytes, *, version: int = 1, reserved: int = 0, size: int | None = None) -> bytes:
    """Write a frame, or with other values something like one."""
    return HEADER.pack(frame_type, version, reserved, len(body) if size is None else size) + body


def frame_type(data: bytes) -> int:
    """The type in a frame's header."""
    return data[0]


def described(data: bytes) -> str:
    """A few words about these bytes, for a step."""
    names = {M1: "M1", M2: "M2", M3: "M3", RECORD: "a record"}
    name = names.get(data[0], "bytes") if len(data) >= HEADER.size else "bytes"
    return f"{name}, {len(data)} bytes"


def flip(data: bytes, bit: int) -> bytes:
    """The same bytes with one bit changed; bit 0 is the highest of the first byte."""
    flipped = bytearray(data)
    flipped[bit // 8] ^= 0x80 >> bit % 8
    return bytes(flipped)


@asynccontextmanager
async def soon(claim: str) -> AsyncIterator[None]:
    """Raise SurpriseError unless what is waited for in the block comes in time; `claim` says what."""
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except TimeoutError:
        raise SurpriseError(f"not so, within {PATIENCE} s: {claim}") from None


class Ending(Enum):
    """How a connection ended, as whoever is at the other end sees it."""

    FIN = auto()
    RST = auto()


@dataclass(frozen=True)
class End:
    """How and when, on the clock of the loop."""

    kind: Ending
    at: float


class Party(asyncio.Protocol):
    """One of those whom the attacker talks to: everything it sent, and the way to give it bytes."""

    def __init__(self, side: Side, observe: Observer) -> None:
        self.side = side
        self.why: Callable[[], Awaitable[FailureReason]] | None = None
        """How to find out why this party's channel failed; the scene knows."""
        self.frames: list[bytes] = []
        self.byte_count = 0
        self.ending: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self.lost = asyncio.Event()
        self.holding = False
        self.other: Party | None = None
        self._observe = observe
        self._news = asyncio.Event()
        self._held: asyncio.Queue[bytes] = asyncio.Queue()
        self._partial = bytearray()
        self._transport: asyncio.Transport | None = None

    # --- what it sent ---

    def hold(self) -> None:
        """Keep what it sends from now on."""
        self.holding = True

    def release(self) -> None:
        """Pass on what was kept, in order, and whatever comes."""
        self.holding = False
        while not self._held.empty():
            self._pass_on(self._held.get_nowait())

    async def take(self) -> bytes:
        """The next frame that was held."""
        async with soon(f"the {self.side} says something"):
            return await self.take_whenever()

    async def take_whenever(self) -> bytes:
        """The same without a limit, for a carrier that is cancelled in the end."""
        return await self._held.get()

    def unsent(self) -> int:
        """Bytes that it was given and that are not even on their way."""
        return self._open_transport.get_write_buffer_size()

    async def untaken(self, seconds: float) -> int:
        """The same when for so long it has taken none.

        Raises SurpriseError if it goes on taking.
        """
        async with soon(f"the {self.side} takes no more"):
            while True:
                before = self.unsent()
                await asyncio.sleep(seconds)
                if before == self.unsent():
                    return before

    async def said(self, frames: int) -> None:
        """Wait until it has sent so many whole frames, in all."""
        async with soon(f"the {self.side} says {frames} frames"):
            while len(self.frames) < frames:
                self._news.clear()
                await self._news.wait()

    async def end(self) -> End:
        """Wait until it has ended the connection."""
        async with soon(f"the {self.side} ends the connection"):
            return await asyncio.shield(self.ending)

    # --- what it is given ---

    def give(self, data: bytes) -> None:
        """Deliver these bytes to it, in one write; no bytes at all are a FIN."""
        if data == FIN:
            self.give_fin()
        else:
            self._observe(Step("attacker", f"gives the {self.side} {described(data)}", data))
            self._open_transport.write(data)

    def give_fin(self) -> None:
        """End the stream toward it, as if the other side had nothing more to say."""
        self._observe(Step("attacker", f"ends the stream to the {self.side}"))
        self._open_transport.write_eof()

    def give_rst(self) -> None:
        """Reset the connection to it."""
        if self._transport is not None and not self.lost.is_set():
            sock: socket.socket | None = self._transport.get_extra_info("socket")
            if sock is not None and sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._transport.abort()

    def take_little(self) -> None:
        """Make the buffer for what it sends as small as the system permits, so that it is soon full."""
        self._open_transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)

    @property
    def seen_as(self) -> str:
        """The attacker's `host:port`, as this party writes it in its log."""
        host, port = self._open_transport.get_extra_info("sockname")
        return f"{host}:{port}"

    def pause(self) -> None:
        """Read nothing that it sends."""
        self._open_transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if not self._open_transport.is_closing():
            self._open_transport.resume_reading()

    @property
    def _open_transport(self) -> asyncio.Transport:
        if self._transport is None:
            raise ConnectionError("not connected yet")
        return self._transport

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream's transport is due")
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.byte_count += len(data)
        self._partial += data
        while len(self._partial) >= HEADER.size:
            end = HEADER.size + HEADER.unpack_from(self._partial)[3]
            if len(self._partial) < end:
                break
            whole = bytes(self._partial[:end])
            del self._partial[:end]
            self.frames.append(whole)
            self._observe(Step(self.side, f"says {described(whole)}", whole))
            self._news.set()
            if self.holding:
                self._held.put_nowait(whole)
            else:
                self._pass_on(whole)

    def eof_received(self) -> bool:
        self._ended(Ending.FIN)
        if self.other is not None and not self.holding and not self.other.lost.is_set():
            self.other.give_fin()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()
        if isinstance(exc, ConnectionResetError):
            self._ended(Ending.RST)
            if self.other is not None and not self.holding:
                self.other.give_rst()

    def _ended(self, kind: Ending) -> None:
        if not self.ending.done():
            self._observe(Step(self.side, "ends the stream" if kind is Ending.FIN else "resets the connection"))
            self.ending.set_result(End(kind, asyncio.get_running_loop().time()))

    def _pass_on(self, whole: bytes) -> None:
        if self.other is not None and not self.other.lost.is_set():
            self.other.give(whole)


@dataclass
class Line:
    """One connection through the proxy."""

    client: Party
    bank: Party

    def side(self, name: Side) -> Party:
        """The party of this name: `bank` or `client`."""
        return self.bank if name == BANK else self.client

    def across(self, name: Side) -> Party:
        """The party that the one of this name talks to."""
        return self.client if name == BANK else self.bank

    def hold(self) -> None:
        """Keep what both send."""
        self.client.hold()
        self.bank.hold()

    def release(self) -> None:
        """Let both have what the other sent."""
        self.client.release()
        self.bank.release()


@dataclass
class HostileProxy:
    """Listens for clients and calls the bank for each, unless `impersonates`: then it answers for the bank."""

    bank_host: str
    bank_port: int
    observe: Observer = unobserved
    holds: bool = False
    impersonates: bool = False
    _parties: list[Party] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._lines: asyncio.Queue[Line] = asyncio.Queue()
        self._server = await asyncio.get_running_loop().create_server(self._accepted, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for party in self._parties:
            party.give_rst()
        await asyncio.gather(*(party.lost.wait() for party in self._parties))

    @property
    def address(self) -> tuple[str, int]:
        """Where clients find it."""
        host, port = self._server.sockets[0].getsockname()
        return host, port

    async def next_line(self) -> Line:
        """The next connection through the proxy."""
        async with soon("somebody connects"):
            return await self._lines.get()

    async def dial(self, source: str = "127.0.0.1") -> Party:
        """A connection of the attacker's own to the bank, from any loopback address; what the bank says is held."""
        party = Party(BANK, self.observe)
        party.holding = True
        self._parties.append(party)
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: party, self.bank_host, self.bank_port, local_addr=(source, 0)
            )
        except OSError as error:
            self._parties.remove(party)
            if error.errno == errno.EADDRNOTAVAIL:
                raise NoSuchAddressError(f"this machine has no loopback address {source}") from None
            raise
        return party

    def _accepted(self) -> Party:
        client = _Caller(self)
        self._parties.append(client)
        return client

    def connect_through(self, client: Party) -> None:
        """Complete the line of a client that has called."""
        task = asyncio.get_running_loop().create_task(self._connect_through(client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect_through(self, client: Party) -> None:
        try:
            line = Line(client, Party(BANK, self.observe) if self.impersonates else await self.dial())
        except OSError:  # the bank is gone
            client.give_rst()
            return
        if not self.impersonates:
            client.other, line.bank.other = line.bank, client
        client.holding = line.bank.holding = self.holds
        client.resume()
        self._lines.put_nowait(line)


class _Caller(Party):
    """A client that called the proxy: nothing is read from it until its line is complete."""

    def __init__(self, proxy: HostileProxy) -> None:
        super().__init__(CLIENT, proxy.observe)
        self._proxy = proxy

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.pause()
        self._proxy.connect_through(self)
