"""The machine of a channel: frames go in, frames and events come out, and one state says what may come next.

It consists of a state out of `framework.transitions` and of a `Handshake`, which walks the pattern of the suite and is
then consumed into `Records`. A frame is checked by its header against the state, cut out of what has arrived, and given
to the one or to the other. What the table names for it is the next state; an own close is an input like a frame.
Whatever else happens raises ProtocolViolation, and `framework.channel` fails the channel over it.
"""

from framework.events import Event, FailureReason, HandshakeCompleted, MessageReceived, PeerClosed
from framework.frame import HEADER_SIZE, FrameBuffer, FrameType
from framework.handshake.steps import Handshake
from framework.record.codec import CLOSE_NOTIFY, DATA, ContentType
from framework.suite import Suite
from framework.traffic import Records
from framework.transitions import (
    AWAITING_M1,
    EXPECTED,
    NOT_READING,
    SAID_CLOSE,
    SENDING,
    START,
    TRANSITIONS,
    Input,
    State,
)
from framework.violation import ProtocolViolation


class Machine:
    """One side of a channel, without the checks of what its caller gives and without the failure path."""

    def __init__(self, suite: Suite, state: State, handshake: Handshake, outgoing: bytes) -> None:
        self._suite = suite
        self._state = state
        self._is_client = state is START["client"]
        self._failed_in: State | None = None
        self._handshake: Handshake | None = handshake
        self._records: Records | None = None
        self._held = b""  # a message of the handshake that is screened, and waits for the costly work on it
        self._incoming = FrameBuffer()
        self._outgoing = [outgoing]

    @property
    def state(self) -> State:
        """Where this side stands (PROTOCOL §7)."""
        return self._state

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._state in SENDING

    @property
    def is_closed(self) -> bool:
        """Whether this side has closed, whatever came after it."""
        return (self._failed_in or self._state) in SAID_CLOSE

    def is_costly(self, size: int) -> bool:
        """Whether `size` more bytes may complete a handshake message, which takes milliseconds to process."""
        if self._handshake is None:
            return False
        return bool(self._held) or len(self._incoming) + size >= HEADER_SIZE + self._suite.body_size(self._expected())

    def _screen(self, data: bytes, now: int) -> None:
        """Take bytes of the handshake; of each message, do what is cheap (PROTOCOL §4.8)."""
        self._incoming.append(data)
        if self._handshake is None:
            return
        if not self._held and (frame := self._incoming.take(self._check_header)):
            self._handshake.screen(frame, now)
            self._held = frame
        if self._held and self._incoming and self._state in AWAITING_M1:
            raise ProtocolViolation(FailureReason.MALFORMED, "bytes behind a first message that is not answered yet")

    def _receive(self, data: bytes, now: int, events: list[Event]) -> None:
        """Take bytes, and add what they mean to the events."""
        if self._state in NOT_READING:
            return
        self._incoming.append(data)
        if self._held:
            held, self._held = self._held, b""
            self._shake_hands(held, now, events)
        while (frame := self._incoming.take(self._check_header)) is not None:
            if self._records is None:
                self._shake_hands(frame, now, events)
            elif (event := self._read(self._records, frame, now)) is not None:
                events.append(event)

    def _end_of_stream(self) -> None:
        """Take the end of the stream: none but a peer that has said close_notify may send it (PROTOCOL §6.7)."""
        if (self._state, Input.END) not in TRANSITIONS:
            raise ProtocolViolation(FailureReason.TRUNCATED, "the stream ended before close_notify")

    def _write(self, content_type: ContentType, data: bytes, now: int) -> None:
        """Seal one record. Without keys there is nothing to seal with yet."""
        if self._records is not None:
            self._outgoing.append(self._records.writer.write(content_type, data, now))

    def _close(self, now: int) -> None:
        """Say close_notify, or say it when the handshake is over."""
        self._write(CLOSE_NOTIFY, b"", now)
        self._advance(Input.CLOSE)

    def data_to_send(self) -> bytes:
        """Take the bytes that are due to the network. After a failure there are none."""
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        return data

    def _drop(self) -> None:
        """Drop the keys, throw away what waits, and stay failed (PROTOCOL §8.1)."""
        for holder in (self._records, self._handshake):
            if holder is not None:
                holder.wipe()
        self._records = None
        self._handshake = None
        self._held = b""
        self._incoming.clear()
        self._outgoing.clear()
        self._failed_in = self._failed_in or self._state
        self._state = State.FAILED

    def _advance(self, entered: Input) -> None:
        """Move to the state that the table names."""
        self._state = TRANSITIONS[self._state, entered]

    def _expected(self) -> FrameType:
        return EXPECTED[self._state]

    def _check_header(self, frame_type: FrameType, size: int) -> None:
        """Refuse a frame that the state does not expect, or of a size that it cannot have (PROTOCOL §4.1)."""
        if frame_type is not EXPECTED.get(self._state):
            raise ProtocolViolation(FailureReason.MALFORMED, f"a frame {frame_type.name} in the state {self._state}")
        if self._records is not None:
            self._records.reader.check_body_size(size)
        elif size != self._suite.body_size(frame_type):
            raise ProtocolViolation(FailureReason.MALFORMED, "a handshake message of the wrong size")

    def _shake_hands(self, frame: bytes, now: int, events: list[Event]) -> None:
        """Read a message of the handshake and answer it, if there is an answer; end with the last of the two."""
        handshake, received = self._handshake, Input[self._expected().name]
        if handshake is None:
            return
        handshake.read(frame, now)
        if not handshake.is_over:
            self._outgoing.append(handshake.write(now))
        if handshake.is_over:
            self._records = Records(self._suite, handshake.complete(), is_client=self._is_client)
            self._handshake = None
        self._advance(received)
        if self._state in SAID_CLOSE:
            self._write(CLOSE_NOTIFY, b"", now)
        if self._records is not None:
            events.append(HandshakeCompleted())

    def _read(self, records: Records, frame: bytes, now: int) -> Event | None:
        """Open a record; what it means to the application, which is nothing for a key_update."""
        content_type, _, data = records.reader.read(frame, now)
        if content_type is DATA:
            return MessageReceived(data)
        if content_type is CLOSE_NOTIFY:
            self._advance(Input.CLOSE_NOTIFY)
            self._incoming.clear()
            return PeerClosed()
        return None
