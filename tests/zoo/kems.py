"""Key exchanges right and wrong: X25519 and P-256 as DHKEM, and Blum-Goldwasser keys that should not be."""

import secrets
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from itertools import count
from typing import Any, ClassVar

import gmpy2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from framework import Encapsulation, InvalidKeyError, KeyPair, MisuseError, PrimitiveInfo, RandomBytes, Status
from framework.contract.inputs.drbg import Drbg
from plugins.blumgoldwasser.kem import BlumGoldwasserKem
from plugins.blumgoldwasser.parameters import BG_2048
from tests.contract.kem_answers import P256_N, SMALL_ORDER, p256_scalar
from tests.zoo.species import KemSpecimen


def octets(value: Any, size: int) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError("bytes are due")
    if memoryview(value).nbytes != size:
        raise InvalidKeyError(f"{size} bytes are due")
    return bytes(value)


def draw(random_bytes: RandomBytes, size: int) -> bytes:
    drawn: object = random_bytes(size)
    if not isinstance(drawn, bytes) or len(drawn) != size:
        raise MisuseError("no source of randomness")
    return drawn


def hkdf(salt: bytes, secret: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, b"zoo dhkem").derive(secret)


class X25519Dhkem(KemSpecimen):
    """The good one, in pieces that a specimen replaces."""

    good = True
    info = PrimitiveInfo("x25519dhkem", "X25519 as a DHKEM", 128, Status.RECOMMENDED, "RFC 7748; RFC 9180 §4.1")
    public_key_size = 32
    private_key_size = 32
    ciphertext_size = 32

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        private_key = draw(random_bytes, 32)
        return KeyPair(self.public(private_key), private_key)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        self.check_public_key(public_key)
        public_key = bytes(public_key)
        ephemeral = self.ephemeral(public_key, random_bytes)
        ciphertext = self.public(ephemeral)
        shared = self.exchange(ephemeral, public_key)
        return Encapsulation(ciphertext, self.derive(shared, ciphertext, public_key))

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        private_key, ciphertext = octets(private_key, 32), octets(ciphertext, 32)
        try:
            shared = self.exchange(private_key, ciphertext)
        except ValueError:
            return self.reject(private_key, ciphertext)
        return self.derive(shared, ciphertext, self.public(private_key))

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        encoded = octets(public_key, 32)
        if encoded[:31] + bytes([encoded[31] & 0x7F]) in small_order():
            raise InvalidKeyError("a point of small order")

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        return draw(random_bytes, 32)

    def public(self, private_key: bytes) -> bytes:
        return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()

    def exchange(self, private_key: bytes, peer: bytes) -> bytes:
        key = X25519PrivateKey.from_private_bytes(private_key)
        return key.exchange(X25519PublicKey.from_public_bytes(peer))

    def derive(self, shared: bytes, ciphertext: bytes, public_key: bytes) -> bytes:
        return hkdf(ciphertext + public_key, shared)

    def reject(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return sha256(b"zoo dhkem rejection" + private_key + ciphertext).digest()


@cache
def small_order() -> frozenset[bytes]:
    return frozenset(bytes.fromhex(point) for point in SMALL_ORDER)


class P256Dhkem(KemSpecimen):
    """A second good one, over P-256, with uncompressed points."""

    good = True
    info = PrimitiveInfo("p256dhkem", "P-256 as a DHKEM", 128, Status.RECOMMENDED, "SP 800-186; RFC 9180 §4.1")
    public_key_size = 65
    private_key_size = 32
    ciphertext_size = 65

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        scalar = p256_scalar(draw(random_bytes, 48))
        return KeyPair(_point(scalar), scalar.to_bytes(32))

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        self.check_public_key(public_key)
        ephemeral = p256_scalar(draw(random_bytes, 48))
        ciphertext = _point(ephemeral)
        return Encapsulation(ciphertext, hkdf(ciphertext + bytes(public_key), _shared(ephemeral, bytes(public_key))))

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        private_key, ciphertext = octets(private_key, 32), octets(ciphertext, 65)
        scalar = int.from_bytes(private_key)
        try:
            return hkdf(ciphertext + _point(scalar), _shared(scalar, ciphertext))
        except ValueError:
            return sha256(b"zoo dhkem rejection" + private_key + ciphertext).digest()

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        encoded = octets(public_key, 65)
        try:
            _peer(encoded)
        except ValueError:
            raise InvalidKeyError("no point of the curve") from None


def _point(scalar: int) -> bytes:
    if not 0 < scalar < P256_N:
        raise ValueError("no scalar")
    numbers = ec.derive_private_key(scalar, ec.SECP256R1()).public_key().public_numbers()
    return b"\x04" + numbers.x.to_bytes(32) + numbers.y.to_bytes(32)


def _peer(encoded: bytes) -> ec.EllipticCurvePublicKey:
    if encoded[0] != 4:
        raise ValueError("not an uncompressed point")
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), encoded)


def _shared(scalar: int, peer: bytes) -> bytes:
    return ec.derive_private_key(scalar, ec.SECP256R1()).exchange(ec.ECDH(), _peer(peer))


# --- both sides ---


class StripsZeros(X25519Dhkem):
    """Strips leading zeros off the secret."""

    found_by = ("KEX-01",)

    def derive(self, shared: bytes, ciphertext: bytes, public_key: bytes) -> bytes:
        return super().derive(shared, ciphertext, public_key).lstrip(b"\0")


class LongSecret(X25519Dhkem):
    """Gives a secret of 64 bytes."""

    found_by = ("KEX-01",)

    def derive(self, shared: bytes, ciphertext: bytes, public_key: bytes) -> bytes:
        return 2 * super().derive(shared, ciphertext, public_key)


class TupleForPair(X25519Dhkem):
    """Gives a tuple instead of an Encapsulation."""

    found_by = ("KEX-01",)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Any:
        sent = super().encapsulate(public_key, random_bytes=random_bytes)
        return sent.ciphertext, sent.shared_secret


class FailsSometimes(X25519Dhkem):
    """Agrees unless the shared point begins with a byte above 250."""

    found_by = ("KEX-01",)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        private_key, ciphertext = octets(private_key, 32), octets(ciphertext, 32)
        try:
            if self.exchange(private_key, ciphertext)[0] > 240:
                return self.reject(private_key, ciphertext)
        except ValueError:
            return self.reject(private_key, ciphertext)
        return super().decapsulate(private_key, ciphertext)


class PairDoesNotMatch(X25519Dhkem):
    """Keeps a public key between calls, which is then another private key's."""

    found_by = ("KEX-01",)
    kept: ClassVar[dict[str, bytes]] = {}

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        pair = super().generate_key_pair(random_bytes=random_bytes)
        return KeyPair(self.kept.setdefault("public", pair.public_key), pair.private_key)


class OneEphemeral(X25519Dhkem):
    """Makes one ephemeral key for each public key and keeps it."""

    found_by = ("KEX-02",)
    kept: ClassVar[dict[bytes, bytes]] = {}

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        return self.kept.setdefault(public_key, draw(random_bytes, 32))


class FixedAtImport(X25519Dhkem):
    """Draws once, when the class is made, and goes on from there."""

    found_by = ("KEX-02", "KEX-11")
    seed: ClassVar[bytes] = secrets.token_bytes(32)

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        return KeyPair(self.public(self.seed), self.seed)


class RefusesHalf(X25519Dhkem):
    """When pinned, refuses keys whose top bits are set."""

    found_by = ("KEX-03",)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        super().check_public_key(public_key)
        if pinned and public_key[0] & 1:
            raise InvalidKeyError("odd")


class CheckAnswers(X25519Dhkem):
    """check_public_key answers True."""

    found_by = ("KEX-03",)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> Any:
        super().check_public_key(public_key)
        return True


class NotBoundToKey(X25519Dhkem):
    """Derives the secret from the ephemeral's hash alone, sealed to the key by XOR of a byte."""

    found_by = ("KEX-04",)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        sent = super().encapsulate(public_key, random_bytes=random_bytes)
        return Encapsulation(sent.ciphertext, sha256(b"secret of" + sent.ciphertext).digest())

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        octets(private_key, 32)
        return sha256(b"secret of" + octets(ciphertext, 32)).digest()


class LastKeyServes(X25519Dhkem):
    """Keeps the private key that it was given first."""

    found_by = ("KEX-05", "KEX-04")
    kept: ClassVar[dict[bytes, bytes]] = {}

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        octets(private_key, 32)
        return super().decapsulate(self.kept.setdefault(b"", bytes(private_key)), ciphertext)


class RemembersSecrets(X25519Dhkem):
    """Answers for a ciphertext that it knows from memory, whoever asks."""

    found_by = ("KEX-05", "KEX-04")
    memory: ClassVar[dict[bytes, bytes]] = {}

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        octets(private_key, 32)
        octets(ciphertext, 32)
        if ciphertext not in self.memory:
            self.memory[bytes(ciphertext)] = super().decapsulate(private_key, ciphertext)
        return self.memory[bytes(ciphertext)]


class HashOfCiphertext(X25519Dhkem):
    """The secret is SHA-256 of ciphertext and public key."""

    found_by = ("KEX-06",)

    def derive(self, shared: bytes, ciphertext: bytes, public_key: bytes) -> bytes:
        return sha256(ciphertext + public_key).digest()


class AsciiSecret(X25519Dhkem):
    """The secret is hexadecimal text."""

    found_by = ("KEX-06",)

    def derive(self, shared: bytes, ciphertext: bytes, public_key: bytes) -> bytes:
        return super().derive(shared, ciphertext, public_key).hex()[:32].encode()


class SecretOnWire(X25519Dhkem):
    """Sends the ephemeral private key as the ciphertext's hash seed: the secret is what was sent."""

    found_by = ("KEX-06",)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        self.check_public_key(public_key)
        secret = draw(random_bytes, 32)
        return Encapsulation(secret, secret)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        octets(private_key, 32)
        return octets(ciphertext, 32)


# --- randomness ---


class OwnRandomness(X25519Dhkem):
    """Draws from `secrets` whatever source it is given."""

    found_by = ("KEX-11", "KEX-13")

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        return secrets.token_bytes(32)


class OwnKeyRandomness(X25519Dhkem):
    """Draws keys from `secrets`, ephemerals from the source."""

    found_by = ("KEX-11",)

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        return super().generate_key_pair()


class CounterKeys(X25519Dhkem):
    """Makes the n-th ephemeral from a counter."""

    found_by = ("KEX-11", "KEX-12")
    counter: ClassVar[Any] = count()

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        return sha256(b"ephemeral" + next(self.counter).to_bytes(8)).digest()


class ThirtyTwoBits(X25519Dhkem):
    """Stretches four random bytes to a key."""

    found_by = ("KEX-12",)

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        private_key = sha256(draw(random_bytes, 4)).digest()
        return KeyPair(self.public(private_key), private_key)


class ThrowsHalfAway(X25519Dhkem):
    """Draws 32 bytes and uses 8 of them."""

    found_by = ("KEX-12",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        return sha256(draw(random_bytes, 32)[:8]).digest()


class FallsBack(X25519Dhkem):
    """Falls back to a hash of the public key when the source fails."""

    found_by = ("KEX-13",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        try:
            return super().ephemeral(public_key, random_bytes)
        except OSError:
            return sha256(public_key).digest()


class TakesShortReads(X25519Dhkem):
    """Fills up what the source gave too little."""

    found_by = ("KEX-13",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        drawn: Any = random_bytes(32)
        return bytes(drawn).ljust(32, b"\0") if isinstance(drawn, bytes) else draw(random_bytes, 32)


class WaitsForAnother(X25519Dhkem):
    """Draws until two draws differ."""

    hangs = True
    found_by = ("KEX-13",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        drawn = draw(random_bytes, 32)
        while drawn == draw(random_bytes, 32):
            pass
        return drawn


# --- bad ciphertexts ---


class RaisesOnBadPoint(X25519Dhkem):
    """Raises for a ciphertext that is a point of small order."""

    found_by = ("KEX-22", "KEX-23")

    def reject(self, private_key: bytes, ciphertext: bytes) -> bytes:
        raise InvalidKeyError("a point of small order")


class CiphertextNotBound(X25519Dhkem):
    """Leaves the ciphertext out of the derivation, so that the ignored top bit gives a second one."""

    found_by = ("KEX-21",)

    def derive(self, shared: bytes, ciphertext: bytes, public_key: bytes) -> bytes:
        return hkdf(public_key, shared)


class ConstantRejection(X25519Dhkem):
    """Rejects with zeros."""

    found_by = ("KEX-22",)

    def reject(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return bytes(32)


class RandomRejection(X25519Dhkem):
    """Rejects with another secret each time."""

    found_by = ("KEX-22",)

    def reject(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return secrets.token_bytes(32)


class PublicRejection(X25519Dhkem):
    """Rejects with a hash of the ciphertext."""

    found_by = ("KEX-23",)

    def reject(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return sha256(ciphertext).digest()


class Masked(KemSpecimen):
    """A KEM that masks a random secret, made to be broken: Blum-Goldwasser's shape without its re-encryption."""

    info = PrimitiveInfo("masked", "Masked secret", 128, Status.EXPERIMENTAL, "nothing but the zoo")
    public_key_size = 32
    private_key_size = 32
    ciphertext_size = 96

    def __init__(self) -> None:
        self._dh = X25519Dhkem()

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        return self._dh.generate_key_pair(random_bytes=random_bytes)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        self._dh.check_public_key(public_key)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        sent = self._dh.encapsulate(public_key, random_bytes=random_bytes)
        secret = draw(random_bytes, 32)
        masked = bytes(a ^ b for a, b in zip(secret, sent.shared_secret, strict=True))
        tag = self.tag(sent.shared_secret, sent.ciphertext + masked)
        return Encapsulation(sent.ciphertext + masked + tag, self.final(secret, sent.ciphertext + masked + tag))

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        ciphertext = octets(ciphertext, 96)
        shared = self._dh.decapsulate(private_key, ciphertext[:32])
        secret = bytes(a ^ b for a, b in zip(ciphertext[32:64], shared, strict=True))
        if not self.genuine(self.tag(shared, ciphertext[:64]), ciphertext[64:]):
            return self.rejected(bytes(private_key), ciphertext)
        return self.final(secret, ciphertext)

    def tag(self, shared: bytes, rest: bytes) -> bytes:
        return sha256(b"tag" + shared + rest).digest()

    def genuine(self, tag: bytes, given: bytes) -> bool:
        return secrets.compare_digest(tag, given)

    def final(self, secret: bytes, ciphertext: bytes) -> bytes:
        return sha256(b"final" + secret).digest()

    def rejected(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return sha256(b"rejected" + private_key + ciphertext).digest()


class ComparesPrefix(Masked):
    """Compares the first 16 bytes of what must be equal."""

    found_by = ("KEX-21",)

    def genuine(self, tag: bytes, given: bytes) -> bool:
        return secrets.compare_digest(tag[:16], given[:16])


class ComparesStrings(Masked):
    """Compares like strcmp, up to the first zero byte."""

    found_by = ("KEX-21",)

    def genuine(self, tag: bytes, given: bytes) -> bool:
        return tag[:31] == given[:31]


class NoCheckAtAll(Masked):
    """Checks nothing, so that a flipped bit of the mask flips a bit of the secret; the tag is for show."""

    found_by = ("KEX-21",)

    def genuine(self, tag: bytes, given: bytes) -> bool:
        return True


class RaisesOnBadTag(Masked):
    """Raises InvalidKeyError for a ciphertext that is not genuine."""

    found_by = ("KEX-21",)

    def rejected(self, private_key: bytes, ciphertext: bytes) -> bytes:
        raise InvalidKeyError("not genuine")


class ValueErrorOnBadTag(Masked):
    """Raises ValueError for a ciphertext that is not genuine."""

    found_by = ("KEX-21",)

    def rejected(self, private_key: bytes, ciphertext: bytes) -> bytes:
        raise ValueError("not genuine")


class NoneOnBadTag(Masked):
    """Gives None for a ciphertext that is not genuine."""

    found_by = ("KEX-21",)

    def rejected(self, private_key: bytes, ciphertext: bytes) -> Any:
        return None


class RejectsWithoutCiphertext(Masked):
    """Rejects every bad ciphertext with one secret of the key."""

    found_by = ("KEX-21",)

    def rejected(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return sha256(b"rejected" + private_key).digest()


class RejectsWithoutKey(Masked):
    """Rejects with a hash that anyone can compute."""

    found_by = ("KEX-23",)

    def rejected(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return sha256(ciphertext).digest()


class RejectsAnew(Masked):
    """Rejects with fresh randomness."""

    found_by = ("KEX-21",)

    def rejected(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return secrets.token_bytes(32)


class TakesTrailingBytes(X25519Dhkem):
    """Reads the first 32 bytes of a ciphertext, whatever follows."""

    found_by = ("KEX-24",)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return super().decapsulate(private_key, ciphertext[:32])


class TakesLongPrivateKeys(X25519Dhkem):
    """Reads the first 32 bytes of a private key."""

    found_by = ("KEX-24",)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return super().decapsulate(private_key[:32], ciphertext)


class ValueErrorForLength(X25519Dhkem):
    """Lets the library's ValueError for a public key's length through."""

    found_by = ("KEX-24",)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        X25519PublicKey.from_public_bytes(bytes(public_key))


class PadsPublicKeys(X25519Dhkem):
    """Pads public keys that are short, as of integers."""

    found_by = ("KEX-24",)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        return super().encapsulate(bytes(public_key).ljust(32, b"\0"), random_bytes=random_bytes)


# --- keys ---


class EncapsulatesUnchecked(X25519Dhkem):
    """check_public_key refuses points of small order, encapsulate does not look and gives the zero secret's hash."""

    found_by = ("KEX-31",)

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        ephemeral = draw(random_bytes, 32)
        ciphertext = self.public(ephemeral)
        try:
            shared = self.exchange(ephemeral, octets(public_key, 32))
        except ValueError:
            shared = bytes(32)
        return Encapsulation(ciphertext, self.derive(shared, ciphertext, public_key))


class LetsValueErrorThrough(X25519Dhkem):
    """encapsulate lets the library's error for a point of small order through."""

    found_by = ("KEX-31",)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        octets(public_key, 32)


class SearchesForEver(X25519Dhkem):
    """Looks for a square root by trying, without end for a key that has none."""

    hangs = True
    found_by = ("KEX-31",)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        number = int.from_bytes(octets(public_key, 32))
        while number == 0:
            number = number * number % (2**255 - 19)
        super().check_public_key(public_key)


class PinnedLooksLess(X25519Dhkem):
    """Skips the check for pinned keys, as they are trusted."""

    found_by = ("KEX-31", "KEX-32")

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        if pinned:
            octets(public_key, 32)
        else:
            super().check_public_key(public_key)


class ForgetsTheTwist(X25519Dhkem):
    """Knows the zero point only among those of small order, and rejects the others' result with a hash."""

    found_by = ("KEX-32",)

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        if octets(public_key, 32) == bytes(32):
            raise InvalidKeyError("zero")

    def exchange(self, private_key: bytes, peer: bytes) -> bytes:
        try:
            return super().exchange(private_key, peer)
        except ValueError:
            if peer == bytes(32):
                raise
            return bytes(32)


class FailsOnDamagedKeys(P256Dhkem):
    """Raises for a private key that is no scalar."""

    found_by = ("KEX-33",)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        if not 0 < int.from_bytes(octets(private_key, 32)) < P256_N:
            raise InvalidKeyError("no scalar")
        return super().decapsulate(private_key, ciphertext)


class LoopsOnDamagedKeys(P256Dhkem):
    """Subtracts the order from a private key until it fits; the order is zero after a slip."""

    hangs = True
    found_by = ("KEX-33",)

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        while int.from_bytes(octets(private_key, 32)) >= P256_N:
            pass
        return super().decapsulate(private_key, ciphertext)


class MostlyConstantKeys(X25519Dhkem):
    """Private keys whose first half is a constant."""

    found_by = ("KEX-34",)

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        private_key = sha256(b"device").digest()[:16] + draw(random_bytes, 16)
        return KeyPair(self.public(private_key), private_key)


class Modulus(KemSpecimen):
    """Blum-Goldwasser with keys made another way; what is wrong is in `primes`."""

    vectors = "plugins/blumgoldwasser/contract_vectors.json"

    def __init__(self) -> None:
        self._kem = BlumGoldwasserKem(BG_2048)
        self.info = self._kem.info
        self.public_key_size = self._kem.public_key_size
        self.private_key_size = self._kem.private_key_size
        self.ciphertext_size = self._kem.ciphertext_size
        self.encapsulate = self._kem.encapsulate
        self.decapsulate = self._kem.decapsulate
        self.check_public_key = self._kem.check_public_key

    def primes(self, start: Callable[[int], int]) -> tuple[int, int]:
        return blum(start(1024)), blum(start(1024))

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        p, q = self.primes(lambda bits: int.from_bytes(draw(random_bytes, bits // 8)) | 3 << bits - 2)
        return KeyPair((p * q).to_bytes(256), p.to_bytes(128) + q.to_bytes(128) + draw(random_bytes, 32))


def blum(number: int) -> int:
    """The next prime that is 3 modulo 4."""
    prime = gmpy2.next_prime(number)
    while prime % 4 != 3:
        prime = gmpy2.next_prime(prime)
    return int(prime)


class ClosePrimes(Modulus):
    """q is the prime after p."""

    found_by = ("KEX-35",)

    def primes(self, start: Callable[[int], int]) -> tuple[int, int]:
        p = blum(start(1024))
        return p, blum(p)


class RelatedPrimes(Modulus):
    """q is the prime after five sixths of p."""

    found_by = ("KEX-35",)

    def primes(self, start: Callable[[int], int]) -> tuple[int, int]:
        p = blum(start(1024) | 7 << 1021)
        return p, blum(p * 5 // 6)


class SharedPrime(Modulus):
    """One prime is made once and used in every key."""

    found_by = ("KEX-35",)

    def primes(self, start: Callable[[int], int]) -> tuple[int, int]:
        return blum(start(1024)), fixed_prime()


@cache
def fixed_prime() -> int:
    return blum(int.from_bytes(Drbg("fixed").bytes(128)) | 3 << 1022)


class SmoothPrime(Modulus):
    """p - 1 is twice a product of primes below 4,096."""

    found_by = ("KEX-35",)

    def primes(self, start: Callable[[int], int]) -> tuple[int, int]:
        rng = Drbg(str(start(1024)))
        small = [prime for prime in range(3, 4096, 2) if gmpy2.is_prime(prime)]
        while True:
            rng.shuffle(small)
            product, factors = 2, iter(small)
            while product.bit_length() < 1013:
                product *= next(factors)
            for factor in factors:
                p = product * factor + 1
                if p.bit_length() == 1024 and p >> 1022 == 3 and gmpy2.is_prime(p):
                    return p, blum(start(1024))


class HidesTheModulus(Modulus):
    """Right, but its author does not say that the public key is a modulus."""

    found_by = ("KEX-35",)
    vectors = "tests/zoo/few_answers.json"


# --- answers ---


class AnotherLabel(X25519Dhkem):
    """Derives the secret with another label."""

    found_by = ("KEX-51", "KEX-52")

    def derive(self, shared: bytes, ciphertext: bytes, public_key: bytes) -> bytes:
        return hkdf(public_key + ciphertext, shared)


class AnotherRejection(X25519Dhkem):
    """Rejects as nobody else does."""

    found_by = ("KEX-51",)

    def reject(self, private_key: bytes, ciphertext: bytes) -> bytes:
        return sha256(ciphertext + private_key).digest()


class DrawsTwice(X25519Dhkem):
    """Draws the halves of its randomness in the other order."""

    found_by = ("KEX-52",)

    def ephemeral(self, public_key: bytes, random_bytes: RandomBytes) -> bytes:
        last = draw(random_bytes, 16)
        return draw(random_bytes, 16) + last


class GenuineAnswersOnly(X25519Dhkem):
    """Right, but its known answers have no bad ciphertext."""

    found_by = ("KEX-53",)
    vectors = "tests/zoo/few_answers.json"
