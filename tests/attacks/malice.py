"""A peer that has the keys and does not keep to the protocol: records of its own making, under genuine tags."""

from struct import pack

from framework import Channel
from framework.record.codec import ContentType
from framework.record.direction import RecordWriter
from tests.attacks.hostile_proxy import HEADER, RECORD, Line
from tests.attacks.scene import Scene, Session, now_ms

QUANTUM = 256

DATA, CLOSE_NOTIFY, KEY_UPDATE = (int(content_type) for content_type in ContentType)


def writer_of(channel: Channel) -> RecordWriter:
    """The sending half of an open channel."""
    assert channel._records is not None
    return channel._records.writer


def seal(channel: Channel, inner: bytes) -> bytes:
    """The record with this inner plaintext, whatever it is, as the channel's next."""
    epoch = writer_of(channel)._epoch
    tag_size = channel.suite.tag_size
    header = HEADER.pack(RECORD, 1, 0, len(inner) + tag_size)
    body = epoch.keys.seal(epoch.sequence, epoch.position() + header, inner)
    epoch.advance(channel.suite.record_cost(len(inner)))
    return header + body


def inner(content_type: int, data: bytes = b"", *, size: int | None = None, timestamp: int | None = None) -> bytes:
    """An inner plaintext as PROTOCOL §6.1 lays it out, padded as it says; `size` is what the length field claims."""
    claimed = len(data) if size is None else size
    prefix = pack(">BQI", content_type, now_ms() if timestamp is None else timestamp, claimed)
    unpadded = prefix + data
    return unpadded + bytes(-len(unpadded) % QUANTUM)


def key_update(channel: Channel) -> bytes:
    """A key_update, due or not, as the channel's next record; `step` makes what follows it."""
    return seal(channel, inner(KEY_UPDATE))


def step(channel: Channel) -> None:
    """Let the channel's next record be of the next epoch."""
    writer_of(channel)._epoch.step()


def channel_against(side: str, scene: Scene, session: Session, line: Line) -> Channel:
    """The channel of whoever talks to the victim: the client's own, or the bank's, in the wrong hands."""
    return session.connection.channel if side == "bank" else scene.bank_side(line.bank).channel
