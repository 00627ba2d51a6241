"""Good plugins, and what specimens are made of."""

import secrets
from collections.abc import Callable
from functools import cache
from hashlib import sha256

import gmpy2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from framework import Encapsulation, InvalidKeyError, KeyPair, MisuseError, PrimitiveInfo, RandomBytes, Status
from plugins.blumgoldwasser.kem import BlumGoldwasserKem
from plugins.blumgoldwasser.parameters import BG_2048
from tests.contract.kem_answers import P256_N, SMALL_ORDER, p256_scalar
from tests.zoo.octets import sized
from tests.zoo.species import KemSpecimen


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
        private_key, ciphertext = sized(private_key, 32), sized(ciphertext, 32)
        try:
            shared = self.exchange(private_key, ciphertext)
        except ValueError:
            return self.reject(private_key, ciphertext)
        return self.derive(shared, ciphertext, self.public(private_key))

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        encoded = sized(public_key, 32)
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
        private_key, ciphertext = sized(private_key, 32), sized(ciphertext, 65)
        scalar = int.from_bytes(private_key)
        try:
            return hkdf(ciphertext + _point(scalar), _shared(scalar, ciphertext))
        except ValueError:
            return sha256(b"zoo dhkem rejection" + private_key + ciphertext).digest()

    def check_public_key(self, public_key: bytes, *, pinned: bool = False) -> None:
        encoded = sized(public_key, 65)
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
        ciphertext = sized(ciphertext, 96)
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


class Implicit(Masked):
    """A third good one: the masked secret with its rejection secret, and the ciphertext bound to what comes out."""

    good = True
    info = PrimitiveInfo("implicit", "Masked secret, implicitly rejected", 128, Status.EXPERIMENTAL, "the zoo alone")
    private_key_size = 64

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        pair = super().generate_key_pair(random_bytes=random_bytes)
        return KeyPair(pair.public_key, pair.private_key + draw(random_bytes, 32))

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        private_key, ciphertext = sized(private_key, 64), sized(ciphertext, 96)
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
        public_key = sized(public_key, 64)
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
        private_key, ciphertext = sized(private_key, 96), sized(ciphertext, 128)
        first = self._dh.decapsulate(private_key[:32], ciphertext[:32])
        return sha256(b"hybrid" + first + self._masked.decapsulate(private_key[32:], ciphertext[32:])).digest()
