"""The two directions of the record layer: a writer and a reader (PROTOCOL §6)."""

from framework.events import FailureReason
from framework.fault import Fault
from framework.frame import HEADER_SIZE, FrameType, encode_header
from framework.record.codec import ContentType, Inner, encode_inner, padded_size, parse_inner
from framework.record.epoch import EpochKeys
from framework.record.protection import Opener, Sealer, opener, sealer
from framework.secret import Secret
from framework.suite import Suite


def check_time(timestamp: int, *, last: int, now: int, skew: int) -> None:
    """Raise Fault unless the timestamp is within the skew of `now` and not older than `last` (PROTOCOL §6.6)."""
    if abs(timestamp - now) > skew:
        raise Fault(FailureReason.CLOCK, f"a timestamp {timestamp - now} ms away from our clock")
    if timestamp < last:
        raise Fault(FailureReason.CLOCK, "a timestamp older than the one before it")


class RecordWriter:
    """Seals the records of one direction and rekeys when an epoch is full."""

    def __init__(self, suite: Suite, secret: Secret, last_timestamp: int) -> None:
        self._suite = suite
        self._epoch: EpochKeys[Sealer] = EpochKeys(suite, secret, sealer)
        self._last_timestamp = last_timestamp

    def write(self, content_type: ContentType, data: bytes, now: int) -> bytes:
        """Give the frame, behind a key_update's frame if one is due. `now` in Unix milliseconds."""
        size = padded_size(len(data), self._suite.limits.pad_quantum)
        key_update = b""
        if not self._epoch.has_room(self._suite.record_cost(size)):
            key_update = self._seal(Inner(ContentType.KEY_UPDATE, self._timestamp(now), b""))
            self._epoch.step()
        return key_update + self._seal(Inner(content_type, self._timestamp(now), data))

    def wipe(self) -> None:
        """Erase the keys."""
        self._epoch.wipe()

    def _timestamp(self, now: int) -> int:
        # Never older than the one before it, whatever clock the caller has.
        self._last_timestamp = max(self._last_timestamp, now)
        return self._last_timestamp

    def _seal(self, inner: Inner) -> bytes:
        plaintext = encode_inner(inner, self._suite.limits.pad_quantum)
        header = encode_header(FrameType.RECORD, len(plaintext) + self._suite.tag_size)
        epoch = self._epoch
        body = epoch.keys.seal(epoch.sequence, epoch.position() + header, plaintext)
        epoch.advance(self._suite.record_cost(len(plaintext)))
        return header + body


class RecordReader:
    """Verifies and opens the records of one direction, and holds the peer to the limits of an epoch."""

    def __init__(self, suite: Suite, secret: Secret, last_timestamp: int) -> None:
        self._suite = suite
        self._epoch: EpochKeys[Opener] = EpochKeys(suite, secret, opener)
        self._last_timestamp = last_timestamp

    def check_body_size(self, size: int) -> None:
        """Raise Fault for a size that no record can have, before its body is read (PROTOCOL §6.1)."""
        inner_size = size - self._suite.tag_size
        limits = self._suite.limits
        if not limits.pad_quantum <= inner_size <= limits.max_inner or inner_size % limits.pad_quantum:
            raise Fault(FailureReason.MALFORMED, "a record of a size that no record has")

    def read(self, frame: bytes, now: int) -> Inner:
        """Verify, open and check one frame. `now` in Unix milliseconds. Raises Fault; then nothing has advanced."""
        epoch, suite = self._epoch, self._suite
        header, body = frame[:HEADER_SIZE], frame[HEADER_SIZE:]
        cost = suite.record_cost(len(body) - suite.tag_size)
        if epoch.used + cost > suite.epoch_limit:
            # Before opening: the cipher must never be asked for more keystream than its limit.
            raise Fault(FailureReason.LIMIT, "an epoch longer than its limit")
        plaintext = epoch.keys.open(epoch.sequence, epoch.position() + header, body)
        inner = parse_inner(plaintext, suite.limits.pad_quantum)
        check_time(inner.timestamp, last=self._last_timestamp, now=now, skew=suite.limits.skew_ms)
        if inner.content_type is ContentType.KEY_UPDATE:
            if epoch.has_room(suite.record_cost(suite.limits.max_inner)):
                raise Fault(FailureReason.LIMIT, "a key_update before one was due")
            epoch.step()
        elif epoch.has_room(cost):
            epoch.advance(cost)
        else:
            raise Fault(FailureReason.LIMIT, "an epoch without room for its key_update")
        self._last_timestamp = inner.timestamp
        return inner

    def wipe(self) -> None:
        """Erase the keys."""
        self._epoch.wipe()
