"""Whole programs: nothing on their error streams, with every warning an error and asyncio's debugging on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]

CONVERSATION = """
import asyncio, gc
from framework import ChannelError, open_channel, serve
from tests.support.channels import etm_suite

suite = etm_suite()
keys = suite.key_exchange.generate_key_pair()

async def echo(stream):
    async for message in stream:
        await stream.send(message)

async def main():
    asyncio.get_running_loop().slow_callback_duration = 60  # the machine may be busy
    async with await serve(echo, "127.0.0.1", 0, suite, keys) as server:
        port = server.address[1]
        async with await open_channel("127.0.0.1", port, suite, keys.public_key) as stream:
            await stream.send(b"x")
            print(await stream.receive())
        other = suite.key_exchange.generate_key_pair()
        try:
            await open_channel("127.0.0.1", port, suite, other.public_key)
        except ChannelError as error:
            print(error)
        opening = asyncio.create_task(open_channel("127.0.0.1", port, suite, keys.public_key))
        await asyncio.sleep(0.001)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"garbage!")
        try:
            print(await reader.read())
        except ConnectionResetError:
            print("reset")
        writer.close()
        stream = await open_channel("127.0.0.1", port, suite, keys.public_key)
        stream.abort()

asyncio.run(main())
gc.collect()
"""

FAILS_AT_ONCE = """
import asyncio, socket, threading
from framework import ChannelError, open_channel
from tests.support.channels import etm_suite

suite = etm_suite()
keys = suite.key_exchange.generate_key_pair()
seen = []

def says_something_else(listener):
    with listener, listener.accept()[0] as sock:
        sock.sendall(b"HTTP/1.1 400 Bad Request")
        try:
            while sock.recv(10_000):
                pass
        except ConnectionResetError:
            seen.append("reset")

async def main(port):
    asyncio.get_running_loop().slow_callback_duration = 60
    try:
        await open_channel("127.0.0.1", port, suite, keys.public_key)
    except ChannelError as error:
        seen.append(error.reason)

listener = socket.create_server(("127.0.0.1", 0))
thread = threading.Thread(target=says_something_else, args=(listener,))
thread.start()
asyncio.run(main(listener.getsockname()[1]))
thread.join()
print(*sorted(seen))
"""


def run(program: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", *options, "-c", program],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("options", [(), ("-O",)], ids=["plain", "optimized"])
def test_a_program_of_everything_leaves_nothing_on_its_error_stream(options: tuple[str, ...]) -> None:
    done = run(CONVERSATION, *options, PYTHONASYNCIODEBUG="1")
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["b'x'", "the connection was lost", "reset"]
    assert done.returncode == 0


def test_a_program_that_ends_right_after_a_failure_leaves_no_socket_open() -> None:
    done = run(FAILS_AT_ONCE)
    assert (done.stdout, done.stderr) == ("malformed reset\n", "")


SERVES = """
import asyncio, signal
from framework import serve
from tests.support.channels import etm_suite

suite = etm_suite()

async def echo(stream):
    async for message in stream:
        await stream.send(message)

async def main():
    asyncio.get_running_loop().slow_callback_duration = 60  # the machine may be busy
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with await serve(echo, "127.0.0.1", 0, suite, suite.key_exchange.generate_key_pair()) as server:
        print(server.address[1], flush=True)
        await stop.wait()

asyncio.run(main())
"""


def test_a_server_ends_when_it_is_told_to() -> None:
    arguments = [sys.executable, "-W", "error", "-X", "dev", "-c", SERVES]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
