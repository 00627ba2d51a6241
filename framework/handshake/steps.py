"""The steps of a handshake: one writer and one reader, which walk the messages of a pattern (PROTOCOL §4)."""

import hmac
from dataclasses import dataclass

from framework.events import FailureReason
from framework.frame import HEADER_SIZE
from framework.handshake.context import Context
from framework.handshake.first_messages import FirstMessages
from framework.handshake.key_schedule import TrafficSecrets, mac1
from framework.handshake.keys import Keys
from framework.handshake.payload import encode_payload, parse_payload
from framework.handshake.symmetric_state import SymmetricState
from framework.pattern import MAC1_SIZE, Message, Part
from framework.record.direction import check_time
from framework.violation import ProtocolViolation


@dataclass(frozen=True, repr=False)
class Completed:
    """What a side takes from the handshake: the secrets, and the last timestamp of each direction."""

    secrets: TrafficSecrets
    own_timestamp: int
    peer_timestamp: int


class Handshake:
    """One side of a handshake. It holds secrets, and shows none."""

    def __init__(self, keys: Keys, first_messages: FirstMessages | None = None) -> None:
        self._context: Context = keys.context
        self._keys = keys
        self._first_messages = first_messages
        self._begun: SymmetricState | None = None
        self._messages = iter(self._context.suite.pattern.messages)
        self._next: Message | None = next(self._messages)
        self._screened = False
        self._own_timestamp = self._peer_timestamp = 0

    @property
    def _symmetric(self) -> SymmetricState:
        """Begun when it is needed: a first message that is refused costs no hash (PROTOCOL §4.8)."""
        if self._begun is None:
            self._begun = SymmetricState(self._context.suite.protection, self._context.initial_hash())
        return self._begun

    @property
    def is_over(self) -> bool:
        """Whether no message is left."""
        return self._next is None

    def write(self, now: int) -> bytes:
        """Give the frame of the next message. Raises InvalidKeyError and ProtocolViolation, see `Keys.make`."""
        message = self._take_turn()
        header = self._context.header(message.frame_type)
        self._own_timestamp = max(now, self._own_timestamp)
        parts = [self._write_part(part, header) for part in message.parts]
        filtered = [mac1(self._context.server_public_key, header, *parts)] if message.filtered else []
        return b"".join([header, *filtered, *parts])

    def _write_part(self, part: Part, header: bytes) -> bytes:
        made = [self._keys.make(token) for token in part.tokens]
        data = b"".join(value for value, _ in made)
        if part.label:
            data = self._symmetric.seal(part.label, data + encode_payload(self._own_timestamp, part.payload))
        else:
            self._symmetric.mix_hash(header, data)
        self._mix_keys([secret for _, secret in made])
        return data

    def screen(self, frame: bytes, now: int) -> None:
        """Look at what costs microseconds: mac1, and whether this message came before (PROTOCOL §4.8).

        Raises ProtocolViolation.
        """
        if self._next is None or not self._next.filtered or self._screened:
            return
        header, given, parts = frame[:HEADER_SIZE], frame[HEADER_SIZE:][:MAC1_SIZE], frame[HEADER_SIZE + MAC1_SIZE :]
        if not hmac.compare_digest(mac1(self._context.server_public_key, header, parts), given):
            raise ProtocolViolation(FailureReason.AUTHENTICATION, "a first message that is not for this key")
        if self._first_messages is not None and not self._first_messages.is_new(given, now):
            raise ProtocolViolation(FailureReason.AUTHENTICATION, "a first message that came before")
        self._screened = True

    def read(self, frame: bytes, now: int) -> None:
        """Take the next message, whose size has been checked. Raises ProtocolViolation: then nothing is proved.

        The order of the work is PROTOCOL §4.8.
        """
        self.screen(frame, now)
        message = self._take_turn()
        header, at = frame[:HEADER_SIZE], HEADER_SIZE + MAC1_SIZE * message.filtered
        suite = self._context.suite
        for part in message.parts:
            size = sum(part.field_sizes(suite.key_exchange, suite.tag_size))
            self._read_part(part, header, frame[at : at + size], now)
            at += size

    def _read_part(self, part: Part, header: bytes, data: bytes, now: int) -> None:
        if part.label:
            data = self._symmetric.open(part.label, data)
            timestamp = parse_payload(data[len(data) - part.payload :])
            check_time(timestamp, last=self._peer_timestamp, now=now, skew=self._context.suite.limits.skew_ms)
            self._peer_timestamp = timestamp
        else:
            self._symmetric.mix_hash(header, data)
        secrets, at = [], 0
        for token in part.tokens:
            size = token.size(self._context.suite.key_exchange)
            secrets.append(self._keys.take(token, data[at : at + size]))
            at += size
        self._mix_keys(secrets)

    def complete(self) -> Completed:
        """Give what the handshake yields, when it is over, and forget the rest."""
        completed = Completed(self._symmetric.traffic_secrets(), self._own_timestamp, self._peer_timestamp)
        self.wipe()
        self._keys = Keys(self._context)  # without the ephemeral private key
        return completed

    def wipe(self) -> None:
        """Overwrite the chaining key; the ephemeral key is dropped with this object (PROTOCOL §4.6)."""
        if self._begun is not None:
            self._begun.wipe()

    def _mix_keys(self, secrets: list[bytes | None]) -> None:
        for secret in secrets:
            if secret is not None:
                self._symmetric.mix_key(secret)

    def _take_turn(self) -> Message:
        if self._next is None:
            raise TypeError("the handshake is over")
        message, self._next = self._next, next(self._messages, None)
        return message
