"""The keys of BG-KEM/1: what makes one fit for use, and how it is laid out in bytes."""

from dataclasses import dataclass

import gmpy2
from gmpy2 import mpz

from framework import InvalidKeyError
from plugins.blumgoldwasser.octets import octets, to_integer, to_octets
from plugins.blumgoldwasser.parameters import MESSAGE_SIZE, Parameters

SMALL_PRIMES = gmpy2.primorial(1999)
"""The product of the primes below 2000, 2 among them."""


def modulus(parameters: Parameters, public_key: bytes, *, pinned: bool = False) -> mpz:
    """Read n and refuse one that cannot be the product of two Blum primes of equal length, as far as it shows.

    `pinned` adds the one test that costs milliseconds: n must not be prime. Raises InvalidKeyError; the public
    key is public, and so is the reason.
    """
    n = to_integer(octets(public_key, parameters.modulus_size, "a public key"))
    if n.bit_length() != parameters.modulus_bits:
        raise InvalidKeyError(f"the modulus has {n.bit_length()} bits, not {parameters.modulus_bits}")
    if n % 4 != 1:
        raise InvalidKeyError("the modulus is not 1 modulo 4: not a product of two Blum primes")
    if gmpy2.is_square(n):
        raise InvalidKeyError("the modulus is a square")
    if gmpy2.gcd(n, SMALL_PRIMES) != 1:
        raise InvalidKeyError("the modulus has a prime factor below 2000")
    if pinned and gmpy2.is_prime(n):
        raise InvalidKeyError("the modulus is prime")
    return n


@dataclass(frozen=True, repr=False, eq=False)
class PrivateKey:
    """p ‖ q ‖ rejection secret[32], read; it lives for one call."""

    p: mpz
    q: mpz
    rejection_secret: bytes

    @classmethod
    def parse(cls, parameters: Parameters, private_key: bytes) -> "PrivateKey":
        """Read a private key. Raises InvalidKeyError for a wrong length, and for nothing else."""
        half = parameters.prime_size
        octet_string = octets(private_key, 2 * half + MESSAGE_SIZE, "a private key")
        return cls(
            to_integer(octet_string[:half]), to_integer(octet_string[half : 2 * half]), octet_string[2 * half :]
        )

    def serialize(self, parameters: Parameters) -> bytes:
        half = parameters.prime_size
        return to_octets(self.p, half) + to_octets(self.q, half) + self.rejection_secret

    def is_usable(self, parameters: Parameters) -> bool:
        """Whether the arithmetic is defined: p and q coprime, ≡ 3 (mod 4), their product of full length."""
        return bool(
            self.p % 4 == self.q % 4 == 3
            and (self.p * self.q).bit_length() == parameters.modulus_bits
            and gmpy2.gcd(self.p, self.q) == 1
        )
