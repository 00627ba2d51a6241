"""Attacks 33 and 39: a client sends an ephemeral key that no honest one makes, to learn from what the bank does."""

import secrets

import gmpy2

from framework import KeyPair
from tests.attacks.attack import AUTHENTICATION, BANK, Attack, expect, refused, variants
from tests.attacks.requests import CTR, DES3, GCM
from tests.attacks.stage import Stage

BITS = 3072


def without_small_factors(bits: int, residue: int) -> int:
    """A number of so many bits, of this residue modulo 4, with no prime factor below 2000."""
    while True:
        n = secrets.randbits(bits - 2) << 2 | residue | 1 << bits - 1
        if gmpy2.gcd(n, gmpy2.primorial(1999)) == 1:
            return n


def square_without_small_factors() -> int:
    """A square of exactly the right length."""
    while True:
        square = without_small_factors(BITS // 2, 3) ** 2
        if square.bit_length() == BITS:
            return square


def bad_moduli() -> dict[str, int]:
    """Moduli with one thing wrong each: whatever else is looked at is as it should be."""
    top = 1 << BITS - 1
    return {
        "zero": 0,
        "one": 1,
        "even": without_small_factors(BITS, 1) + 1,
        "3 modulo 4": without_small_factors(BITS, 3),
        "a square": square_without_small_factors(),
        "a bit short": without_small_factors(BITS - 1, 1),
        "divisible by 3": next(n for n in range(top + 1, top + 100, 4) if n % 3 == 0),
        "divisible by 1999": next(n for n in range(top + 1, top + 10_000, 4) if n % 1999 == 0),
    }


P = 2**255 - 19
SMALL_ORDER = {
    "zero": 0,
    "one": 1,
    "order 8": 325606250916557431795983626356110631294008115727848805560023387167927233504,
    "minus one": P - 1,
    "p": P,
    "p + 1": P + 1,
}
"""Points of small order on Curve25519, canonical and not: with each the shared secret is one that everybody knows."""


async def refuses_keys(stage: Stage, suite: str, public_keys: list[bytes]) -> None:
    async with stage(suite) as scene:
        private_key = scene.take_ephemeral().private_key
        faults = []
        for number, public_key in enumerate(public_keys, start=1):
            rogue = scene.rogue_client(KeyPair(public_key, private_key))
            faults.append((await scene.proxy.dial(f"127.0.1.{number}"), rogue.m1()))
        await scene.refuse_all(faults)
        expect(not any(bank.byte_count for bank, _ in faults), "the bank sends no M2")


async def moduli_that_are_none(stage: Stage) -> None:
    await refuses_keys(stage, DES3, [modulus.to_bytes(BITS // 8) for modulus in bad_moduli().values()])


async def points_of_small_order(stage: Stage, suite: str) -> None:
    await refuses_keys(stage, suite, [point.to_bytes(32, "little") for point in SMALL_ORDER.values()])


ATTACK = Attack(
    33,
    "Bad moduli",
    "§4.8, §11.1",
    "sends an ephemeral modulus that is zero, even, a square, too short or divisible by a small prime, to learn from "
    "what the bank does with it; BitForge (CVE-2023-33241) lived on moduli that nobody checked",
    "A key is checked before it is used. The bank ends such a handshake like every other that fails, and sends no M2.",
    tuple(variants(moduli_that_are_none, expected=refused(BANK, AUTHENTICATION))),
)

POINTS = Attack(
    39,
    "Points of small order",
    "§4.8",
    "sends an ephemeral point of X25519 of small order, in every encoding, with which the secret is known to everybody",
    "The key exchange refuses such a key. The bank ends such a handshake like every other that fails, and sends no M2.",
    tuple(variants(points_of_small_order, suite=(CTR, GCM), expected=refused(BANK, AUTHENTICATION))),
)
