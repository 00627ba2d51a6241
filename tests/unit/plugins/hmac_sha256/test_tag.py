"""Making a tag: over the concatenation of the parts, whatever they come in, from any thread."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from framework import Authenticator, MisuseError
from plugins.hmac_sha256.mac import HmacSha256


def test_the_parts_count_as_their_concatenation(authenticator: Authenticator) -> None:
    whole = authenticator.tag(b"abcdef")
    splits = [(b"abc", b"def"), (b"", b"abcdef"), (b"a", b"b", b"c", b"d", b"e", b"f"), (b"abcdef", b"", b"")]
    assert {authenticator.tag(*parts) for parts in splits} == {whole}
    assert authenticator.tag() == authenticator.tag(b"") == authenticator.tag(b"", b"")


def test_a_tag_is_32_immutable_bytes(authenticator: Authenticator) -> None:
    tag = authenticator.tag(b"message")
    assert (type(tag), len(tag)) == (bytes, 32)


def test_a_part_in_any_buffer_is_the_same_part(authenticator: Authenticator) -> None:
    part = bytes(range(64))
    buffers: list[Any] = [bytearray(part), memoryview(part), memoryview(part).cast("I"), memoryview(part[::-1])[::-1]]
    buffers.append(memoryview(bytes(x for octet in part for x in (octet, 255)))[::2])
    assert {authenticator.tag(buffer) for buffer in buffers} == {authenticator.tag(part)}
    assert {authenticator.tag(b"head", buffer) for buffer in buffers} == {authenticator.tag(b"head" + part)}


@pytest.mark.parametrize("part", [None, 5, "text", [1, 2]], ids=["None", "int", "str", "list"])
def test_a_part_of_another_type_is_the_callers_mistake(authenticator: Authenticator, part: bytes) -> None:
    with pytest.raises(MisuseError):
        authenticator.tag(b"before", part)
    assert authenticator.tag(b"before") == authenticator.tag(b"before")


def test_a_view_that_was_released_is_the_callers_mistake_and_no_view_is_kept(authenticator: Authenticator) -> None:
    memory = bytearray(b"message")
    view: Any = memoryview(memory)
    tag: Any = memoryview(bytearray(authenticator.tag(b"message")))
    authenticator.verify(tag, view)
    view.release()
    memory.append(0)  # memory that is still read through a view cannot grow
    with pytest.raises(MisuseError, match="was released"):
        authenticator.tag(view)
    with pytest.raises(MisuseError, match="was released"):
        authenticator.verify(tag, view)
    tag.release()
    with pytest.raises(MisuseError, match="was released"):
        authenticator.verify(tag, b"message")


def test_calls_stand_alone(authenticator: Authenticator, key: bytes) -> None:
    first = authenticator.tag(b"first")
    authenticator.tag(b"between" * 100)
    assert authenticator.tag(b"first") == first == HmacSha256().authenticator(key).tag(b"first")


def test_two_keys_do_not_mix(key: bytes) -> None:
    one, two = HmacSha256().authenticator(key), HmacSha256().authenticator(key[::-1])
    tags = [one.tag(b"m"), two.tag(b"m"), one.tag(b"m"), two.tag(b"m")]
    assert tags[0] == tags[2] != tags[1] == tags[3]


@pytest.mark.parametrize("length", [n + d for n in (64, 4096, 65536, 1 << 20) for d in (-1, 0, 1)])
def test_the_last_byte_of_a_long_message_counts(authenticator: Authenticator, length: int) -> None:
    message: Any = bytearray(length)
    before = authenticator.tag(message)
    message[-1] = 1
    assert authenticator.tag(message) != before


def test_every_bit_of_a_message_counts(authenticator: Authenticator) -> None:
    length = 136  # two blocks and a little
    messages = [(1 << bit).to_bytes(length, "big") for bit in range(8 * length)]
    assert len({authenticator.tag(message) for message in messages}) == 8 * length


def test_trailing_zeros_count(authenticator: Authenticator) -> None:
    assert len({authenticator.tag(b"m" + bytes(n)) for n in range(130)}) == 130


def test_many_threads_share_one_authenticator(authenticator: Authenticator) -> None:
    messages = [bytes([i]) * (37 * i) for i in range(200)]
    alone = [authenticator.tag(message) for message in messages]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert list(pool.map(authenticator.tag, messages)) == alone
