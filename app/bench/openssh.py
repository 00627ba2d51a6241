"""OpenSSH as a peer of `bench channel`: its own server on loopback, and `ssh` with 3des-cbc, in bulk."""

import getpass
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.bench.progress import PeerMissing

NAME: Final = "OpenSSH 3des-cbc"
_ALGORITHMS: Final = ("3des-cbc", "hmac-sha2-256-etm@openssh.com")
_PIECE: Final = bytes(2**16)


class OpenSsh:
    """A running server and how to reach it."""

    def __init__(self, folder: Path, port: int) -> None:
        cipher, mac = _ALGORITHMS
        options = {
            "Ciphers": cipher,
            "MACs": mac,
            "Compression": "no",
            "IdentityFile": folder / "user",
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": folder / "known",
            "StrictHostKeyChecking": "accept-new",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }
        flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        target = f"{getpass.getuser()}@127.0.0.1"
        self._command = ["ssh", "-F", "none", "-p", str(port), *flags, target]

    def bulk(self, total: int) -> float:
        """Send `total` bytes into `cat`; gives seconds, without the time that a connection takes to be made.

        Raises PeerMissing where no connection comes about; why, `ssh` says itself.
        """
        begin = time.perf_counter()
        with subprocess.Popen(  # noqa: S603 - our own arguments
            [*self._command, "echo ready; cat >/dev/null"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as ssh:
            if ssh.stdin is None or ssh.stdout is None or ssh.stdout.readline() != b"ready\n":
                raise PeerMissing("its client did not connect.")
            begin = time.perf_counter()
            for start in range(0, total, len(_PIECE)):
                ssh.stdin.write(_PIECE[: total - start])
            ssh.stdin.close()
            ssh.wait()
        return time.perf_counter() - begin


@contextmanager
def openssh() -> Iterator[OpenSsh]:
    """Run a server for the occasion. Raises PeerMissing where OpenSSH is not installed or does not start."""
    sshd = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    if sshd is None or shutil.which("ssh") is None or shutil.which("ssh-keygen") is None:
        raise PeerMissing("it is not installed; sshd, ssh and ssh-keygen are needed.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for key in ("host", "user"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)]
            subprocess.run(command, check=True)  # noqa: S603 - our own arguments
        (folder / "authorized").write_bytes((folder / "user.pub").read_bytes())
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        cipher, mac = _ALGORITHMS
        (folder / "config").write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n"
            f"StrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin prohibit-password\n"
            f"Ciphers {cipher}\nMACs {mac}\n"
        )
        with subprocess.Popen(  # noqa: S603 - our own arguments
            [sshd, "-D", "-e", "-f", str(folder / "config")], stderr=subprocess.PIPE
        ) as server:
            try:
                _wait_until_it_listens(port, server)
                yield OpenSsh(folder, port)
            finally:
                server.terminate()


def _wait_until_it_listens(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(100):
        if server.poll() is not None:
            said = b"" if server.stderr is None else server.stderr.read()
            raise PeerMissing(f"its server ended at once: {' '.join(said.decode(errors='replace').split())}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise PeerMissing("its server did not listen within five seconds.")
