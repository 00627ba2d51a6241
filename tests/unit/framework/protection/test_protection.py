"""Encrypt-then-MAC and AEAD, composed a second time here with `cryptography` and `hmac` (PROTOCOL §6.2 to §6.4)."""

import hashlib
import hmac
import re

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from framework import InvalidKeyError, KeyExchange, PluginError
from framework.events import FailureReason
from framework.protection import Opener, Sealer
from framework.secret import Secret
from framework.suite import Suite
from framework.violation import ProtocolViolation
from plugins.hmac_sha256.mac import HmacSha256
from tests.support.channels import aead_suite, etm_suite, flip
from tests.support.peers import AesCtr, AesGcm
from tests.support.spies import Record, SpyCipher, SpyMac

TS = bytes(range(100, 132))
AD = b"some associated data"
PLAINTEXTS = (b"p" * 32, b"q" * 48, b"")


def sealer(suite: Suite, secret: Secret) -> Sealer:
    return suite.protection.sealer(secret)


def opener(suite: Suite, secret: Secret) -> Opener:
    return suite.protection.opener(secret)


def xl(label: bytes, length: int, context: bytes = b"") -> bytes:
    """XL(TS, label, context, length) for at most 32 bytes: one block of HKDF-Expand."""
    name = b"suitecase1 " + label
    info = length.to_bytes(2) + bytes([len(name)]) + name + bytes([len(context)]) + context
    return hmac.digest(TS, info + b"\x01", "sha256")[:length]


def test_encrypt_then_mac_is_what_the_specification_says() -> None:
    seal = sealer(etm_suite(), Secret(TS)).seal
    stream = Cipher(AES256(xl(b"enc", 32)), CTR(xl(b"iv", 16))).encryptor()
    for number, plaintext in enumerate(PLAINTEXTS):
        ciphertext = stream.update(plaintext)
        tag = hmac.new(xl(b"mac", 32), len(AD).to_bytes(8) + AD + ciphertext, hashlib.sha256).digest()
        assert seal(number, AD, plaintext) == ciphertext + tag


def test_an_aead_is_used_as_the_specification_says() -> None:
    seal = sealer(aead_suite(), Secret(TS)).seal
    iv = xl(b"iv", 12)
    for sequence in (0, 1, 255, 256, 2**64 - 1):
        nonce = bytes(a ^ b for a, b in zip(iv, bytes(4) + sequence.to_bytes(8), strict=True))
        assert seal(sequence, AD, b"plain") == AESGCM(xl(b"key", 32)).encrypt(nonce, b"plain", AD)


@pytest.mark.parametrize("suite", [etm_suite(), aead_suite()], ids=["etm", "aead"])
def test_an_opener_opens_what_its_sealer_sealed(suite: Suite) -> None:
    seal, unseal = sealer(suite, Secret(TS)).seal, opener(suite, Secret(TS)).open
    for number, plaintext in enumerate(PLAINTEXTS):
        assert unseal(number, AD, seal(number, AD, plaintext)) == plaintext


@pytest.mark.parametrize("suite", [etm_suite(), aead_suite()], ids=["etm", "aead"])
def test_every_flipped_bit_of_body_and_associated_data_is_refused(suite: Suite) -> None:
    body = sealer(suite, Secret(TS)).seal(0, AD, b"plaintext")
    for bit in range(len(body) * 8):
        with pytest.raises(ProtocolViolation) as caught:
            opener(suite, Secret(TS)).open(0, AD, flip(body, bit))
        assert caught.value.reason is FailureReason.AUTHENTICATION
    for bit in range(len(AD) * 8):
        with pytest.raises(ProtocolViolation):
            opener(suite, Secret(TS)).open(0, flip(AD, bit), body)


@pytest.mark.parametrize("suite", [etm_suite(), aead_suite()], ids=["etm", "aead"])
def test_every_truncation_and_every_extension_is_refused(suite: Suite) -> None:
    body = sealer(suite, Secret(TS)).seal(0, AD, b"plaintext")
    for wrong in [body[:size] for size in range(len(body))] + [body + b"\0", body + body]:
        with pytest.raises(ProtocolViolation):
            opener(suite, Secret(TS)).open(0, AD, wrong)


def test_a_byte_does_not_move_between_associated_data_and_ciphertext() -> None:
    """Without the length before `ad`, these two would have the same tag."""
    body = sealer(etm_suite(), Secret(TS)).seal(0, AD, b"plaintext")
    with pytest.raises(ProtocolViolation):
        opener(etm_suite(), Secret(TS)).open(0, AD + body[:1], body[1:])
    with pytest.raises(ProtocolViolation):
        opener(etm_suite(), Secret(TS)).open(0, AD[:-1], AD[-1:] + body)


def test_the_tag_is_compared_before_anything_is_decrypted() -> None:
    record = Record()
    suite = etm_suite(cipher=SpyCipher(record), mac=SpyMac(record))
    body = sealer(suite, Secret(TS)).seal(0, AD, b"plaintext")
    assert record.calls == ["encrypt", "tag"]
    record.calls.clear()
    opener(suite, Secret(TS)).open(0, AD, body)
    assert record.calls == ["verify", "decrypt"]
    for wrong in (flip(body, 0), flip(body, len(body) * 8 - 1), body[:-1], body[1:]):
        record.calls.clear()
        with pytest.raises(ProtocolViolation):
            opener(suite, Secret(TS)).open(0, AD, wrong)
        assert record.calls == ["verify"]


def test_a_body_shorter_than_its_tag_reaches_no_plugin() -> None:
    record = Record()
    suite = etm_suite(cipher=SpyCipher(record), mac=SpyMac(record))
    with pytest.raises(ProtocolViolation) as caught:
        opener(suite, Secret(TS)).open(0, AD, bytes(31))
    assert caught.value.reason is FailureReason.MALFORMED
    assert record.calls == []


@pytest.mark.parametrize("weak", [0, 1, 2, 7, 255])
def test_a_weak_key_is_derived_again_under_the_number_of_the_attempt(weak: int) -> None:
    """PROTOCOL §6.4: attempt i = 1, 2, … takes XL(ts, "enc", u8(i))."""
    cipher = SpyCipher(is_weak=lambda number: number < weak)
    sealer(etm_suite(cipher=cipher), Secret(TS))
    expected = [xl(b"enc", 32)] + [xl(b"enc", 32, bytes([attempt])) for attempt in range(1, weak + 1)]
    assert cipher.questions == expected
    assert cipher.record.encryptors == [(expected[-1], xl(b"iv", 16))]


@pytest.mark.parametrize("make", [sealer, opener])
def test_when_every_key_is_weak_the_plugin_is_to_blame(make: object) -> None:
    cipher = SpyCipher(is_weak=lambda _: True)
    suite = etm_suite(cipher=cipher)
    with pytest.raises(PluginError, match=r"aes256ctr.*every key weak"):
        make(suite, Secret(TS))  # type: ignore[operator]
    assert len(cipher.questions) == 256
    assert cipher.record.encryptors == cipher.record.decryptors == []


SECRETIVE = "refused because it is "


class RefusingCipher(AesCtr):
    def encryptor(self, key: bytes, iv: bytes) -> object:  # type: ignore[override]
        raise InvalidKeyError(SECRETIVE + key.hex())

    decryptor = encryptor  # type: ignore[assignment]


class RefusingMac(HmacSha256):
    def authenticator(self, key: bytes) -> object:  # type: ignore[override]
        raise InvalidKeyError(SECRETIVE + key.hex())


class RefusingAead(AesGcm):
    def context(self, key: bytes) -> object:  # type: ignore[override]
        raise InvalidKeyError(SECRETIVE + key.hex())


@pytest.mark.parametrize("make", [sealer, opener])
@pytest.mark.parametrize(
    "suite",
    [
        pytest.param(etm_suite(cipher=RefusingCipher()), id="cipher"),  # type: ignore[arg-type]
        pytest.param(etm_suite(mac=RefusingMac()), id="mac"),  # type: ignore[arg-type]
        pytest.param(aead_suite(aead=RefusingAead()), id="aead"),  # type: ignore[arg-type]
    ],
)
def test_a_derived_key_of_the_declared_size_may_not_be_refused_and_is_not_quoted(make: object, suite: Suite) -> None:
    with pytest.raises(PluginError) as caught:
        make(suite, Secret(TS))  # type: ignore[operator]
    assert SECRETIVE not in str(caught.value)
    assert not re.search(r"[0-9a-f]{64}", str(caught.value))


def test_each_purpose_has_a_key_of_its_own() -> None:
    record = Record()
    suite = etm_suite(cipher=SpyCipher(record), mac=SpyMac(record))
    sealer(suite, Secret(TS))
    opener(suite, Secret(TS))
    (key, iv), (mac_key, _) = record.encryptors[0], record.mac_keys
    assert record.decryptors == record.encryptors
    assert len({key, mac_key, iv + iv}) == 3


def test_the_framework_asks_for_keys_of_the_declared_sizes() -> None:
    class OddCipher(AesCtr):
        key_size = 48
        iv_size = 21

        def __init__(self) -> None:
            self.seen: list[tuple[int, int]] = []

        def check_key(self, key: bytes) -> None:
            if len(key) != 48:
                raise InvalidKeyError("wrong length")

        def encryptor(self, key: bytes, iv: bytes) -> object:  # type: ignore[override]
            self.seen.append((len(key), len(iv)))
            return super().encryptor(key[:32], iv[:16])

    cipher = OddCipher()
    sealer(etm_suite(cipher=cipher), Secret(TS))  # type: ignore[arg-type]
    assert cipher.seen == [(48, 21)]


def test_the_kem_has_no_part_in_the_protection_of_records() -> None:
    """So that a suite's composition can be tested without one."""
    suite = etm_suite()
    assert isinstance(suite.key_exchange, KeyExchange)
    assert sealer(suite, Secret(TS)).seal(0, AD, b"x") == sealer(suite, Secret(TS)).seal(0, AD, b"x")
