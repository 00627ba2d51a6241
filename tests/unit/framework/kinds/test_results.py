"""Types and lengths: of what a plugin gives, and of what it is given."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from framework import (
    Aead,
    BulkCipher,
    InvalidKeyError,
    KeyExchange,
    Mac,
    PluginError,
)
from framework.kinds.aead import GuardedAead
from framework.kinds.bulk_cipher import GuardedBulkCipher
from framework.kinds.key_exchange import GuardedKeyExchange
from framework.kinds.mac import GuardedMac
from plugins.hmac_sha256.mac import HmacSha256
from tests.support.flawed import (
    CHECK_KEY,
    CHECK_PUBLIC_KEY,
    DECAPSULATE,
    DECRYPT,
    ENCRYPT,
    KEY,
    OPEN,
    SEAL,
    TAG,
    VERIFY,
    Flawed,
    Reach,
    giving,
)
from tests.support.peers import AesCtr, AesGcm, X25519Kem


class BytesLike(bytes):
    """Not exactly bytes: its methods may lie."""


def not_bytes(size: int) -> list[object]:
    text = "x" * size
    return [None, True, 7, text, bytearray(size), memoryview(bytes(size)), [0] * size, BytesLike(size), object()]


@pytest.mark.parametrize(
    ("reach", "size"),
    [
        pytest.param(*param.values, size, id=str(param.id))
        for param, size in [(DECAPSULATE, 32), (ENCRYPT, 13), (DECRYPT, 13), (TAG, 32), (SEAL, 9 + 16), (OPEN, 9)]
    ],
)
def test_a_result_is_exactly_bytes_of_the_declared_size(reach: Reach, size: int) -> None:
    assert reach(giving(bytes(size))) == bytes(size)
    for value in not_bytes(size):
        with pytest.raises(PluginError, match=f"gave {type(value).__name__} where bytes are due"):
            reach(giving(value))
    for wrong in (0, 1, size - 1, size + 1, 2 * size):
        with pytest.raises(PluginError, match=f"gave {wrong} bytes where {size} are due"):
            reach(giving(bytes(wrong)))


@pytest.mark.parametrize("reach", [VERIFY, CHECK_KEY, CHECK_PUBLIC_KEY])
def test_a_check_passes_by_giving_none(reach: Reach) -> None:
    assert reach(giving(None)) is None


@pytest.mark.parametrize("wrong", [0, 1, 31, 33, 64])
def test_arguments_of_a_wrong_length_never_reach_the_plugin(wrong: int) -> None:
    def must_not_be_asked(*_: object, **__: object) -> object:
        raise AssertionError

    def behind(sound: object, call: str) -> Any:
        return Flawed(sound, call, must_not_be_asked)

    odd, iv = bytes(wrong), bytes(16)
    attempts: list[Callable[[], object]] = [
        lambda: GuardedKeyExchange(behind(X25519Kem(), "decapsulate"), "p").decapsulate(odd, bytes(32)),
        lambda: GuardedKeyExchange(behind(X25519Kem(), "decapsulate"), "p").decapsulate(bytes(32), odd),
        lambda: GuardedKeyExchange(behind(X25519Kem(), "check_public_key"), "p").check_public_key(odd),
        lambda: GuardedBulkCipher(behind(AesCtr(), "encryptor"), "p").encryptor(odd, iv),
        lambda: GuardedBulkCipher(behind(AesCtr(), "encryptor"), "p").encryptor(KEY, odd),
        lambda: GuardedBulkCipher(behind(AesCtr(), "decryptor"), "p").decryptor(odd, iv),
        lambda: GuardedBulkCipher(behind(AesCtr(), "decryptor"), "p").decryptor(KEY, odd),
        lambda: GuardedMac(behind(HmacSha256(), "authenticator"), "p").authenticator(odd),
        lambda: GuardedAead(behind(AesGcm(), "context"), "p").context(odd),
    ]
    for attempt in attempts:
        with pytest.raises(InvalidKeyError, match=rf"has {wrong} bytes where \d+ are due"):
            attempt()


def test_a_sound_cipher_mac_and_aead_work() -> None:
    cipher = GuardedBulkCipher(AesCtr(), "p")
    cipher.check_key(KEY)
    encryptor, decryptor = cipher.encryptor(KEY, KEY[:16]), cipher.decryptor(KEY, KEY[:16])
    for record in (b"one", b"", b"two"):
        assert decryptor.decrypt(encryptor.encrypt(record)) == record
    authenticator = GuardedMac(HmacSha256(), "p").authenticator(KEY)
    authenticator.verify(authenticator.tag(b"a", b"bc"), b"ab", b"c")
    context = GuardedAead(AesGcm(), "p").context(KEY)
    assert context.open(KEY[:12], context.seal(KEY[:12], b"text", b"ad"), b"ad") == b"text"


def test_what_is_guarded_implements_the_interface_itself_and_names_its_plugin() -> None:
    for guarded, interface in [
        (GuardedKeyExchange(X25519Kem(), "p"), KeyExchange),
        (GuardedBulkCipher(AesCtr(), "p"), BulkCipher),
        (GuardedMac(HmacSha256(), "p"), Mac),
        (GuardedAead(AesGcm(), "p"), Aead),
    ]:
        assert isinstance(guarded, interface)
        assert repr(guarded) == f"<{type(guarded).__name__} plugin 'p' ({guarded.info.name})>"  # type: ignore[attr-defined]
        assert guarded.plugin == "p"  # type: ignore[attr-defined]


def test_claims_are_read_once() -> None:
    """A plugin that changes its mind about a size after it was checked changes nothing."""

    class Wavering(HmacSha256):
        tag_size = 32

    mac = Wavering()
    guarded = GuardedMac(mac, "p")
    mac.tag_size = 1
    assert guarded.tag_size == 32
    assert guarded.authenticator(KEY).tag_size == 32


OPTIMIZED = """
from framework import PluginError
from framework.kinds.mac import GuardedMac
from plugins.hmac_sha256.mac import HmacSha256

assert False, "this program must run under -O"

class Short(HmacSha256):
    def authenticator(self, key):
        return self
    def tag(self, *parts):
        return b"short"
    def verify(self, tag, *parts):
        return True

authenticator = GuardedMac(Short(), "p").authenticator(bytes(32))
for call in (lambda: authenticator.tag(b"m"), lambda: authenticator.verify(bytes(32), b"m")):
    try:
        call()
    except PluginError as error:
        print(error)
"""


def test_the_guard_stands_under_optimization() -> None:
    root = Path(__file__).parents[4]
    done = subprocess.run([sys.executable, "-OO", "-c", OPTIMIZED], cwd=root, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "plugin 'p' (hmac): tag gave 5 bytes where 32 are due",
        "plugin 'p' (hmac): verify gave bool where it must raise or give None",
    ]
