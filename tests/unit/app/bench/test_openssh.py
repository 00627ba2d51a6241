"""OpenSSH as a peer of `bench channel`, where it is not as it should be."""

import sys
from pathlib import Path

import pytest

from app.bench.openssh import openssh
from app.bench.progress import PeerMissing

KEY_MAKER = 'for file; do :; done; echo >"$file"; echo >"$file.pub"'
SERVER_THAT_ENDS = "echo 'no directory /run/nowhere' >&2; exit 255"
SERVER_THAT_LISTENS = f"""exec {sys.executable} -c '
import socket, sys
[port] = [line.split()[1] for line in open(sys.argv[-1]) if line.startswith("Port ")]
with socket.create_server(("127.0.0.1", int(port))) as listening:
    while True:
        listening.accept()[0].close()
' "$@\""""


@pytest.mark.parametrize(
    ("programs", "why"),
    [
        ({}, "it is not installed"),
        ({"sshd": SERVER_THAT_ENDS, "ssh": "exit 255"}, "its server ended at once: no directory /run/nowhere"),
        ({"sshd": SERVER_THAT_LISTENS, "ssh": "exit 255"}, "its client did not connect"),
    ],
    ids=["not installed", "a server that ends", "a client that is refused"],
)
def test_what_is_missing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: dict[str, str], why: str
) -> None:
    for name, script in ({"ssh-keygen": KEY_MAKER} | programs).items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PeerMissing, match=why), openssh() as ssh:
        ssh.bulk(1)
