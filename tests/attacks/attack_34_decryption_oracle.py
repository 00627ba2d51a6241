"""Attack 34: ciphertexts of one's own making are sent in M1, to learn what they decrypt to from how the bank reacts."""

import os
from collections.abc import Iterator

import gmpy2

from tests.attacks.attack import AUTHENTICATION, BANK, Attack, expect_same, refused, variants
from tests.attacks.network import HEADER
from tests.attacks.requests import CTR, DES3
from tests.attacks.rogue import MAC1_SIZE, NONCE_SIZE, filtered
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage

MASKED_SIZE = 32


def with_ciphertext(scene: Scene, ciphertext: bytes) -> bytes:
    """A genuine M1 with another ciphertext, and a filter that is right: anyone can make it."""
    m1 = scene.fresh_m1()
    header, body = m1[: HEADER.size], m1[HEADER.size + MAC1_SIZE :]
    rest = body[:NONCE_SIZE] + ciphertext + body[NONCE_SIZE + len(ciphertext) :]
    return filtered(scene.key_pair.public_key, header, rest)


def malformed(scene: Scene) -> Iterator[bytes]:
    """Ciphertexts of Blum-Goldwasser as an attacker would choose them, with and without a genuine half."""
    kex = scene.suite.key_exchange
    n = int.from_bytes(scene.key_pair.public_key)
    p = int.from_bytes(scene.key_pair.private_key[: len(scene.key_pair.public_key) // 2])
    size = kex.public_key_size
    genuine = kex.encapsulate(scene.key_pair.public_key).ciphertext
    masked, z = genuine[:MASKED_SIZE], int.from_bytes(genuine[MASKED_SIZE:])
    non_residue = next(x for x in range(2, 1000) if gmpy2.jacobi(x, n) == -1)
    for other in (0, 1, 2, n - 1, n, n + 1, 2 ** (8 * size) - 1, non_residue, n - z, z * z % n, p, z + n):
        if other < 2 ** (8 * size):
            yield masked + other.to_bytes(size)
    yield bytes(MASKED_SIZE) + genuine[MASKED_SIZE:]
    yield genuine[:-1] + bytes([genuine[-1] ^ 1])
    yield bytes([genuine[0] ^ 1]) + genuine[1:]
    yield os.urandom(len(genuine))


async def blum_goldwasser(stage: Stage) -> None:
    """Not even the bank's own log tells them apart."""
    async with stage(DES3) as scene:
        faults = []
        for number, ciphertext in enumerate(malformed(scene), start=1):
            faults.append((await scene.proxy.dial(f"127.0.1.{number}"), with_ciphertext(scene, ciphertext)))
        await scene.refuse_all(faults)
        details = {failure.message for failure in scene.log.failures[-len(faults) :]}
        expect_same(len(details), 1, "different lines in the log")


async def x25519(stage: Stage, name: str) -> None:
    """Points of small order among them, with which a careless exchange gives a secret that everybody knows."""
    ciphertext = {"zero": bytes(32), "one": b"\x01" + bytes(31), "all ones": b"\xff" * 32}[name]
    async with stage(CTR) as scene:
        await scene.refuses(await scene.proxy.dial(), with_ciphertext(scene, ciphertext))


ATTACK = Attack(
    34,
    "Using the bank as a decryption oracle",
    "§4.8, §11.3",
    "sends ciphertexts of his own making in M1, to learn from the bank's reaction what they decrypt to; textbook "
    "Blum-Goldwasser gives its key away to whoever may ask so, and ROBOT (CVE-2017-13099) asked servers",
    "A ciphertext that is not genuine yields another secret, so every M1 but a genuine one fails at the same place, in "
    "the same way.",
    (
        *variants(blum_goldwasser, expected=refused(BANK, AUTHENTICATION)),
        *variants(x25519, name=("zero", "one", "all ones"), expected=refused(BANK, AUTHENTICATION)),
    ),
)
