"""The parameter sets of BG-KEM/1 (PROTOCOL §11)."""

from dataclasses import dataclass

from framework.plugin import ConfigurationError

SECRET_SIZE = 32
"""Bytes in m, in its keystream, in the rejection secret and in the shared secret."""

SQUARINGS = 8 * SECRET_SIZE
"""Squarings that yield the keystream: one bit each, the provable choice, for to tell the lowest bit of a square
root from a random bit is as hard as to factor n (Vazirani and Vazirani 1984; Alexi, Chor, Goldreich and
Schnorr 1988)."""

LEAST_MODULUS_BITS = 2048
"""A shorter modulus is below 112 bits of security and not allowed by anyone (SP 800-57 Part 1 Rev. 5, table 2)."""


@dataclass(frozen=True)
class Parameters:
    """One parameter set: a modulus of `modulus_bits`, a multiple of 16 not below 2048, else ConfigurationError.

    `security_bits` is the strength of factoring such a modulus (SP 800-57 Part 1 Rev. 5, table 2).
    """

    name: str
    modulus_bits: int
    security_bits: int

    def __post_init__(self) -> None:
        if self.modulus_bits < LEAST_MODULUS_BITS or self.modulus_bits % 16:
            raise ConfigurationError(f"a modulus of {self.modulus_bits} bits is too short or no multiple of 16")

    @property
    def modulus_size(self) -> int:
        """Bytes in n."""
        return self.modulus_bits // 8

    @property
    def prime_bits(self) -> int:
        """Bits in p and in q."""
        return self.modulus_bits // 2

    @property
    def prime_size(self) -> int:
        """Bytes in p and in q."""
        return self.modulus_bits // 16


BG_3072 = Parameters("bg", modulus_bits=3072, security_bits=128)
BG_2048 = Parameters("bg2048", modulus_bits=2048, security_bits=112)
