"""Broken on purpose: plugins whose flaws the checks in `checks/key_exchange/comparison.py` find."""

import secrets

from plugins.blumgoldwasser.blinded_root import blinded_root
from plugins.blumgoldwasser.generator import keystream as bbs_keystream
from plugins.blumgoldwasser.kem import BlumGoldwasserKem, _shared_secret
from plugins.blumgoldwasser.keys import PrivateKey
from plugins.blumgoldwasser.octets import to_integer, to_octets
from plugins.blumgoldwasser.parameters import BG_2048, SQUARINGS
from tests.zoo.key_exchange.genuine import BoundInPart, Hybrid, Implicit, Modulus


class SilentHybrid(Hybrid):
    """Right, but its author does not say that a half of the ciphertext is not compared."""

    found_by = ("KEX-26",)
    vectors = "tests/zoo/labelled_dhkem.json"


class HybridClaimsAll(Hybrid):
    """Claims that none of the ciphertext is compared, though it is."""

    found_by = ("KEX-26",)
    vectors = "tests/zoo/false_claims.json"


class SumOfTag(BoundInPart):
    """Compares the sums of the bytes."""

    found_by = ("KEX-25",)

    def genuine(self, tag: bytes, given: bytes) -> bool:
        return sum(tag) == sum(given)


class XorOfTag(BoundInPart):
    """Compares the XOR of the words."""

    found_by = ("KEX-25",)

    def genuine(self, tag: bytes, given: bytes) -> bool:
        return folded(tag) == folded(given)


def folded(tag: bytes) -> int:
    folded = 0
    for at in range(0, len(tag), 4):
        folded ^= int.from_bytes(tag[at : at + 4])
    return folded


class BoundEveryOther(Implicit):
    """Compares every other byte; the ciphertext is bound, so that what is let through looks like a rejection."""

    found_by = ("KEX-26",)

    def genuine(self, tag: bytes, given: bytes) -> bool:
        return secrets.compare_digest(tag[::2], given[::2])


class BoundSum(Implicit):
    """Compares the sums of the bytes; the ciphertext is bound."""

    found_by = ("KEX-26",)

    def genuine(self, tag: bytes, given: bytes) -> bool:
        return sum(tag) == sum(given)


class BoundLastBytes(Implicit):
    """Compares the last four bytes; the ciphertext is bound."""

    found_by = ("KEX-26",)

    def genuine(self, tag: bytes, given: bytes) -> bool:
        return secrets.compare_digest(tag[-4:], given[-4:])


class BoundOneByte(Implicit):
    """Compares one byte, so that one bad ciphertext in 256 is let through, whatever was changed."""

    found_by = ("KEX-26",)

    def genuine(self, tag: bytes, given: bytes) -> bool:
        return tag[0] == given[0]


class OneComponent(Modulus):
    """Re-encrypts with the root that it found, and so compares the last component of the ciphertext alone."""

    found_by = ("KEX-26",)

    def __init__(self) -> None:
        super().__init__()
        kem = self._kem

        def decapsulate(private_key: bytes, ciphertext: bytes) -> bytes:
            rejected = kem.decapsulate(private_key, ciphertext)
            return let_through(kem, PrivateKey.parse(BG_2048, private_key), bytes(ciphertext)) or rejected

        self.decapsulate = decapsulate


def let_through(kem: BlumGoldwasserKem, private: PrivateKey, ciphertext: bytes) -> bytes | None:
    if not private.is_usable(BG_2048):
        return None
    n, masked, z = private.p * private.q, ciphertext[:32], ciphertext[32:]
    root = blinded_root(to_integer(z), private.p, private.q, SQUARINGS + 1)
    stream, again = bbs_keystream(root, n, SQUARINGS, width=1)
    secret, _ = kem._expand(n, to_octets(to_integer(masked) ^ stream, 32))
    return _shared_secret(secret, ciphertext) if to_octets(again, 256) == z else None
