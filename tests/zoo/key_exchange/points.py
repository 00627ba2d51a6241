"""Broken on purpose: plugins whose flaws the checks in `checks/key_exchange/points.py` find."""

import secrets
from hashlib import sha256

from framework import Encapsulation, InvalidKeyError, PrimitiveInfo, RandomBytes, Status
from tests.contract.kem_answers import P256_G, p256_octets, p256_scalar, p256_times
from tests.zoo.key_exchange.genuine import P256Dhkem, X25519Dhkem, draw, hkdf
from tests.zoo.octets import sized


class ZeroShared(X25519Dhkem):
    """Takes points of small order, and derives the secret from the zeros that they give, with labels."""

    found_by = ("KEX-37",)
    vectors = "tests/zoo/labelled_dhkem.json"

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        sized(public_key, 32)

    def exchange(self, private_key: bytes, peer: bytes) -> bytes:
        try:
            return super().exchange(private_key, peer)
        except ValueError:
            return bytes(32)


class ZeroAlone(ZeroShared):
    """Refuses the points zero and one, and takes the others of small order."""

    found_by = ("KEX-37",)
    info = PrimitiveInfo("zerodhkem", "X25519 as a DHKEM", 128, Status.RECOMMENDED, "RFC 7748; RFC 9180 §4.1")

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        if int.from_bytes(sized(public_key, 32), "little") < 2:
            raise InvalidKeyError("a point of small order")


class ZeroUnderASeed(ZeroShared):
    """Keeps a seed that the scalar is hashed from, and takes points of small order."""

    found_by = ("KEX-37",)
    info = PrimitiveInfo("seededdhkem", "X25519 as a DHKEM", 128, Status.EXPERIMENTAL, "RFC 7748; the zoo alone")

    def public(self, private_key: bytes) -> bytes:
        return super().public(sha256(private_key).digest())

    def exchange(self, private_key: bytes, peer: bytes) -> bytes:
        return super().exchange(sha256(private_key).digest(), peer)


class ZeroFromOutside(ZeroShared):
    """Refuses keys of small order, and decapsulates ciphertexts of small order to what anyone can compute."""

    found_by = ("KEX-37",)
    info = PrimitiveInfo("refusingdhkem", "X25519 as a DHKEM", 128, Status.RECOMMENDED, "RFC 7748; RFC 9180 §4.1")

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        X25519Dhkem.check_public_key(self, public_key, pinned=pinned)


class OffTheCurve(P256Dhkem):
    """Encapsulates to points that are none of the curve, by formulas that do not ask."""

    found_by = ("KEX-37",)
    vectors = "tests/zoo/labelled_dhkem.json"

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        self.check_public_key(public_key)
        public_key = bytes(public_key)
        ephemeral = p256_scalar(draw(random_bytes, 48))
        peer = int.from_bytes(public_key[1:33]), int.from_bytes(public_key[33:])
        ciphertext = p256_octets(p256_times(ephemeral, P256_G))
        shared = p256_octets(p256_times(ephemeral, peer))[1:33]
        return Encapsulation(ciphertext, hkdf(ciphertext + public_key, shared))

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        sized(public_key, 65)
