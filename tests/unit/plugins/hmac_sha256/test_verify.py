"""Verifying a tag: the whole and right one, compared in constant time, or an error without detail."""

import hmac
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from framework import Authenticator, MisuseError, VerificationError

MESSAGE = b"a message to be authenticated"


def refuses(authenticator: Authenticator, tag: Any, *parts: bytes) -> bool:
    try:
        authenticator.verify(tag, *parts)
    except VerificationError:
        return True
    return False


def test_the_right_tag_verifies_over_any_split(authenticator: Authenticator) -> None:
    tag = authenticator.tag(MESSAGE)
    for i in range(len(MESSAGE)):
        authenticator.verify(tag, MESSAGE[:i], MESSAGE[i:])
    buffers: list[Any] = [bytearray(tag), memoryview(tag[::-1])[::-1], memoryview(tag).cast("I")]
    for buffer in buffers:
        authenticator.verify(buffer, MESSAGE)


def test_every_flipped_bit_is_refused(authenticator: Authenticator) -> None:
    tag = authenticator.tag(MESSAGE)
    flipped = [(int.from_bytes(tag, "big") ^ 1 << bit).to_bytes(32, "big") for bit in range(256)]
    assert all(refuses(authenticator, wrong, MESSAGE) for wrong in flipped)


@pytest.mark.parametrize("distance", [1, 2, 4, 8, 16, 31])
def test_paired_flips_do_not_cancel(authenticator: Authenticator, distance: int) -> None:
    tag = bytearray(authenticator.tag(MESSAGE))
    tag[0] ^= 0x55
    tag[distance] ^= 0x55
    assert refuses(authenticator, tag, MESSAGE)


def test_every_other_length_is_refused(authenticator: Authenticator) -> None:
    tag = authenticator.tag(MESSAGE)
    assert all(refuses(authenticator, tag[:length], MESSAGE) for length in range(32))
    assert all(refuses(authenticator, tag + more, MESSAGE) for more in (b"\0", b"\xff", tag))


@pytest.mark.parametrize(
    "change",
    [
        lambda tag: bytes(sorted(tag)),
        lambda tag: tag[::-1],
        lambda tag: tag.swapcase() if tag.swapcase() != tag else bytes(32),
        lambda tag: tag.hex().encode(),
        lambda _: bytes(32),
        lambda _: b"\xff" * 32,
    ],
    ids=["sorted", "reversed", "swapcase", "hex", "zeros", "ones"],
)
def test_a_lookalike_is_refused(authenticator: Authenticator, change: Callable[[bytes], bytes]) -> None:
    assert refuses(authenticator, change(authenticator.tag(MESSAGE)), MESSAGE)


def test_another_message_is_refused(authenticator: Authenticator) -> None:
    tag = authenticator.tag(MESSAGE)
    assert refuses(authenticator, tag, MESSAGE[:-1])
    assert refuses(authenticator, tag, MESSAGE, b"\0")
    assert refuses(authenticator, tag)


def test_the_comparison_is_compare_digest_on_the_whole(
    authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def spy(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return False

    tag = authenticator.tag(MESSAGE)
    monkeypatch.setattr(hmac, "compare_digest", spy)
    assert refuses(authenticator, tag, MESSAGE)
    assert compared == [(tag, tag)]


def test_the_error_tells_nothing(authenticator: Authenticator) -> None:
    with pytest.raises(VerificationError) as caught:
        authenticator.verify(bytes(32), MESSAGE)
    assert str(caught.value) == "verification failed"
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    rendered = "".join(traceback.format_exception(caught.value))
    assert authenticator.tag(MESSAGE).hex() not in rendered
    assert MESSAGE.decode() not in rendered


@pytest.mark.parametrize("tag", [None, 32, "t" * 32], ids=["None", "int", "str"])
def test_a_tag_of_another_type_is_the_callers_mistake(authenticator: Authenticator, tag: bytes) -> None:
    with pytest.raises(MisuseError):
        authenticator.verify(tag, MESSAGE)


def test_a_refusal_leaves_the_authenticator_sound(authenticator: Authenticator) -> None:
    tag = authenticator.tag(MESSAGE)
    assert refuses(authenticator, bytes(32), MESSAGE)
    authenticator.verify(tag, MESSAGE)
