"""A whole session on tape: the bytes that each side got, and a fresh channel to play them to again.

Both sides draw their randomness from a seed, so that a fresh channel of the same seed accepts the same bytes: a test
may then alter them anywhere, in the handshake too, and see what becomes of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import shake_256
from itertools import count

from framework import Channel, RandomBytes, Suite
from framework.events import Event
from tests.support.channels import NOW, Pair, frames

SERVER, CLIENT = "server", "client"
ROLES = (SERVER, CLIENT)


def seeded(seed: str) -> RandomBytes:
    """Bytes that are always the same, and different at every call."""
    calls = count()
    return lambda size: shake_256(f"{seed} {next(calls)}".encode()).digest(size)


@dataclass(frozen=True)
class Tape:
    """What one side got, frame by frame, and what it was told and said."""

    role: str
    frames: tuple[bytes, ...]
    events: tuple[Event, ...]
    output: bytes
    fresh: Callable[[], Channel]
    """Makes the channel that the tape was recorded from, as it was before the first frame, its first words said."""
    steps: tuple[tuple[int, int], ...]
    """How many events there were, and how many bytes of output, after no frame, after one, after two, …"""

    @property
    def stream(self) -> bytes:
        """All frames in a row."""
        return b"".join(self.frames)

    def until(self, count: int) -> tuple[list[Event], bytes]:
        """What the first frames meant, and what was answered to them."""
        events, output = self.steps[count]
        return list(self.events[:events]), self.output[:output]


def record(suite: Suite, said: list[tuple[str, bytes]], seed: str = "tape") -> dict[str, Tape]:
    """Open a channel, let the sides say these messages in turn, let both close, and give both tapes."""
    static = suite.key_exchange.generate_key_pair(random_bytes=seeded(f"{seed} static"))

    def client() -> Channel:
        return Channel.client(suite, static.public_key, now=NOW, random_bytes=seeded(f"{seed} client"))

    def server() -> Channel:
        return Channel.server(suite, static, now=NOW, random_bytes=seeded(f"{seed} server"))

    pair, carried = Pair(client(), server()), _Carrier()
    carried.run(pair)
    for sender, payload in said:
        getattr(pair, sender).send(payload, NOW)
        carried.run(pair)
    pair.client.close(NOW)
    pair.server.close(NOW)
    carried.run(pair)
    return {
        SERVER: _tape(SERVER, carried.to_server, pair.server_events, server),
        CLIENT: _tape(CLIENT, carried.to_client, pair.client_events, client),
    }


def _tape(role: str, stream: bytes, events: list[Event], make: Callable[[], Channel]) -> Tape:
    def fresh() -> Channel:
        channel = make()
        channel.data_to_send()
        return channel

    channel, seen, output = fresh(), 0, b""
    steps, cut = [(0, 0)], frames(stream)
    for frame in cut:
        played = play(channel, frame)
        seen, output = seen + len(played.events), output + played.output
        steps.append((seen, len(output)))
    return Tape(role, tuple(cut), tuple(events), output, fresh, tuple(steps))


class _Carrier:
    """Carries bytes both ways and keeps a copy."""

    def __init__(self) -> None:
        self.to_server = self.to_client = b""

    def run(self, pair: Pair) -> None:
        while True:
            to_server, to_client = pair.client.data_to_send(), pair.server.data_to_send()
            if not to_server and not to_client:
                return
            self.to_server += to_server
            self.to_client += to_client
            if to_server:
                pair.server_events += pair.server.receive_data(to_server, NOW)
            if to_client:
                pair.client_events += pair.client.receive_data(to_client, NOW)


@dataclass
class Played:
    """What came of playing bytes to a channel."""

    events: list[Event]
    output: bytes


def play(channel: Channel, *portions: bytes) -> Played:
    """Give a channel these portions, one by one, until it has failed; and note what it says."""
    played = Played([], b"")
    for portion in portions:
        if channel.state == "FAILED":
            break
        played.events += channel.receive_data(portion, NOW)
        played.output += channel.data_to_send()
    return played
