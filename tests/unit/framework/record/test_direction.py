"""Writer and reader: time, sizes, limits of an epoch, key_update (PROTOCOL §6)."""

import pytest

from framework import Suite
from framework.events import FailureReason
from framework.frame import HEADER_SIZE, FrameType, encode_header, parse_header
from framework.limits import MAX_EPOCH, Limits
from framework.record.codec import ContentType, Inner, encode_inner
from framework.record.direction import RecordReader, RecordWriter, check_time
from framework.secret import Secret
from framework.violation import ProtocolViolation
from tests.support.channels import NOW, TIGHT, TIGHT_AEAD, aead_suite, etm_suite, flip, frames

TS = bytes(range(32))
SUITES = [etm_suite(limits=TIGHT), aead_suite(limits=TIGHT_AEAD)]
both = pytest.mark.parametrize("suite", SUITES, ids=["etm", "aead"])


def writer(suite: Suite, last: int = NOW) -> RecordWriter:
    return RecordWriter(suite, Secret(TS), last)


def reader(suite: Suite, last: int = NOW) -> RecordReader:
    return RecordReader(suite, Secret(TS), last)


def read(target: RecordReader, frame: bytes, now: int = NOW) -> Inner:
    return target.read(frame, now)


def seal(target: RecordWriter, inner: Inner) -> bytes:
    """A record that an honest writer might not write here."""
    return target._seal(encode_inner(*inner, 32))


def refused(target: RecordReader, frame: bytes, reason: FailureReason, now: int = NOW) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        read(target, frame, now)
    assert caught.value.reason is reason


@both
def test_what_is_written_is_read(suite: Suite) -> None:
    sending, receiving = writer(suite), reader(suite)
    said = [(ContentType.DATA, b"one"), (ContentType.DATA, b""), (ContentType.CLOSE_NOTIFY, b"")]
    for content_type, data in said:
        frame = sending.write(content_type, data, NOW)
        assert parse_header(frame) == (FrameType.RECORD, len(frame) - HEADER_SIZE)
        receiving.check_body_size(len(frame) - HEADER_SIZE)
        assert read(receiving, frame) == Inner(content_type, NOW, data)


# --- time ---


@pytest.mark.parametrize("offset", [-30_000, -1, 0, 1, 30_000])
def test_a_time_within_the_skew_is_accepted(offset: int) -> None:
    check_time(NOW + offset, last=0, now=NOW, skew=30_000)


@pytest.mark.parametrize("offset", [-30_001, 30_001, -NOW, 2**63])
def test_a_time_outside_the_skew_is_refused(offset: int) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        check_time(NOW + offset, last=0, now=NOW, skew=30_000)
    assert caught.value.reason is FailureReason.CLOCK


def test_a_time_may_stand_still_and_may_not_go_back() -> None:
    check_time(NOW, last=NOW, now=NOW, skew=30_000)
    with pytest.raises(ProtocolViolation) as caught:
        check_time(NOW, last=NOW + 1, now=NOW, skew=30_000)
    assert caught.value.reason is FailureReason.CLOCK


@both
def test_a_writer_never_goes_back_in_time(suite: Suite) -> None:
    sending, receiving = writer(suite), reader(suite)
    times = [NOW + 5, NOW - 1000, NOW + 3, NOW + 9, NOW]
    read_times = [read(receiving, sending.write(ContentType.CLOSE_NOTIFY, b"", now)).timestamp for now in times[:2]]
    assert read_times == [NOW + 5, NOW + 5]
    receiving, sending = reader(suite), writer(suite, NOW + 7)
    assert read(receiving, sending.write(ContentType.DATA, b"", NOW)).timestamp == NOW + 7


@both
def test_a_reader_begins_with_the_time_of_the_handshake(suite: Suite) -> None:
    refused(reader(suite, NOW + 1), writer(suite, NOW).write(ContentType.DATA, b"", NOW), FailureReason.CLOCK)


@both
def test_a_record_that_is_older_than_the_one_before_it_is_refused(suite: Suite) -> None:
    for age, accepted in ((0, True), (1, False)):
        sending, receiving = writer(suite), reader(suite)
        read(receiving, seal(sending, Inner(ContentType.DATA, NOW + 10, b"")))
        following = seal(sending, Inner(ContentType.DATA, NOW + 10 - age, b""))
        if accepted:
            read(receiving, following)
        else:
            refused(receiving, following, FailureReason.CLOCK)


@both
def test_a_record_that_was_held_back_within_the_skew_arrives_and_beyond_it_does_not(suite: Suite) -> None:
    for delay, arrives in ((30_000, True), (30_001, False)):
        frame = writer(suite).write(ContentType.DATA, b"late", NOW)
        if arrives:
            assert read(reader(suite), frame, NOW + delay).data == b"late"
        else:
            refused(reader(suite), frame, FailureReason.CLOCK, NOW + delay)


# --- sizes ---


@both
def test_the_sizes_that_a_record_can_have(suite: Suite) -> None:
    possible = {inner + suite.tag_size for inner in range(32, 513, 32)}
    receiving = reader(suite)
    for size in [*range(700), 2**16, 2**31, 2**32 - 1]:
        if size in possible:
            receiving.check_body_size(size)
        else:
            with pytest.raises(ProtocolViolation) as caught:
                receiving.check_body_size(size)
            assert caught.value.reason is FailureReason.MALFORMED


# --- what is malformed behind a right tag fails like a wrong one ---


@pytest.mark.parametrize(
    "plaintext",
    [
        pytest.param(bytes(32), id="content type 0"),
        pytest.param(b"\x01" + NOW.to_bytes(8) + bytes(3) + b"\x14" + bytes(19), id="length beyond the end"),
        pytest.param(b"\x01" + NOW.to_bytes(8) + bytes(4) + b"\x01" + bytes(18), id="padding not zero"),
        pytest.param(b"\x01" + NOW.to_bytes(8) + bytes(4) + bytes(51), id="padding too long"),
        pytest.param(b"\x02" + NOW.to_bytes(8) + bytes(3) + b"\x01" + bytes(19), id="close_notify with data"),
    ],
)
@both
def test_a_genuine_record_that_is_malformed_is_refused(suite: Suite, plaintext: bytes) -> None:
    refused(reader(suite), writer(suite)._seal(plaintext), FailureReason.MALFORMED)


@both
def test_nothing_advances_on_a_record_that_is_refused(suite: Suite) -> None:
    sending, receiving = writer(suite), reader(suite)
    frame = sending.write(ContentType.DATA, b"x", NOW)
    before = (receiving._epoch.epoch, receiving._epoch.sequence, receiving._epoch.used, receiving._last_timestamp)
    for wrong in (flip(frame, 64), flip(frame, len(frame) * 8 - 1), flip(frame, 63)):
        refused(receiving, wrong, FailureReason.AUTHENTICATION)
    epoch = receiving._epoch
    assert (epoch.epoch, epoch.sequence, epoch.used, receiving._last_timestamp) == before
    assert read(receiving, frame).data == b"x", "the forgeries have used up nothing"


# --- the limit of an epoch ---


def test_an_epoch_in_bytes_is_used_up_exactly() -> None:
    """1,024 bytes: 992 of data and a key_update of 32; one byte more of data begins the next epoch."""
    suite = etm_suite(limits=TIGHT)
    sending, receiving = writer(suite), reader(suite)
    wire = sending.write(ContentType.DATA, bytes(512 - 13), NOW) + sending.write(ContentType.DATA, bytes(480 - 13), NOW)
    assert sending._epoch.used == 992
    following = frames(sending.write(ContentType.DATA, b"", NOW))
    assert len(following) == 2
    assert sending._epoch.epoch == 1
    kinds = [read(receiving, frame).content_type for frame in frames(wire) + following]
    assert kinds == [ContentType.DATA, ContentType.DATA, ContentType.KEY_UPDATE, ContentType.DATA]
    assert (receiving._epoch.epoch, receiving._epoch.sequence, receiving._epoch.used) == (1, 1, 32)


def test_an_epoch_in_records_is_used_up_exactly() -> None:
    suite = aead_suite(limits=TIGHT_AEAD)
    sending = writer(suite)
    counts = [len(frames(sending.write(ContentType.DATA, b"x", NOW))) for _ in range(7)]
    assert counts == [1, 1, 1, 2, 1, 1, 2]
    assert sending._epoch.epoch == 2


def test_a_close_notify_waits_for_a_key_update_too() -> None:
    suite = aead_suite(limits=TIGHT_AEAD)
    sending = writer(suite)
    for _ in range(3):
        sending.write(ContentType.DATA, b"x", NOW)
    assert len(frames(sending.write(ContentType.CLOSE_NOTIFY, b"", NOW))) == 2


def full(suite: Suite) -> tuple[RecordWriter, RecordReader]:
    """Both ends of an epoch that has room for its key_update and for nothing else."""
    sending, receiving = writer(suite), reader(suite)
    for size in (499, 467) if suite is SUITES[0] else (1, 1, 1):
        read(receiving, seal(sending, Inner(ContentType.DATA, NOW, bytes(size))))
    return sending, receiving


@both
def test_a_record_in_place_of_the_key_update_that_is_due_is_refused(suite: Suite) -> None:
    sending, receiving = full(suite)
    refused(receiving, seal(sending, Inner(ContentType.DATA, NOW, b"x")), FailureReason.LIMIT)
    sending, receiving = full(suite)
    assert read(receiving, seal(sending, Inner(ContentType.KEY_UPDATE, NOW, b""))).data == b""


def test_a_record_beyond_the_limit_is_refused_before_it_is_opened() -> None:
    """The cipher is never asked for more keystream than its limit, not even to find that a tag is right."""
    sending, receiving = full(SUITES[0])
    frame = seal(sending, Inner(ContentType.DATA, NOW, bytes(33)))
    receiving._epoch.keys = None  # type: ignore[assignment]  # whatever asked it to open would fail otherwise
    refused(receiving, frame, FailureReason.LIMIT)


@both
def test_a_key_update_before_one_was_due_is_refused(suite: Suite) -> None:
    refused(reader(suite), seal(writer(suite), Inner(ContentType.KEY_UPDATE, NOW, b"")), FailureReason.LIMIT)


def test_a_key_update_is_due_when_no_largest_record_fits_any_more() -> None:
    suite = etm_suite(limits=TIGHT)  # a largest record and a key_update: 544 of 1,024 bytes
    for data, due in ((1024 - 544 - 13, False), (1024 - 544 + 32 - 13, True)):
        sending, receiving = writer(suite), reader(suite)
        read(receiving, seal(sending, Inner(ContentType.DATA, NOW, bytes(data))))
        key_update = seal(sending, Inner(ContentType.KEY_UPDATE, NOW, b""))
        if due:
            assert read(receiving, key_update).content_type is ContentType.KEY_UPDATE
            assert receiving._epoch.epoch == 1
        else:
            refused(receiving, key_update, FailureReason.LIMIT)


@pytest.mark.parametrize(
    "suite",
    [etm_suite(limits=Limits(512, 2048, 30_000, 32)), aead_suite(limits=Limits(512, 5, 30_000, 32))],
    ids=["etm", "aead"],
)
def test_a_flood_of_key_updates_costs_as_much_as_data(suite: Suite) -> None:
    """After a key_update there is an epoch's worth of room, so that the next one comes too early."""
    sending, receiving = writer(suite), reader(suite)
    while sending._epoch.epoch == 0:
        for frame in frames(sending.write(ContentType.DATA, bytes(499), NOW)):
            read(receiving, frame)
    assert receiving._epoch.epoch == 1
    refused(receiving, seal(sending, Inner(ContentType.KEY_UPDATE, NOW, b"")), FailureReason.LIMIT)


@both
def test_the_channel_ends_with_its_last_epoch(suite: Suite) -> None:
    sending, receiving = full(suite)
    sending._epoch.epoch = receiving._epoch.epoch = MAX_EPOCH
    key_update = seal(sending, Inner(ContentType.KEY_UPDATE, NOW, b""))
    refused(receiving, key_update, FailureReason.LIMIT)
    assert receiving._epoch.epoch == MAX_EPOCH

    sending, _ = full(suite)
    sending._epoch.epoch = MAX_EPOCH
    with pytest.raises(ProtocolViolation) as caught:
        sending.write(ContentType.DATA, b"x", NOW)
    assert caught.value.reason is FailureReason.LIMIT
    assert sending._epoch.epoch == MAX_EPOCH


@both
def test_sequence_and_epoch_enter_the_tag(suite: Suite) -> None:
    for change in ("epoch", "sequence"):
        receiving = reader(suite)
        setattr(receiving._epoch, change, 1)
        refused(receiving, writer(suite).write(ContentType.DATA, b"x", NOW), FailureReason.AUTHENTICATION)


@both
def test_the_header_enters_the_tag(suite: Suite) -> None:
    frame = writer(suite).write(ContentType.DATA, b"x", NOW)
    other = encode_header(FrameType.RECORD, len(frame) - HEADER_SIZE + 32)
    with pytest.raises(ProtocolViolation) as caught:
        reader(suite).read(other + frame[HEADER_SIZE:], NOW)
    assert caught.value.reason is FailureReason.AUTHENTICATION
