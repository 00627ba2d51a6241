"""Every command in every document runs, in the order of the document and in an empty folder."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.house.sources import documents, name_of

NOT_RUN = {
    "python3 -m venv .venv": "it installs from a registry",
    "pip install": "it installs into the environment of the tests; tests/contract/test_tutorial.py follows it",
    "suitecase-contract check-plugin mine": "it follows the installation; tests/contract/test_tutorial.py runs it",
    ".ci/run": "it runs all tests",
    "SUITECASE_DEEP=1 .venv/bin/python -m pytest": "it runs tests",
    ".venv/bin/python -m tests.flood": "it takes minutes; tests/flood/test_flood.py runs a short one",
    ".venv/bin/python -m coverage": "it runs tests",
    "python -m tests.attacks": "it takes minutes; tests/attacks/test_catalogue.py runs the command",
}
"""Commands that begin so are not run here, and why."""

SERVES = "suitecase bank --listen"
PORT = "7100"
"""The port that the documents use; a test takes a free one in its place."""

ENDS_THE_BANK = "suitecase bank restore"

BEFORE = {"docs/operations.md": [f"{SERVES} 127.0.0.1:{PORT} --data-dir bank"]}
"""What a document takes for granted."""


def commands(path: Path) -> list[str]:
    """The commands of a document's shell blocks, without comments, a continued one in one line."""
    blocks = re.findall(r"^```sh\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for each in lines if (line := re.sub(r"(^|\s)#.*", "", each).strip())]


def is_run(command: str) -> bool:
    return not command.startswith(tuple(NOT_RUN))


PAGES = {name_of(path): commands(path) for path in documents() if any(map(is_run, commands(path)))}


def free_port() -> str:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return str(listening.getsockname()[1])


@contextmanager
def serving(command: str, environment: dict[str, str], folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A bank that listens, until the end of the block or until it is ended."""
    with subprocess.Popen(
        shlex.split(command), cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as bank:
        try:
            assert bank.stdout is not None
            assert bank.stdout.readline().startswith("listening on 127.0.0.1:")
            yield bank
        finally:
            bank.send_signal(signal.SIGTERM)
            bank.wait()


@pytest.mark.skipif(sys.prefix == sys.base_prefix, reason="the documents' commands need a virtual environment")
@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_document_runs(page: str, tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.prefix) / "bin"), os.defpath]),
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
    }
    port, banks = free_port(), []
    with ExitStack() as stack:
        for written in [*BEFORE.get(page, []), *filter(is_run, PAGES[page])]:
            command = written.replace(PORT, port)
            if command.startswith(SERVES):
                banks.append(stack.enter_context(serving(command, environment, tmp_path)))
                continue
            if command.startswith(ENDS_THE_BANK):
                for bank in banks:
                    bank.send_signal(signal.SIGTERM)
                    bank.wait()
            done = subprocess.run(
                ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, input=""
            )
            assert done.returncode == 0, f"{written}\n{done.stdout}{done.stderr}"


def test_every_reason_not_to_run_a_command_is_still_needed() -> None:
    written = [command for path in documents() for command in commands(path)]
    assert [start for start in NOT_RUN if not any(command.startswith(start) for command in written)] == []


def test_commands_are_found() -> None:
    assert "printf 'DEPOS 50\\nCHECK\\n' | .venv/bin/suitecase --json" in PAGES["README.md"]
    assert sum(map(len, PAGES.values())) > 10
