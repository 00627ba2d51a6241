"""Attack 33: a client sends an ephemeral key that no honest one makes, to learn from what the bank does with it.

BitForge (CVE-2023-33241) lived on moduli that nobody checked. A correct system checks a key before it is used; the
bank ends such a handshake like every other that fails, and sends no M2 (PROTOCOL §4.8, §11.1).
"""

import secrets

import gmpy2

from app.protocol.names import APPLICATION, SERVER_NAME
from framework import Channel, KeyPair
from framework.events import FailureReason
from tests.attacks.scene import DES3, Stage, fail_silently_together, now_ms

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


async def test_moduli_that_are_none(stage: Stage) -> None:
    async with stage(DES3) as scene:
        private_key = scene.take_ephemeral().private_key
        faults = []
        for number, modulus in enumerate(bad_moduli().values(), start=1):
            channel = Channel.client(
                scene.suite,
                scene.key_pair.public_key,
                now=now_ms(),
                ephemeral=KeyPair(modulus.to_bytes(BITS // 8), private_key),
                application=APPLICATION,
                server_name=SERVER_NAME,
            )
            faults.append((await scene.proxy.dial(f"127.0.1.{number}"), channel.data_to_send()))
        await fail_silently_together(faults)
        reasons = [scene.failures_at_bank(bank) for bank, _ in faults]
        assert reasons == [[FailureReason.AUTHENTICATION]] * len(faults)
        assert all(bank.byte_count == 0 for bank, _ in faults)
