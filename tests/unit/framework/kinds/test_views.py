"""A memoryview reaches a plugin that takes views; any other plugin is given bytes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from framework import PluginError, PrimitiveInfo, VerificationError
from framework.events import FailureReason
from framework.kinds.bulk_cipher import GuardedBulkCipher
from framework.kinds.mac import GuardedMac
from framework.secret import Secret
from framework.violation import ProtocolViolation
from plugins.hmac_sha256.mac import HmacSha256
from tests.support.channels import etm_suite, flip
from tests.support.flawed import KEY, Flawed
from tests.support.peers import AesCtr

IV = KEY[:16]


class Claiming:
    """A primitive that says of itself whether it takes views, and whose keyed objects note what they are given."""

    def __init__(self, sound: Any, call: str, *, takes_views: bool, answer: object = None) -> None:
        self.info: PrimitiveInfo = replace(sound.info, takes_views=takes_views)
        self.given: list[object] = []
        self._sound = sound
        self._call = call
        self._answer = answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sound, name)

    def authenticator(self, key: bytes) -> Any:
        return Flawed(self._sound.authenticator(key), self._call, self._noting)

    def decryptor(self, key: bytes, iv: bytes) -> Any:
        return Flawed(self._sound.decryptor(key, iv), self._call, self._noting)

    def _noting(self, *given: object) -> object:
        self.given += given
        return self._answer


@pytest.mark.parametrize(("takes_views", "expected"), [(True, memoryview), (False, bytes)])
def test_what_a_plugin_is_given_for_a_view(takes_views: bool, expected: type) -> None:
    cipher = Claiming(AesCtr(), "decrypt", takes_views=takes_views, answer=bytes(5))
    GuardedBulkCipher(cipher, "p").decryptor(KEY, IV).decrypt(memoryview(b"views")[:])
    mac = Claiming(HmacSha256(), "verify", takes_views=takes_views)
    GuardedMac(mac, "p").authenticator(KEY).verify(memoryview(bytes(32)), memoryview(b"ad"), memoryview(b"views"))
    assert [type(each) for each in cipher.given + mac.given] == [expected] * 4
    assert cipher.given + mac.given == [b"views", bytes(32), b"ad", b"views"]


@pytest.mark.parametrize("takes_views", [True, False])
def test_bytes_reach_every_plugin_as_they_are(takes_views: bool) -> None:
    record, tag = bytes(bytearray(b"bytes")), bytes(bytearray(32))
    cipher = Claiming(AesCtr(), "decrypt", takes_views=takes_views, answer=bytes(5))
    GuardedBulkCipher(cipher, "p").decryptor(KEY, IV).decrypt(record)
    mac = Claiming(HmacSha256(), "verify", takes_views=takes_views)
    GuardedMac(mac, "p").authenticator(KEY).verify(tag, record)
    assert [id(each) for each in cipher.given + mac.given] == [id(record), id(tag), id(record)]


@pytest.mark.parametrize("takes_views", [True, False])
def test_the_guard_checks_what_a_view_is_answered_with(takes_views: bool) -> None:
    cipher = Claiming(AesCtr(), "decrypt", takes_views=takes_views, answer=memoryview(bytes(5)))
    with pytest.raises(PluginError, match="decrypt gave memoryview where bytes are due"):
        GuardedBulkCipher(cipher, "p").decryptor(KEY, IV).decrypt(memoryview(b"views"))
    mac = Claiming(HmacSha256(), "verify", takes_views=takes_views, answer=True)
    verify = GuardedMac(mac, "p").authenticator(KEY).verify
    with pytest.raises(PluginError, match="verify gave bool where it must raise or give None"):
        verify(memoryview(bytes(32)), memoryview(b"views"))
    mac.given.clear()
    with pytest.raises(VerificationError):
        verify(memoryview(bytes(31)), memoryview(b"views"))
    assert mac.given == []


@pytest.mark.parametrize("size", [0, 256, 5000, 70_000])
def test_a_body_in_a_view_is_opened_as_bytes_are_and_nothing_of_it_is_kept(size: int) -> None:
    suite = etm_suite()
    secret = Secret(KEY)
    seal = suite.protection.sealer(secret).seal
    unseal: Callable[..., bytes] = suite.protection.opener(secret).open
    for number in range(3):
        plaintext = bytes([number]) * size
        body = seal(number, b"ad", plaintext)
        memory = bytearray(b"before" + body + b"after")
        with memoryview(memory) as whole, whole[6 : 6 + len(body)] as view:
            for bit in (0, 8 * len(body) - 1):
                with pytest.raises(ProtocolViolation) as caught:
                    unseal(number, b"ad", memoryview(flip(body, bit)))
                assert caught.value.reason is FailureReason.AUTHENTICATION
            opened = unseal(number, b"ad", view)
        memory[:] = bytes(len(memory))
        memory.append(0)  # memory that a view still holds cannot grow
        assert (type(opened), opened) == (bytes, plaintext)
