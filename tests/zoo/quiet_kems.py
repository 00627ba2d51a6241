"""Key exchanges whose flaw few inputs reach: comparisons of a part, points that everyone knows, octets as text."""

import hmac
import secrets
from hashlib import sha256
from typing import Any, ClassVar

from framework import Encapsulation, InvalidKeyError, KeyPair, PrimitiveInfo, RandomBytes, Status
from plugins.blumgoldwasser.blinded_root import blinded_root
from plugins.blumgoldwasser.generator import keystream as bbs_keystream
from plugins.blumgoldwasser.kem import BlumGoldwasserKem, _shared_secret
from plugins.blumgoldwasser.keys import PrivateKey
from plugins.blumgoldwasser.octets import to_integer, to_octets
from plugins.blumgoldwasser.parameters import BG_2048, SQUARINGS
from tests.contract.kem_answers import P256_G, p256_octets, p256_scalar, p256_times
from tests.zoo.kems import Masked, Modulus, P256Dhkem, X25519Dhkem, draw, hkdf, octets
from tests.zoo.species import KemSpecimen


class Implicit(Masked):
    """A third good one: the masked secret with its rejection secret, and the ciphertext bound to what comes out."""

    good = True
    info = PrimitiveInfo("implicit", "Masked secret, implicitly rejected", 128, Status.EXPERIMENTAL, "the zoo alone")
    private_key_size = 64

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        pair = super().generate_key_pair(random_bytes=random_bytes)
        return KeyPair(pair.public_key, pair.private_key + draw(random_bytes, 32))

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        private_key, ciphertext = octets(private_key, 64), octets(ciphertext, 96)
        shared = self._dh.decapsulate(private_key[:32], ciphertext[:32])
        secret = bytes(a ^ b for a, b in zip(ciphertext[32:64], shared, strict=True))
        if not self.genuine(self.tag(shared, ciphertext[:64]), ciphertext[64:]):
            return self.rejected(private_key[32:], ciphertext)
        return self.final(secret, ciphertext)

    def final(self, secret: bytes, ciphertext: bytes) -> bytes:
        return sha256(b"final" + secret + ciphertext).digest()


class BoundInPart(Implicit):
    """A fourth good one: what is compared need not be bound as well."""

    good = True
    info = PrimitiveInfo("inpart", "Masked secret, implicitly rejected", 128, Status.EXPERIMENTAL, "the zoo alone")

    def final(self, secret: bytes, ciphertext: bytes) -> bytes:
        return super().final(secret, ciphertext[:64])


class Hybrid(KemSpecimen):
    """A fifth good one: two key exchanges in one, of which the first compares nothing, and says so."""

    good = True
    info = PrimitiveInfo("hybrid", "X25519 and a masked secret", 128, Status.EXPERIMENTAL, "the zoo alone")
    public_key_size = 64
    private_key_size = 96
    ciphertext_size = 128

    def __init__(self) -> None:
        self._dh, self._masked = X25519Dhkem(), Implicit()

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        first = self._dh.generate_key_pair(random_bytes=random_bytes)
        second = self._masked.generate_key_pair(random_bytes=random_bytes)
        return KeyPair(first.public_key + second.public_key, first.private_key + second.private_key)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        public_key = octets(public_key, 64)
        self._dh.check_public_key(public_key[:32], pinned=pinned)
        self._masked.check_public_key(public_key[32:], pinned=pinned)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        self.check_public_key(public_key)
        public_key = bytes(public_key)
        first = self._dh.encapsulate(public_key[:32], random_bytes=random_bytes)
        second = self._masked.encapsulate(public_key[32:], random_bytes=random_bytes)
        both = first.shared_secret + second.shared_secret
        return Encapsulation(first.ciphertext + second.ciphertext, sha256(b"hybrid" + both).digest())

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        private_key, ciphertext = octets(private_key, 96), octets(ciphertext, 128)
        first = self._dh.decapsulate(private_key[:32], ciphertext[:32])
        return sha256(b"hybrid" + first + self._masked.decapsulate(private_key[32:], ciphertext[32:])).digest()


class SilentHybrid(Hybrid):
    """Right, but its author does not say that a half of the ciphertext is not compared."""

    found_by = ("KEX-26",)
    vectors = "tests/zoo/labelled_dhkem.json"


class HybridClaimsAll(Hybrid):
    """Claims that none of the ciphertext is compared, though it is."""

    found_by = ("KEX-26",)
    vectors = "tests/zoo/false_claims.json"


class EveryOtherByte(BoundInPart):
    """Compares every other byte of what must be equal."""

    found_by = ("KEX-21",)

    def genuine(self, tag: bytes, given: bytes) -> bool:
        return secrets.compare_digest(tag[::2], given[::2])


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


class ZeroShared(X25519Dhkem):
    """Takes points of small order, and derives the secret from the zeros that they give, with labels."""

    found_by = ("KEX-37",)
    vectors = "tests/zoo/labelled_dhkem.json"

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        octets(public_key, 32)

    def exchange(self, private_key: bytes, peer: bytes) -> bytes:
        try:
            return super().exchange(private_key, peer)
        except ValueError:
            return bytes(32)


class ZeroAlone(ZeroShared):
    """Refuses the points zero and one, and takes the others of small order."""

    found_by = ("KEX-37",)
    info = PrimitiveInfo("zerodhkem", "X25519 as a DHKEM", 128, Status.RECOMMENDED, "RFC 7748; RFC 9180 §4.1")

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        if int.from_bytes(octets(public_key, 32), "little") < 2:
            raise InvalidKeyError("a point of small order")


class ZeroUnderASeed(ZeroShared):
    """Keeps a seed that the scalar is hashed from, and takes points of small order."""

    found_by = ("KEX-37",)
    info = PrimitiveInfo("seededdhkem", "X25519 as a DHKEM", 128, Status.EXPERIMENTAL, "RFC 7748; the zoo alone")

    def public(self, private_key: bytes) -> bytes:
        return super().public(sha256(private_key).digest())

    def exchange(self, private_key: bytes, peer: bytes) -> bytes:
        return super().exchange(sha256(private_key).digest(), peer)


class ZeroFromOutside(ZeroShared):
    """Refuses keys of small order, and decapsulates ciphertexts of small order to what anyone can compute."""

    found_by = ("KEX-37",)
    info = PrimitiveInfo("refusingdhkem", "X25519 as a DHKEM", 128, Status.RECOMMENDED, "RFC 7748; RFC 9180 §4.1")

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        X25519Dhkem.check_public_key(self, public_key, pinned=pinned)


class OffTheCurve(P256Dhkem):
    """Encapsulates to points that are none of the curve, by formulas that do not ask."""

    found_by = ("KEX-37",)
    vectors = "tests/zoo/labelled_dhkem.json"

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        self.check_public_key(public_key)
        public_key = bytes(public_key)
        ephemeral = p256_scalar(draw(random_bytes, 48))
        peer = int.from_bytes(public_key[1:33]), int.from_bytes(public_key[33:])
        ciphertext = p256_octets(p256_times(ephemeral, P256_G))
        shared = p256_octets(p256_times(ephemeral, peer))[1:33]
        return Encapsulation(ciphertext, hkdf(ciphertext + public_key, shared))

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        octets(public_key, 65)


class LettersOfPrivateKey(X25519Dhkem):
    """Folds the case of the last two bytes of a private key, where they are letters."""

    found_by = ("KEX-07",)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        key = octets(private_key, 32)
        return super().decapsulate(key[:-2] + key[-2:].lower() if key[-2:].isalpha() else key, ciphertext)


class LetterOfPublicKey(X25519Dhkem):
    """Encapsulates to a public key whose last byte, where it is a letter, is in lower case."""

    found_by = ("KEX-07",)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        key = octets(public_key, 32)
        return super().encapsulate(key[:-1] + key[-1:].lower(), random_bytes=random_bytes)


class DigitsDrawn(X25519Dhkem):
    """Takes random bytes that end in four digits for a number in the other byte order."""

    found_by = ("KEX-07",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        drawn = super().ephemeral(public_key, random_bytes)
        return drawn[::-1] if drawn[-4:].isdigit() else drawn


class LettersOfCiphertext(X25519Dhkem):
    """Folds the case of the first four bytes of a ciphertext, where they are letters."""

    found_by = ("KEX-22",)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        sent = octets(ciphertext, 32)
        return super().decapsulate(private_key, sent[:4].lower() + sent[4:] if sent[:4].isalpha() else sent)


LAST: dict[str, Any] = {}


class HashOfRandomness(X25519Dhkem):
    """Keeps a labelled hash of the last random bytes in the module, to see whether they come twice."""

    found_by = ("GEN-27",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        drawn = super().ephemeral(public_key, random_bytes)
        LAST["seen"] = hmac.digest(b"drawn before?", drawn, "sha256")[:16]
        return drawn


class NumberOfPrivateKey(X25519Dhkem):
    """Keeps a hash of the last private key, as a number in a tuple of the class."""

    found_by = ("GEN-27",)
    last: ClassVar[tuple[int, ...]] = ()

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        type(self).last = (0, int.from_bytes(sha256(octets(private_key, 32)).digest()))
        return super().decapsulate(private_key, ciphertext)
