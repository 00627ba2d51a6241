"""The two directions of the record layer: a writer and a reader (PROTOCOL §6)."""

from framework.events import FailureReason
from framework.frame import HEADER_SIZE, RECORD, encode_header
from framework.protection import Opener, Sealer
from framework.record.codec import KEY_UPDATE, ContentType, Inner, encode_inner, parse_inner
from framework.record.epoch import EpochKeys
from framework.secret import Secret
from framework.suite import Suite
from framework.violation import ProtocolViolation


def check_time(timestamp: int, *, last: int, now: int, skew: int) -> None:
    """Refuse a timestamp outside the skew of `now`, or older than `last` (PROTOCOL §6.6). Raises ProtocolViolation."""
    if abs(timestamp - now) > skew:
        raise ProtocolViolation(FailureReason.CLOCK, f"a timestamp {timestamp - now} ms away from our clock")
    if timestamp < last:
        raise ProtocolViolation(FailureReason.CLOCK, "a timestamp older than the one before it")


class RecordWriter:
    """Seals the records of one direction and rekeys when an epoch is full."""

    def __init__(self, suite: Suite, secret: Secret, last_timestamp: int) -> None:
        self._quantum = suite.limits.pad_quantum
        self._tag_size = suite.tag_size
        self._counts_bytes = suite.counts_bytes
        self._epoch: EpochKeys[Sealer] = EpochKeys(suite, secret, suite.protection.sealer)
        self._last_timestamp = last_timestamp

    def write(self, content_type: ContentType, data: bytes, now: int) -> bytes:
        """Give the frame, behind a key_update's frame if one is due. `now` in Unix milliseconds."""
        timestamp = self._last_timestamp
        if now > timestamp:  # never older than the one before it, whatever clock the caller has
            timestamp = self._last_timestamp = now
        plaintext = encode_inner(content_type, timestamp, data, self._quantum)
        epoch = self._epoch
        if epoch.used + (len(plaintext) if self._counts_bytes else 1) <= epoch.room:
            return self._seal(plaintext)
        key_update = self._seal(encode_inner(KEY_UPDATE, timestamp, b"", self._quantum))
        epoch.step()
        return key_update + self._seal(plaintext)

    def wipe(self) -> None:
        """Overwrite the traffic secret; the keys are dropped with this object (PROTOCOL §4.6)."""
        self._epoch.wipe()

    def _seal(self, plaintext: bytes) -> bytes:
        epoch, size = self._epoch, len(plaintext)
        header = encode_header(RECORD, size + self._tag_size)
        frame = header + epoch.keys.seal(epoch.sequence, epoch.position() + header, plaintext)
        epoch.advance(size if self._counts_bytes else 1)
        return frame


class RecordReader:
    """Verifies and opens the records of one direction, and holds the peer to the limits of an epoch."""

    def __init__(self, suite: Suite, secret: Secret, last_timestamp: int) -> None:
        limits = suite.limits
        self._quantum = limits.pad_quantum
        self._skew = limits.skew_ms
        self._counts_bytes = suite.counts_bytes
        self._smallest_body = limits.pad_quantum + suite.tag_size
        self._largest_body = limits.max_inner + suite.tag_size
        self._overhead = HEADER_SIZE + suite.tag_size
        self._largest_cost = suite.record_cost(limits.max_inner)
        self._epoch: EpochKeys[Opener] = EpochKeys(suite, secret, suite.protection.opener)
        self._last_timestamp = last_timestamp

    def check_body_size(self, size: int) -> None:
        """Raise ProtocolViolation for a size that no record can have, before its body is read (PROTOCOL §6.1)."""
        if not self._smallest_body <= size <= self._largest_body or (size - self._smallest_body) % self._quantum:
            raise ProtocolViolation(FailureReason.MALFORMED, "a record of a size that no record has")

    def read(self, frame: bytes, now: int) -> Inner:
        """Verify, open and check one frame. `now` in Unix milliseconds. Raises ProtocolViolation.

        A frame that does not verify advances nothing. After any other ProtocolViolation the reader is spent.
        """
        epoch = self._epoch
        cost = len(frame) - self._overhead if self._counts_bytes else 1
        after = epoch.used + cost
        if after > epoch.limit:
            # Before opening: the cipher must never be asked for more keystream than its limit.
            raise ProtocolViolation(FailureReason.LIMIT, "an epoch longer than its limit")
        ad = epoch.position() + frame[:HEADER_SIZE]
        inner = parse_inner(epoch.keys.open(epoch.sequence, ad, frame[HEADER_SIZE:]), self._quantum)
        content_type, timestamp, _ = inner
        check_time(timestamp, last=self._last_timestamp, now=now, skew=self._skew)
        if content_type is KEY_UPDATE:
            if epoch.used + self._largest_cost <= epoch.room:
                raise ProtocolViolation(FailureReason.LIMIT, "a key_update before one was due")
            epoch.step()
        elif after <= epoch.room:
            epoch.advance(cost)
        else:
            raise ProtocolViolation(FailureReason.LIMIT, "an epoch without room for its key_update")
        self._last_timestamp = timestamp
        return inner

    def wipe(self) -> None:
        """Overwrite the traffic secret; the keys are dropped with this object (PROTOCOL §4.6)."""
        self._epoch.wipe()
