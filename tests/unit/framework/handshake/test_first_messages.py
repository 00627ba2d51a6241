"""A first message is worked on once, for as long as its timestamp could be good (PROTOCOL §4.8)."""

import secrets

import pytest

from framework import Channel, Suite
from framework.events import ChannelFailed, FailureReason
from framework.frame import FrameType
from framework.handshake.first_messages import FirstMessages
from framework.limits import MAX_FIRST_MESSAGES, SKEW_MS
from framework.registry import Registry
from tests.support.channels import NOW, etm_suite
from tests.support.spies import Record, SpyKem

TAG = bytes(range(16))


def fresh() -> bytes:
    return secrets.token_bytes(16)


@pytest.mark.parametrize("later", [0, 1, SKEW_MS, 2 * SKEW_MS - 1, 2 * SKEW_MS])
def test_what_came_within_twice_the_skew_is_not_new(later: int) -> None:
    messages = FirstMessages()
    assert messages.is_new(TAG, NOW)
    assert not messages.is_new(TAG, NOW + later)


@pytest.mark.parametrize("pause", [SKEW_MS // 3, SKEW_MS, 2 * SKEW_MS - 1])
def test_so_it_stays_while_others_come(pause: int) -> None:
    messages = FirstMessages()
    for start in range(0, 2 * SKEW_MS, 7_000):
        messages.is_new(fresh(), NOW + start)
    at = NOW + 2 * SKEW_MS + 5_000
    assert messages.is_new(TAG, at)
    for later in range(pause, 2 * SKEW_MS, pause):
        assert messages.is_new(fresh(), at + later)
        assert not messages.is_new(TAG, at + later)


def test_nothing_is_kept_for_longer_than_twice_that() -> None:
    messages = FirstMessages()
    for number in range(100):
        messages.is_new(fresh(), NOW + number)
    messages.is_new(fresh(), NOW + 2 * SKEW_MS)
    messages.is_new(fresh(), NOW + 4 * SKEW_MS)
    assert len(messages) == 2
    messages.is_new(fresh(), NOW + 8 * SKEW_MS)
    assert len(messages) == 2


def test_memory_is_bounded_however_many_come_and_the_newest_are_kept() -> None:
    messages = FirstMessages(limit=10)
    came = [fresh() for _ in range(1_000)]
    for tag in came:
        assert messages.is_new(tag, NOW)
        assert len(messages) <= 20
    assert not any(messages.is_new(tag, NOW) for tag in came[-10:])


def test_the_limit_is_that_of_the_list() -> None:
    assert FirstMessages()._limit == MAX_FIRST_MESSAGES


@pytest.mark.parametrize("step", [-86_400_000, 86_400_000])
def test_a_clock_that_is_set_does_no_harm(step: int) -> None:
    messages = FirstMessages()
    assert messages.is_new(TAG, NOW)
    other = fresh()
    assert messages.is_new(other, NOW + step)
    assert not messages.is_new(other, NOW + step)
    assert len(messages) <= 2


# --- at a channel ---


class Server:
    """Channels of one server, whose decapsulations are counted."""

    def __init__(self, *, remembers: bool = True) -> None:
        self.record = Record()
        self.suite = etm_suite(kex=SpyKem(self.record))
        self.keys = self.suite.key_exchange.generate_key_pair()
        self.messages = FirstMessages() if remembers else None

    def m1(self) -> bytes:
        return Channel.client(self.suite, self.keys.public_key, now=NOW).data_to_send()

    def channel(self) -> Channel:
        return Channel.server(self.suite, self.keys, now=NOW, first_messages=self.messages)

    @property
    def decapsulations(self) -> int:
        return self.record.calls.count("decapsulate")


REFUSED = [ChannelFailed(FailureReason.AUTHENTICATION, "a first message that came before")]


def test_the_second_copy_costs_no_decapsulation_and_gets_no_answer() -> None:
    server = Server()
    m1 = server.m1()
    first, second = server.channel(), server.channel()
    assert first.receive_data(m1, NOW) == []
    assert first.data_to_send()
    assert second.receive_data(m1, NOW + 2 * SKEW_MS) == REFUSED
    assert second.data_to_send() == b""
    assert server.decapsulations == 1


def test_eight_copies_at_once_count_once() -> None:
    """What waits for its turn is remembered already."""
    server = Server()
    m1 = server.m1()
    channels = [server.channel() for _ in range(8)]
    assert [channel.screen(m1, NOW) for channel in channels] == [[], *[REFUSED] * 7]
    assert server.decapsulations == 0
    assert channels[0].receive_data(b"", NOW) == []
    assert server.decapsulations == 1


def test_noise_is_not_remembered() -> None:
    """Else whoever copies an M1 on its way could spoil it with one wrong byte."""
    server = Server()
    m1 = server.m1()
    spoiled = m1[:-1] + bytes([m1[-1] ^ 1])
    [failed] = server.channel().receive_data(spoiled, NOW)
    assert isinstance(failed, ChannelFailed)
    assert server.messages is not None
    assert len(server.messages) == 0
    assert server.channel().receive_data(m1, NOW) == []


def test_without_the_memory_each_copy_is_answered() -> None:
    server = Server(remembers=False)
    m1 = server.m1()
    for _ in range(3):
        channel = server.channel()
        assert channel.receive_data(m1, NOW) == []
        assert channel.data_to_send()
    assert server.decapsulations == 3


# --- screening ---


def test_screening_in_any_portions_is_as_receiving() -> None:
    server = Server()
    client = Channel.client(server.suite, server.keys.public_key, now=NOW)
    m1, channel = client.data_to_send(), server.channel()
    for start in range(len(m1) - 1):
        assert channel.screen(m1[start : start + 1], NOW) == []
        assert not channel.is_costly(0)
    assert channel.screen(m1[-1:], NOW) == []
    assert channel.is_costly(0)
    assert channel.data_to_send() == b""
    assert channel.receive_data(b"", NOW) == []
    assert not channel.is_costly(0)
    client.receive_data(channel.data_to_send(), NOW)
    m3 = client.data_to_send()
    assert channel.screen(m3, NOW) == []
    assert channel.is_costly(0)
    assert len(channel.receive_data(b"", NOW)) == 1
    assert channel.is_open
    assert client.is_open


@pytest.mark.parametrize("together", [True, False])
def test_nothing_may_follow_a_first_message_that_is_not_answered(*, together: bool) -> None:
    server = Server()
    m1, channel = server.m1(), server.channel()
    events = channel.screen(m1 + b"x", NOW) if together else channel.screen(m1, NOW) + channel.screen(b"x", NOW)
    [failed] = events
    assert isinstance(failed, ChannelFailed)
    assert failed.reason is FailureReason.MALFORMED
    assert server.decapsulations == 0


@pytest.mark.parametrize("noise", [b"GET / HTTP/1.1\r\n", bytes(2_000)])
def test_noise_fails_while_it_is_screened(noise: bytes) -> None:
    server = Server()
    [failed] = server.channel().screen(noise, NOW)
    assert isinstance(failed, ChannelFailed)
    assert failed.reason is FailureReason.MALFORMED


def test_the_real_suite_screens_too(registry: Registry) -> None:
    suite = Suite.parse("aes256gcm-x25519", registry)
    keys = suite.key_exchange.generate_key_pair()
    m1 = Channel.client(suite, keys.public_key, now=NOW).data_to_send()
    messages = FirstMessages(suite.limits.skew_ms)
    first, second = [Channel.server(suite, keys, now=NOW, first_messages=messages) for _ in range(2)]
    assert first.screen(m1, NOW) == []
    assert second.screen(m1, NOW) == REFUSED


@pytest.mark.parametrize("whole", [False, True])
def test_what_cannot_be_a_third_message_waits_for_no_turn(*, whole: bool) -> None:
    """Third messages go before all first ones (PROTOCOL §8.2), so noise among them is refused by its header."""
    server = Server()
    channel = server.channel()
    channel.screen(server.m1(), NOW)
    channel.receive_data(b"", NOW)
    size = server.suite.body_size(FrameType.M3)
    [event] = channel.screen(bytes(8 + size) if whole else bytes(8), NOW)
    assert isinstance(event, ChannelFailed)
    assert event.reason is FailureReason.MALFORMED
    assert not channel.is_costly(0)
