"""The parameter sets of BG-KEM/1 (PROTOCOL, section BG-KEM/1)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameters:
    """One parameter set. Sizes are in bytes and follow from `modulus_bits`, a multiple of 16.

    `squaring_bits` is b, the keystream bits taken from each square. One is the provable choice: to tell that
    bit from a random one is as hard as to factor n (Alexi, Chor, Goldreich and Schnorr 1988; Vazirani and
    Vazirani 1984).
    """

    name: str
    modulus_bits: int
    security_bits: int
    squaring_bits: int = 1

    @property
    def modulus_size(self) -> int:
        return self.modulus_bits // 8

    @property
    def prime_bits(self) -> int:
        return self.modulus_bits // 2

    @property
    def prime_size(self) -> int:
        return self.modulus_bits // 16

    @property
    def squarings(self) -> int:
        """The squarings that yield the keystream: t = ceil(256 / b)."""
        return -(-8 * MESSAGE_SIZE // self.squaring_bits)


MESSAGE_SIZE = 32
"""Bytes in m, in the rejection secret, in the shared secret and in a SHA3-256 digest."""

BG_3072 = Parameters("bg", modulus_bits=3072, security_bits=128)
"""A 3072-bit modulus: 128 bits against factoring (SP 800-57 Part 1 Rev. 5, table 2)."""

BG_2048 = Parameters("bg2048", modulus_bits=2048, security_bits=112)
"""A 2048-bit modulus: 112 bits against factoring (the same table)."""
