"""Broken on purpose: plugins whose flaws the checks in `checks/key_exchange/keys.py` find."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import Any

import gmpy2

from framework import Encapsulation, InvalidKeyError, KeyPair, RandomBytes
from framework.contract.inputs.drbg import Drbg
from tests.contract.kem_answers import P256_N
from tests.zoo.key_exchange.genuine import Modulus, P256Dhkem, X25519Dhkem, blum, draw
from tests.zoo.octets import sized


class EncapsulatesUnchecked(X25519Dhkem):
    """check_public_key refuses points of small order, encapsulate does not look and gives the zero secret's hash."""

    found_by = ("KEX-31",)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        ephemeral = draw(random_bytes, 32)
        ciphertext = self.public(ephemeral)
        try:
            shared = self.exchange(ephemeral, sized(public_key, 32))
        except ValueError:
            shared = bytes(32)
        return Encapsulation(ciphertext, self.derive(shared, ciphertext, public_key))


class LetsValueErrorThrough(X25519Dhkem):
    """encapsulate lets the library's error for a point of small order through."""

    found_by = ("KEX-31",)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        sized(public_key, 32)


class SearchesForEver(X25519Dhkem):
    """Looks for a square root by trying, without end for a key that has none."""

    hangs = True
    found_by = ("KEX-31",)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        number = int.from_bytes(sized(public_key, 32))
        while number == 0:
            number = number * number % (2**255 - 19)
        super().check_public_key(public_key)


class PinnedLooksLess(X25519Dhkem):
    """Skips the check for pinned keys, as they are trusted."""

    found_by = ("KEX-31", "KEX-32")

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        if pinned:
            sized(public_key, 32)
        else:
            super().check_public_key(public_key)


class ForgetsTheTwist(X25519Dhkem):
    """Knows the zero point only among those of small order, and rejects the others' result with a hash."""

    found_by = ("KEX-32",)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        if sized(public_key, 32) == bytes(32):
            raise InvalidKeyError("zero")

    def exchange(self, private_key: bytes, peer: bytes) -> bytes:
        try:
            return super().exchange(private_key, peer)
        except ValueError:
            if peer == bytes(32):
                raise
            return bytes(32)


class FailsOnDamagedKeys(P256Dhkem):
    """Raises for a private key that is no scalar."""

    found_by = ("KEX-33",)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        if not 0 < int.from_bytes(sized(private_key, 32)) < P256_N:
            raise InvalidKeyError("no scalar")
        return super().decapsulate(private_key, ciphertext)


class LoopsOnDamagedKeys(P256Dhkem):
    """Subtracts the order from a private key until it fits; the order is zero after a slip."""

    hangs = True
    found_by = ("KEX-33",)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        while int.from_bytes(sized(private_key, 32)) >= P256_N:
            pass
        return super().decapsulate(private_key, ciphertext)


class MostlyConstantKeys(X25519Dhkem):
    """Private keys whose first half is a constant."""

    found_by = ("KEX-34",)

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        private_key = sha256(b"device").digest()[:16] + draw(random_bytes, 16)
        return KeyPair(self.public(private_key), private_key)


class ClosePrimes(Modulus):
    """q is the prime after p."""

    found_by = ("KEX-35",)

    def primes(self, start: Callable[[int], int]) -> tuple[int, int]:
        p = blum(start(1024))
        return p, blum(p)


class RelatedPrimes(Modulus):
    """q is the prime after five sixths of p."""

    found_by = ("KEX-35",)

    def primes(self, start: Callable[[int], int]) -> tuple[int, int]:
        p = blum(start(1024) | 7 << 1021)
        return p, blum(p * 5 // 6)


class SharedPrime(Modulus):
    """One prime is made once and used in every key."""

    found_by = ("KEX-35",)

    def primes(self, start: Callable[[int], int]) -> tuple[int, int]:
        return blum(start(1024)), fixed_prime()


@cache
def fixed_prime() -> int:
    return blum(int.from_bytes(Drbg("fixed").bytes(128)) | 3 << 1022)


class SmoothPrime(Modulus):
    """p - 1 is twice a product of primes below 4,096."""

    found_by = ("KEX-35",)

    def primes(self, start: Callable[[int], int]) -> tuple[int, int]:
        rng = Drbg(str(start(1024)))
        small = [prime for prime in range(3, 4096, 2) if gmpy2.is_prime(prime)]
        while True:
            rng.shuffle(small)
            product, factors = 2, iter(small)
            while product.bit_length() < 1013:
                product *= next(factors)
            for factor in factors:
                p = product * factor + 1
                if p.bit_length() == 1024 and p >> 1022 == 3 and gmpy2.is_prime(p):
                    return p, blum(start(1024))


class HidesTheModulus(Modulus):
    """Right, but its author does not say that the public key is a modulus."""

    found_by = ("KEX-35",)
    vectors = "tests/zoo/few_answers.json"


class Overrated(Modulus):
    """Claims 128 bits of strength for a modulus of 2,048."""

    found_by = ("KEX-35",)

    def __init__(self) -> None:
        super().__init__()
        self.info: Any = replace(self._kem.info, security_bits=128)
