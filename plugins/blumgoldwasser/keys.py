"""The keys of BG-KEM/1: their layout in bytes and what makes one fit for use (PROTOCOL §11.1)."""

from dataclasses import dataclass

import gmpy2
from gmpy2 import mpz

from framework.plugin import InvalidKeyError, SecretValue
from plugins.blumgoldwasser.octets import octets, to_integer, to_octets
from plugins.blumgoldwasser.parameters import SECRET_SIZE, Parameters

SMALL_PRIMES = gmpy2.primorial(1999)
"""The product of the primes below 2000."""


def read_modulus(parameters: Parameters, public_key: bytes, *, pinned: bool = False) -> mpz:
    """Read n from a public key; refuse one that is visibly no product of two Blum primes of equal length.

    `pinned` adds the one test that takes milliseconds: n must not be prime. Raises InvalidKeyError with the
    reason, which is as public as the key.
    """
    n = to_integer(octets(public_key, parameters.modulus_size, "a public key"))
    if n.bit_length() != parameters.modulus_bits:
        raise InvalidKeyError(f"the modulus has {n.bit_length()} bits, not {parameters.modulus_bits}")
    if n % 4 != 1:
        raise InvalidKeyError("the modulus is not 1 modulo 4")
    if gmpy2.is_square(n):
        raise InvalidKeyError("the modulus is a square")
    if gmpy2.gcd(n, SMALL_PRIMES) != 1:
        raise InvalidKeyError("the modulus has a prime factor below 2000")
    if pinned and gmpy2.is_prime(n):
        raise InvalidKeyError("the modulus is prime")
    return n


@dataclass(frozen=True, repr=False, eq=False)
class PrivateKey(SecretValue):
    """p ‖ q ‖ rejection secret[32], read. It lives for one call and is never kept."""

    p: mpz
    q: mpz
    rejection_secret: bytes

    @classmethod
    def parse(cls, parameters: Parameters, private_key: bytes) -> "PrivateKey":
        """Read a private key. Raises InvalidKeyError for a wrong length and for nothing else."""
        size = parameters.prime_size
        key = octets(private_key, 2 * size + SECRET_SIZE, "a private key")
        return cls(to_integer(key[:size]), to_integer(key[size : 2 * size]), key[2 * size :])

    def serialize(self, parameters: Parameters) -> bytes:
        """Write the private key, the exact inverse of `parse`."""
        size = parameters.prime_size
        return to_octets(self.p, size) + to_octets(self.q, size) + self.rejection_secret

    def is_usable(self, parameters: Parameters) -> bool:
        """Whether roots are defined: p and q coprime and ≡ 3 (mod 4), their product of full length."""
        return bool(
            self.p % 4 == self.q % 4 == 3
            and (self.p * self.q).bit_length() == parameters.modulus_bits
            and gmpy2.gcd(self.p, self.q) == 1
        )

    def __repr__(self) -> str:
        return f"PrivateKey({self.p.bit_length()} and {self.q.bit_length()} bits, hidden)"
