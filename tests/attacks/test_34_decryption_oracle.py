"""Attack 34: ciphertexts of one's own making are sent in M1, to learn from the bank's reaction what they decrypt to.

Textbook Blum-Goldwasser gives its key away to whoever may ask so; Bleichenbacher's attack on RSA (1998) and ROBOT
(CVE-2017-13099) asked servers. A correct system cannot be asked: a ciphertext that is not genuine yields another
secret, so that every M1 but a genuine one fails at the same place, in the same way (PROTOCOL §4.8, §11.3).
"""

import os
from collections.abc import Iterator

import gmpy2
import pytest

from framework.events import FailureReason
from framework.handshake.key_schedule import mac1
from tests.attacks.hostile_proxy import HEADER
from tests.attacks.scene import CTR, DES3, Scene, Stage, fail_silently_together

MAC1_SIZE, NONCE_SIZE, MASKED_SIZE = 16, 32, 32


def with_ciphertext(scene: Scene, ciphertext: bytes) -> bytes:
    """A genuine M1 with another ciphertext, and a filter that is right: anyone can make it."""
    m1 = scene.client_channel().data_to_send()
    header, body = m1[: HEADER.size], m1[HEADER.size + MAC1_SIZE :]
    body = body[:NONCE_SIZE] + ciphertext + body[NONCE_SIZE + len(ciphertext) :]
    return header + mac1(scene.key_pair.public_key, header, body) + body


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


async def test_blum_goldwasser(stage: Stage) -> None:
    async with stage(DES3) as scene:
        faults = []
        for number, ciphertext in enumerate(malformed(scene), start=1):
            faults.append((await scene.proxy.dial(f"127.0.1.{number}"), with_ciphertext(scene, ciphertext)))
        await fail_silently_together(faults)
        reasons = [scene.failures_at_bank(bank) for bank, _ in faults]
        assert reasons == [[FailureReason.AUTHENTICATION]] * len(faults)
        details = {record.getMessage().partition("failed: ")[2] for record in scene.log.records[-len(faults) :]}
        assert len(details) == 1, "not even the bank's own log tells them apart"


@pytest.mark.parametrize("ciphertext", [bytes(32), b"\x01" + bytes(31), b"\xff" * 32])
async def test_x25519(stage: Stage, ciphertext: bytes) -> None:
    """Points of small order among them, with which a careless exchange gives a secret that everybody knows."""
    async with stage(CTR) as scene:
        bank = await scene.proxy.dial()
        await fail_silently_together([(bank, with_ciphertext(scene, ciphertext))])
        assert scene.failures_at_bank(bank) == [FailureReason.AUTHENTICATION]
