"""A server of a benchmark in a process of its own."""

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from typing import Self

from app.system.errors import InputError


class Child:
    """Runs `python -m MODULE ARGUMENTS…` until the end of the block; `endpoint` is the line that it writes first."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,  # Ctrl-C is for the one who measures; the child ends with its standard input
        )
        line = self._process.stdout.readline() if self._process.stdout else b""
        self.endpoint = line.decode().strip()

    def __enter__(self) -> Self:
        if not self.endpoint:
            self._process.wait()
            raise InputError("A server for the benchmark did not start; what it said stands above.")
        return self

    def __exit__(self, *exc_info: object) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait()


async def serve_until_stdin_ends(endpoint: str) -> None:
    """In the child: tell where it serves, and go on until the one who measures has gone."""
    with suppress(BrokenPipeError):  # interrupted meanwhile: its standard input has ended too
        os.write(1, endpoint.encode() + b"\n")
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(0, lambda: ended.set() if not os.read(0, 4096) else None)
    await ended.wait()
