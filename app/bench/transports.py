"""What `bench channel` compares: each transport as a server in a child process and a client in this one.

Every transport does the same two jobs on a connection: `bulk`, take in a number of bytes and answer when the last has
arrived, and `echo`, send each message of 64 bytes back.
"""

import asyncio
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from struct import pack, unpack
from typing import Any, Final, Protocol

from app.bench.progress import PeerMissing
from app.bench.warm_up import warm_up
from framework import ChannelStream, KeyPair, Suite, load_registry, open_channel, serve

MESSAGE_SIZE: Final = 64
"""Bytes of a round trip's message."""

BULK_PIECE: Final = 65_000
"""Bytes handed over at a time in bulk: nearly a largest record."""

LOOPBACK: Final = "127.0.0.1"

ASYNCSSH: Final = "asyncssh 3des-cbc"

_ORDER_SIZE = 8
"""A connection begins with u64: bytes to expect in bulk, or 0 for echo."""
_DONE = b"done"


class Connection(Protocol):
    """A client's connection."""

    async def send_bulk(self, total: int) -> None:
        """Send `total` bytes and wait until the server has them all."""
        ...

    async def begin_echo(self) -> None:
        """Ask for echoes."""
        ...

    async def round_trip(self, message: bytes) -> None:
        """Send one message and wait for its echo."""
        ...

    async def close(self) -> None:
        """End the connection."""
        ...


@dataclass(frozen=True)
class Transport:
    """A way to talk. `serve` gives what `connect` needs; both run in processes of their own."""

    name: str
    serve: Callable[[], Awaitable[str]]
    connect: Callable[[str], Awaitable[Connection]]


# --- byte streams: plain TCP, and TLS over it ---


class StreamConnection:
    """asyncio's own streams."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send_bulk(self, total: int) -> None:
        """As the interface says."""
        self._writer.write(pack(">Q", total))
        piece = bytes(BULK_PIECE)
        for start in range(0, total, BULK_PIECE):
            self._writer.write(piece[: total - start])
            await self._writer.drain()
        await self._reader.readexactly(len(_DONE))

    async def begin_echo(self) -> None:
        """As the interface says."""
        self._writer.write(pack(">Q", 0))

    async def round_trip(self, message: bytes) -> None:
        """As the interface says."""
        self._writer.write(message)
        await self._reader.readexactly(len(message))

    async def close(self) -> None:
        """As the interface says."""
        self._writer.close()
        await self._writer.wait_closed()


async def _serve_stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        (left,) = unpack(">Q", await reader.readexactly(_ORDER_SIZE))
        while left:
            data = await reader.read(min(left, 2**18))
            if not data:
                return
            left -= len(data)
            if not left:
                writer.write(_DONE)
                return
        while True:
            writer.write(await reader.readexactly(MESSAGE_SIZE))
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        if not writer.transport.is_closing():
            await writer.drain()
            writer.close()


def tcp() -> Transport:
    """Plain asyncio TCP: the yardstick."""

    async def start() -> str:
        server = await asyncio.start_server(_serve_stream, LOOPBACK, 0)
        return str(server.sockets[0].getsockname()[1])

    async def connect(port: str) -> Connection:
        return StreamConnection(*await asyncio.open_connection(LOOPBACK, int(port)))

    return Transport("asyncio TCP", start, connect)


def tls() -> Transport:
    """Asyncio TLS 1.3 with a certificate made for the occasion."""

    async def start() -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        with tempfile.TemporaryDirectory() as folder:
            pem = Path(folder) / "certificate.pem"
            pem.write_bytes(_certificate())
            context.load_cert_chain(pem)
            authority = pem.read_text()
        server = await asyncio.start_server(_serve_stream, LOOPBACK, 0, ssl=context)
        return f"{server.sockets[0].getsockname()[1]} {authority.encode().hex()}"

    async def connect(endpoint: str) -> Connection:
        port, authority = endpoint.split()
        context = ssl.create_default_context(cadata=bytes.fromhex(authority).decode().partition("-----BEGIN PRIV")[0])
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return StreamConnection(
            *await asyncio.open_connection(LOOPBACK, int(port), ssl=context, server_hostname="bench")
        )

    return Transport("asyncio TLS 1.3", start, connect)


def _certificate() -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("bench")]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + private


# --- suitecase ---


class ChannelConnection:
    """A channel of ours."""

    def __init__(self, stream: ChannelStream) -> None:
        self._stream = stream

    async def send_bulk(self, total: int) -> None:
        """As the interface says."""
        await self._stream.send(pack(">Q", total))
        piece = bytes(BULK_PIECE)
        for start in range(0, total, BULK_PIECE):
            await self._stream.send(piece[: total - start])
        await self._stream.receive()

    async def begin_echo(self) -> None:
        """As the interface says."""
        await self._stream.send(pack(">Q", 0))

    async def round_trip(self, message: bytes) -> None:
        """As the interface says."""
        await self._stream.send(message)
        await self._stream.receive()

    async def close(self) -> None:
        """As the interface says."""
        await self._stream.close()


async def _serve_channel(stream: ChannelStream) -> None:
    order = await stream.receive()
    if order is None:
        return
    (left,) = unpack(">Q", order)
    if not left:
        async for message in stream:
            await stream.send(message)
        return
    async for message in stream:
        left -= len(message)
        if left <= 0:
            await stream.send(_DONE)


def suitecase(name: str, allow: tuple[str, ...] = ()) -> Transport:
    """A channel under the suite of this name."""

    @cache
    def suite() -> Suite:
        registry = load_registry(allow)
        chosen = Suite.parse(name, registry)
        warm_up(chosen, registry)
        return chosen

    async def start() -> str:
        chosen = suite()
        pair: KeyPair = chosen.key_exchange.generate_key_pair()
        server = await serve(_serve_channel, LOOPBACK, 0, chosen, pair)
        return f"{server.address[1]} {pair.public_key.hex()}"

    async def connect(endpoint: str) -> Connection:
        port, public_key = endpoint.split()
        return ChannelConnection(await open_channel(LOOPBACK, int(port), suite(), bytes.fromhex(public_key)))

    return Transport(name, start, connect)


# --- asyncssh ---


def asyncssh() -> Transport:
    """The asyncssh library with OpenSSH's ciphers. Raises PeerMissing where it is not installed."""
    try:
        import asyncssh as library
    except ImportError:
        raise PeerMissing("it is not installed; `pip install asyncssh` brings it.") from None
    algorithms = {
        "encryption_algs": ["3des-cbc"],
        "mac_algs": ["hmac-sha2-256-etm@openssh.com"],
        "compression_algs": None,
    }

    async def start() -> str:
        server = await library.create_server(
            _asyncssh_server(library),
            LOOPBACK,
            0,
            server_host_keys=[library.generate_private_key("ssh-ed25519")],
            process_factory=_serve_asyncssh,
            encoding=None,
            **algorithms,
        )
        return str(server.sockets[0].getsockname()[1])

    async def connect(port: str) -> Connection:
        connection = await library.connect(
            LOOPBACK,
            int(port),
            known_hosts=None,  # nothing secret is sent, and the server is our own child
            username="bench",
            password="",
            client_keys=None,
            agent_path=None,
            config=None,
            **algorithms,
        )
        return AsyncsshConnection(connection, await connection.create_process("bench", encoding=None))

    return Transport(ASYNCSSH, start, connect)


def _asyncssh_server(library: Any) -> Any:
    class Server(library.SSHServer):  # type: ignore[misc]
        def begin_auth(self, username: str) -> bool:  # noqa: ARG002 - the interface's
            return False

    return Server


async def _serve_asyncssh(process: Any) -> None:
    try:
        (left,) = unpack(">Q", await process.stdin.readexactly(_ORDER_SIZE))
        while left:
            data = await process.stdin.read(min(left, 2**18))
            if not data:
                return
            left -= len(data)
            if not left:
                process.stdout.write(_DONE)
                return
        while True:
            process.stdout.write(await process.stdin.readexactly(MESSAGE_SIZE))
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        process.exit(0)


class AsyncsshConnection(StreamConnection):
    """A process over SSH, whose pipes are streams."""

    def __init__(self, connection: Any, process: Any) -> None:
        super().__init__(process.stdout, process.stdin)
        self._connection = connection

    async def close(self) -> None:
        """As the interface says."""
        self._connection.close()
        await self._connection.wait_closed()
