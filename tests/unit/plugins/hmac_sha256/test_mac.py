"""The MAC as the registry meets it: what it declares, and which keys it takes."""

from typing import Any

import pluggy
import pytest

from framework import InvalidKeyError, Mac, MisuseError, Status, hookspecs
from plugins import hmac_sha256
from plugins.hmac_sha256.mac import HmacSha256


def test_it_offers_hmac_through_the_hook() -> None:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(hmac_sha256)
    manager.check_pending()
    offered: list[Mac] = []
    manager.hook.register_macs(register=offered.append)
    assert [mac.info.name for mac in offered] == ["hmac"]
    assert isinstance(offered[0], Mac)


def test_what_it_declares() -> None:
    mac = HmacSha256()
    assert (mac.key_size, mac.tag_size) == (32, 32)
    assert (mac.info.title, mac.info.security_bits, mac.info.status) == ("HMAC-SHA-256", 256, Status.RECOMMENDED)
    assert mac.info.takes_views


@pytest.mark.parametrize("size", [0, 1, 16, 20, 31, 33, 63, 64, 65, 127, 128, 129])
def test_a_key_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(InvalidKeyError, match=f"32 bytes, not {size}$"):
        HmacSha256().authenticator(bytes(size))


@pytest.mark.parametrize("key", [None, 32, "k" * 32, [0] * 32], ids=["None", "int", "str", "list"])
def test_a_key_of_another_type_is_the_callers_mistake(key: bytes) -> None:
    with pytest.raises(MisuseError):
        HmacSha256().authenticator(key)


def test_a_key_in_any_buffer_is_the_same_key(key: bytes) -> None:
    words = memoryview(key).cast("I")
    backwards = memoryview(key[::-1])[::-1]
    buffers: list[Any] = [bytearray(key), memoryview(key), words, backwards]
    tags = {HmacSha256().authenticator(buffer).tag(b"message") for buffer in buffers}
    assert tags == {HmacSha256().authenticator(key).tag(b"message")}


def test_the_callers_key_buffer_is_not_kept(key: bytes) -> None:
    buffer: Any = bytearray(key)
    authenticator = HmacSha256().authenticator(buffer)
    buffer[:] = bytes(32)
    assert authenticator.tag(b"message") == HmacSha256().authenticator(key).tag(b"message")
