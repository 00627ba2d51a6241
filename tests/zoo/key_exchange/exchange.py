"""Broken on purpose: plugins whose flaws the checks in `checks/key_exchange/exchange.py` find."""

import secrets
from hashlib import sha256
from typing import Any, ClassVar

from framework import Encapsulation, InvalidKeyError, KeyPair, RandomBytes
from tests.zoo.key_exchange.genuine import X25519Dhkem, draw
from tests.zoo.octets import sized


class StripsZeros(X25519Dhkem):
    """Strips leading zeros off the secret."""

    found_by = ("KEX-01",)

    def derive(self, shared: bytes, ciphertext: bytes, public_key: bytes) -> bytes:
        return super().derive(shared, ciphertext, public_key).lstrip(b"\0")


class LongSecret(X25519Dhkem):
    """Gives a secret of 64 bytes."""

    found_by = ("KEX-01",)

    def derive(self, shared: bytes, ciphertext: bytes, public_key: bytes) -> bytes:
        return 2 * super().derive(shared, ciphertext, public_key)


class TupleForPair(X25519Dhkem):
    """Gives a tuple instead of an Encapsulation."""

    found_by = ("KEX-01",)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Any:
        sent = super().encapsulate(public_key, random_bytes=random_bytes)
        return sent.ciphertext, sent.shared_secret


class FailsSometimes(X25519Dhkem):
    """Agrees unless the shared point begins with a byte above 250."""

    found_by = ("KEX-01",)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        private_key, ciphertext = sized(private_key, 32), sized(ciphertext, 32)
        try:
            if self.exchange(private_key, ciphertext)[0] > 240:
                return self.reject(private_key, ciphertext)
        except ValueError:
            return self.reject(private_key, ciphertext)
        return super().decapsulate(private_key, ciphertext)


class PairDoesNotMatch(X25519Dhkem):
    """Keeps a public key between calls, which is then another private key's."""

    found_by = ("KEX-01",)
    kept: ClassVar[dict[str, bytes]] = {}

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        pair = super().generate_key_pair(random_bytes=random_bytes)
        return KeyPair(self.kept.setdefault("public", pair.public_key), pair.private_key)


class OneEphemeral(X25519Dhkem):
    """Makes one ephemeral key for each public key and keeps it."""

    found_by = ("KEX-02",)
    kept: ClassVar[dict[bytes, bytes]] = {}

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        return self.kept.setdefault(public_key, draw(random_bytes, 32))


class FixedAtImport(X25519Dhkem):
    """Draws once, when the class is made, and goes on from there."""

    found_by = ("KEX-02", "KEX-11")
    seed: ClassVar[bytes] = secrets.token_bytes(32)

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        return KeyPair(self.public(self.seed), self.seed)


class RefusesHalf(X25519Dhkem):
    """When pinned, refuses keys whose top bits are set."""

    found_by = ("KEX-03",)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        super().check_public_key(public_key)
        if pinned and public_key[0] & 1:
            raise InvalidKeyError("odd")


class CheckAnswers(X25519Dhkem):
    """check_public_key answers True."""

    found_by = ("KEX-03",)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> Any:
        super().check_public_key(public_key)
        return True


class NotBoundToKey(X25519Dhkem):
    """Derives the secret from the ephemeral's hash alone, sealed to the key by XOR of a byte."""

    found_by = ("KEX-04",)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        sent = super().encapsulate(public_key, random_bytes=random_bytes)
        return Encapsulation(sent.ciphertext, sha256(b"secret of" + sent.ciphertext).digest())

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        sized(private_key, 32)
        return sha256(b"secret of" + sized(ciphertext, 32)).digest()


class LastKeyServes(X25519Dhkem):
    """Keeps the private key that it was given first."""

    found_by = ("KEX-05", "KEX-04")
    kept: ClassVar[dict[bytes, bytes]] = {}

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        sized(private_key, 32)
        return super().decapsulate(self.kept.setdefault(b"", bytes(private_key)), ciphertext)


class RemembersSecrets(X25519Dhkem):
    """Answers for a ciphertext that it knows from memory, whoever asks."""

    found_by = ("KEX-05", "KEX-04")
    memory: ClassVar[dict[bytes, bytes]] = {}

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        sized(private_key, 32)
        sized(ciphertext, 32)
        if ciphertext not in self.memory:
            self.memory[bytes(ciphertext)] = super().decapsulate(private_key, ciphertext)
        return self.memory[bytes(ciphertext)]


class HashOfCiphertext(X25519Dhkem):
    """The secret is SHA-256 of ciphertext and public key."""

    found_by = ("KEX-06",)

    def derive(self, shared: bytes, ciphertext: bytes, public_key: bytes) -> bytes:
        return sha256(ciphertext + public_key).digest()


class AsciiSecret(X25519Dhkem):
    """The secret is hexadecimal text."""

    found_by = ("KEX-06",)

    def derive(self, shared: bytes, ciphertext: bytes, public_key: bytes) -> bytes:
        return super().derive(shared, ciphertext, public_key).hex()[:32].encode()


class SecretOnWire(X25519Dhkem):
    """Sends the ephemeral private key as the ciphertext's hash seed: the secret is what was sent."""

    found_by = ("KEX-06",)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        self.check_public_key(public_key)
        secret = draw(random_bytes, 32)
        return Encapsulation(secret, secret)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        sized(private_key, 32)
        return sized(ciphertext, 32)
