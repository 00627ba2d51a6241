"""The channel without any input or output: bytes and the time go in, events and bytes come out.

    channel = Channel.client(suite, server_public_key, now=now)
    send(channel.data_to_send())
    for event in channel.receive_data(received, now): ...

Times are Unix time in whole milliseconds. The caller takes the wall clock once, at the beginning, and adds elapsed
monotonic time, so that a clock that is set in mid-session changes nothing (PROTOCOL §6.6). A channel is used by one
thread at a time, and by the process that made it alone: a forked copy would use the same keystream for other messages.
"""

import os
import secrets
from typing import Self

from framework.arguments import check_export, check_key_pair, check_time
from framework.buffers import as_bytes
from framework.errors import ChannelError, InvalidKeyError, MisuseError, PluginError, SuitecaseError
from framework.events import ChannelFailed, Event, FailureReason, HandshakeCompleted, MessageReceived, PeerClosed
from framework.fault import Fault
from framework.frame import HEADER_SIZE, FrameBuffer, FrameType
from framework.handshake.client import AwaitingM2, make_m1, read_m2
from framework.handshake.first_messages import FirstMessages
from framework.handshake.messages import body_size
from framework.handshake.parties import Completed, Context
from framework.handshake.server import AwaitingM1, AwaitingM3, ScreenedM1, answer_m1, read_m3, screen_m1
from framework.handshake.transitions import EXPECTED, TRANSITIONS, State
from framework.info import RandomBytes
from framework.kdf import expand_label
from framework.kinds.key_exchange import KeyPair
from framework.record.codec import CLOSE_NOTIFY, DATA, PREFIX_SIZE, ContentType
from framework.record.direction import RecordReader, RecordWriter
from framework.secret import Secret
from framework.suite import Suite

DEFAULT_APPLICATION = "suitecase"
DEFAULT_SERVER_NAME = "server"


class _Records:
    """What the handshake is consumed into: both directions and the exporter secret."""

    def __init__(self, suite: Suite, completed: Completed, *, is_client: bool) -> None:
        ours, theirs = completed.secrets.server_to_client, completed.secrets.client_to_server
        our_time, their_time = completed.server_timestamp, completed.client_timestamp
        if is_client:
            ours, theirs, our_time, their_time = theirs, ours, their_time, our_time
        self.writer = RecordWriter(suite, ours, our_time)
        self.reader = RecordReader(suite, theirs, their_time)
        self.exporter: Secret = completed.secrets.exporter

    def wipe(self) -> None:
        self.writer.wipe()
        self.reader.wipe()
        self.exporter.wipe()


class Channel:
    """One side of a channel, from the first message to the last. Made by `client` or `server`."""

    def __init__(
        self, suite: Suite, state: State, handshake: AwaitingM1 | AwaitingM2, outgoing: bytes, now: int
    ) -> None:
        self._suite = suite
        self._state = state
        self._handshake: AwaitingM1 | ScreenedM1 | AwaitingM2 | AwaitingM3 | None = handshake
        self._records: _Records | None = None
        self._incoming = FrameBuffer()
        self._outgoing = [outgoing]
        self._failure: ChannelFailed | None = None
        self._closed = False
        self._now = now
        self._owner = os.getpid()
        self._max_message_size = suite.limits.max_inner - PREFIX_SIZE

    @classmethod
    def client(
        cls,
        suite: Suite,
        server_public_key: bytes,
        *,
        now: int,
        ephemeral: KeyPair | None = None,
        application: str = DEFAULT_APPLICATION,
        server_name: str = DEFAULT_SERVER_NAME,
        random_bytes: RandomBytes = secrets.token_bytes,
    ) -> Self:
        """Begin a channel as the client; M1 waits in `data_to_send`.

        `ephemeral` is a fresh key pair of the suite's key exchange, made ahead because it is costly; it must not be
        used twice. Without it one is made here. Raises InvalidKeyError for a server key that may not be used,
        MisuseError for a key pair of another key exchange, and PluginError.
        """
        check_time(now)
        server_public_key = as_bytes(server_public_key, "the public key of the server")
        suite.key_exchange.check_public_key(server_public_key, pinned=True)
        if ephemeral is None:
            ephemeral = suite.key_exchange.generate_key_pair(random_bytes=random_bytes)
        check_key_pair(suite, ephemeral)
        context = Context(suite, server_public_key, application, server_name, random_bytes)
        m1, handshake = make_m1(context, ephemeral, now)
        return cls(suite, State.EXPECT_M2, handshake, m1, now)

    @classmethod
    def server(
        cls,
        suite: Suite,
        key_pair: KeyPair,
        *,
        now: int,
        application: str = DEFAULT_APPLICATION,
        server_name: str = DEFAULT_SERVER_NAME,
        random_bytes: RandomBytes = secrets.token_bytes,
        first_messages: FirstMessages | None = None,
    ) -> Self:
        """Await a channel as the server with this static key pair, which belongs to this suite alone.

        With `first_messages`, which all channels of this key share, a first message that came to one of them before is
        refused before it costs a decapsulation (PROTOCOL §4.8).

        Raises MisuseError for a key pair of another key exchange.
        """
        check_time(now)
        check_key_pair(suite, key_pair)
        context = Context(suite, key_pair.public_key, application, server_name, random_bytes)
        return cls(suite, State.EXPECT_M1, AwaitingM1(context, key_pair, first_messages), b"", now)

    def __repr__(self) -> str:
        return f"<Channel {self._suite.name} {self._state}>"

    @property
    def suite(self) -> Suite:
        """The suite of this channel."""
        return self._suite

    @property
    def state(self) -> State:
        """Where this side stands (PROTOCOL §7)."""
        return self._state

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._records is not None and not self._closed and self._failure is None

    @property
    def is_closed(self) -> bool:
        """Whether this side has said close_notify."""
        return self._closed

    @property
    def max_message_size(self) -> int:
        """Bytes that one message carries at most."""
        return self._max_message_size

    def is_costly(self, size: int) -> bool:
        """Whether `size` more bytes may complete a handshake message, which takes milliseconds to process."""
        if self._records is not None or self._failure is not None:
            return False
        if isinstance(self._handshake, ScreenedM1):
            return True
        return len(self._incoming) + size >= HEADER_SIZE + body_size(self._suite, EXPECTED[self._state])

    def screen(self, data: bytes, now: int) -> list[Event]:
        """Take bytes of the handshake without the costly work on them, for which `is_costly(0)` then asks.

        `receive_data`, without more bytes, does that work later. Of a first message, what is cheap is looked at here
        (PROTOCOL §4.8), so that noise, and what came before, waits for no turn. Raises as `receive_data`.
        """
        self._begin_call(now)
        self._incoming.append(as_bytes(data, "what the network gives"))
        if self._state is not State.EXPECT_M1:
            return []
        try:
            if isinstance(self._handshake, AwaitingM1) and (frame := self._incoming.take(self._check_header)):
                header, body = frame[:HEADER_SIZE], frame[HEADER_SIZE:]
                self._handshake = screen_m1(self._handshake, header, body, now)
            if isinstance(self._handshake, ScreenedM1) and self._incoming:
                raise Fault(FailureReason.MALFORMED, "bytes behind a first message that is not answered yet")
        except Fault as fault:
            return [self._fail(fault.reason, fault.detail)]
        return []

    def receive_data(self, data: bytes, now: int) -> list[Event]:
        """Take bytes from the network, in any portions, and give what they mean.

        A fault of the peer's is the event ChannelFailed, the last of all. Raises ChannelError if the channel has
        failed before, and MisuseError, with nothing lost, for what is no bytes or no time.
        """
        self._begin_call(now)
        if type(data) is not bytes:
            data = as_bytes(data, "what the network gives")
        if self._state is State.PEER_CLOSED:
            return []
        self._incoming.append(data)
        events: list[Event] = []
        try:
            if isinstance(self._handshake, ScreenedM1):
                self._answer(self._handshake)
            while (frame := self._incoming.take(self._check_header)) is not None:
                event = self._accept(frame) if self._records is None else self._read(self._records, frame)
                if event is not None:
                    events.append(event)
        except Fault as fault:
            events.append(self._fail(fault.reason, fault.detail))
        except (PluginError, InvalidKeyError) as error:
            detail = str(error) if isinstance(error, PluginError) else "a key was refused"
            events.append(self._fail(FailureReason.PLUGIN, detail))
        except BaseException as error:
            # Interrupted half-way, nobody can say what has advanced and what has not.
            self._fail(FailureReason.INTERNAL, f"interrupted by {type(error).__name__}")
            raise
        return events

    def receive_eof(self) -> list[Event]:
        """Take the end of the stream: a failure unless the peer had said close_notify (PROTOCOL §6.7)."""
        if self._state in (State.PEER_CLOSED, State.FAILED):
            return []
        return [self._fail(FailureReason.TRUNCATED, "the stream ended before close_notify")]

    def send(self, payload: bytes, now: int) -> None:
        """Seal one message of at most `max_message_size` bytes; it then waits in `data_to_send`.

        Raises MisuseError before the handshake, after `close`, in a forked process, and for a message that is too long
        or no bytes; nothing is lost then. Raises ChannelError if the channel has failed.
        """
        self._begin_call(now)
        if type(payload) is not bytes:
            payload = as_bytes(payload, "a message")
        if self._records is None or self._closed:
            raise MisuseError("a message can be sent only between the end of the handshake and close()")
        if len(payload) > self._max_message_size:
            raise MisuseError(f"a message has at most {self._max_message_size} bytes, this one {len(payload)}")
        self._write(self._records, DATA, payload)

    def close(self, now: int | None = None) -> None:
        """Say close_notify; nothing can be sent afterwards. Without `now`, at the time of the last call.

        During the handshake it is said as soon as that is over. Harmless if repeated, and on a failed channel. Raises
        MisuseError for a wrong `now`, and ChannelError if the channel fails over it.
        """
        if self._closed or self._failure is not None:
            return
        self._begin_call(self._now if now is None else now)
        if self._records is not None:
            self._write(self._records, CLOSE_NOTIFY, b"")
        self._closed = True

    def fail(self, reason: FailureReason, detail: str = "") -> ChannelFailed:
        """Fail from outside, for what only the caller sees: a time-out, a connection that is lost."""
        if self._failure is not None:
            reason, detail = self._failure.reason, self._failure.detail
        return self._fail(reason, detail)

    def data_to_send(self) -> bytes:
        """Take the bytes that are due to the network. After a failure there are none."""
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        return data

    def export(self, label: str, context: bytes, length: int) -> bytes:
        """Derive `length` bytes that both sides share and nobody else knows (PROTOCOL §4.6).

        The label is ASCII of at most 244 bytes, the context at most 255 bytes, `length` from 1 to 8,160 bytes. Raises
        MisuseError for others, and before the end of the handshake or after a failure.
        """
        if self._records is None or self._failure is not None:
            raise MisuseError("a secret can be exported only from an open channel")
        check_export(label, context, length)
        return expand_label(self._records.exporter.expose(), label, context, length)

    def _begin_call(self, now: int) -> None:
        if self._failure is not None:
            raise ChannelError("the channel has failed", self._failure.reason)
        if os.getpid() != self._owner:
            raise MisuseError("a channel belongs to the process that made it, and this is another: open a new one")
        check_time(now)
        self._now = now

    def _check_header(self, frame_type: FrameType, size: int) -> None:
        """Refuse a frame that the state does not expect, or of a size that it cannot have (PROTOCOL §4.1)."""
        if frame_type is not EXPECTED.get(self._state):
            raise Fault(FailureReason.MALFORMED, f"a frame {frame_type.name} in the state {self._state}")
        if self._records is not None:
            self._records.reader.check_body_size(size)
        elif size != body_size(self._suite, frame_type):
            raise Fault(FailureReason.MALFORMED, "a handshake message of the wrong size")

    def _accept(self, frame: bytes) -> Event | None:
        """Process a message of the handshake, and move to the state that the table names."""
        header, body = frame[:HEADER_SIZE], frame[HEADER_SIZE:]
        if isinstance(self._handshake, AwaitingM1):
            self._answer(screen_m1(self._handshake, header, body, self._now))
        elif isinstance(self._handshake, AwaitingM2):
            m3, completed = read_m2(self._handshake, header, body, self._now)
            self._outgoing.append(m3)
            self._complete(completed, is_client=True)
        elif isinstance(self._handshake, AwaitingM3):
            self._complete(read_m3(self._handshake, body, self._now), is_client=False)
        return HandshakeCompleted() if self._handshake is None else None

    def _answer(self, screened: ScreenedM1) -> None:
        m2, self._handshake = answer_m1(screened, self._now)
        self._outgoing.append(m2)
        self._advance()

    def _advance(self) -> None:
        """Move to the state that the table names for the frame that was expected."""
        self._state = TRANSITIONS[self._state, EXPECTED[self._state]]

    def _read(self, records: _Records, frame: bytes) -> Event | None:
        """Open a record; what it means to the application, which is nothing for a key_update."""
        content_type, _, data = records.reader.read(frame, self._now)
        if content_type is DATA:
            return MessageReceived(data)
        if content_type is CLOSE_NOTIFY:
            self._state = State.PEER_CLOSED
            self._incoming.clear()
            return PeerClosed()
        return None

    def _complete(self, completed: Completed, *, is_client: bool) -> None:
        self._records = records = _Records(self._suite, completed, is_client=is_client)
        self._handshake = None
        self._advance()
        if self._closed:
            self._outgoing.append(records.writer.write(CLOSE_NOTIFY, b"", self._now))

    def _write(self, records: _Records, content_type: ContentType, data: bytes) -> None:
        try:
            self._outgoing.append(records.writer.write(content_type, data, self._now))
        except (SuitecaseError, Fault) as error:
            # A writer that failed half-way cannot be trusted with another record.
            reason = error.reason if isinstance(error, Fault) else FailureReason.PLUGIN
            self._fail(reason, str(error))
            raise ChannelError("the channel failed while sending", reason) from None
        except BaseException as error:
            self._fail(FailureReason.INTERNAL, f"interrupted by {type(error).__name__}")
            raise

    def _fail(self, reason: FailureReason, detail: str) -> ChannelFailed:
        """The one failure path (PROTOCOL §8.1): drop the keys, throw away, latch."""
        for holder in (self._records, self._handshake):
            if holder is not None:
                holder.wipe()
        self._records = None
        self._handshake = None
        self._incoming.clear()
        self._outgoing.clear()
        self._state = State.FAILED
        self._failure = ChannelFailed(reason, detail)
        return self._failure
