"""SSH, by the asyncssh library."""

from typing import Any, Final

from app.bench.progress import PeerMissing
from app.bench.transports.streams import StreamConnection, serve_stream
from app.bench.transports.transport import LOOPBACK, Connection, Transport

ASYNCSSH: Final = "asyncssh 3des-cbc"


class AsyncsshConnection(StreamConnection):
    """A process over SSH, whose pipes are streams."""

    def __init__(self, connection: Any, process: Any) -> None:
        super().__init__(process.stdout, process.stdin)
        self._connection = connection

    async def close(self) -> None:
        """As the interface says."""
        self._connection.close()
        await self._connection.wait_closed()


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
            process_factory=_serve_process,
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


async def _serve_process(process: Any) -> None:
    try:
        await serve_stream(process.stdin, process.stdout)
    finally:
        process.exit(0)
