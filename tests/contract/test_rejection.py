"""Key exchanges whose rejection secret serves for some ciphertexts alone: their comparison is not called lax."""

import secrets
from hashlib import sha256

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from framework import Encapsulation, KeyPair, RandomBytes
from framework.contract.engine.collection import check_of
from framework.contract.engine.runner import run_check
from framework.contract.model.outcome import Verdict
from framework.contract.model.trial import Effort, Session
from framework.registry import Registry
from tests.contract.kem_answers import p256_scalar
from tests.zoo.key_exchange.genuine import X25519Dhkem, _point, _shared, draw, hkdf
from tests.zoo.octets import sized
from tests.zoo.species import Exhibit

CURVE = ec.SECP256R1()


class OfPoints(X25519Dhkem):
    """X25519 with a rejection secret, which points of small order alone need: no change of a byte makes one."""

    private_key_size = 64

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        pair = super().generate_key_pair(random_bytes=random_bytes)
        return KeyPair(pair.public_key, pair.private_key + draw(random_bytes, 32))

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        private_key, ciphertext = sized(private_key, 64), sized(ciphertext, 32)
        try:
            shared = self.exchange(private_key[:32], ciphertext)
        except ValueError:
            return self.reject(private_key[32:], ciphertext)
        return self.derive(shared, ciphertext, self.public(private_key[:32]))


class OfCompressedPoints(OfPoints):
    """P-256 with points of 33 bytes and a rejection secret: a half of all changes make another point."""

    public_key_size, ciphertext_size = 65, 33

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        scalar = p256_scalar(draw(random_bytes, 48))
        return KeyPair(_point(scalar), scalar.to_bytes(32) + draw(random_bytes, 32))

    def encapsulate(self, public_key: bytes, *, random_bytes: RandomBytes = secrets.token_bytes) -> Encapsulation:
        ephemeral = p256_scalar(draw(random_bytes, 48))
        point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, _point(ephemeral))
        ciphertext = point.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
        return Encapsulation(ciphertext, hkdf(ciphertext + public_key, _shared(ephemeral, public_key)))

    def decapsulate(self, private_key: bytes, ciphertext: bytes) -> bytes:
        private_key, ciphertext = sized(private_key, 64), sized(ciphertext, 33)
        scalar = int.from_bytes(private_key[:32])
        try:
            point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, ciphertext)
            encoded = point.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
            return hkdf(ciphertext + _point(scalar), _shared(scalar, encoded))
        except ValueError:
            return sha256(private_key[32:] + ciphertext).digest()


def test_that_no_change_is_rejected_is_no_flaw(partners: Registry) -> None:
    session = Session.begin(Exhibit(OfPoints).target(), "1", Effort.NORMAL, partners)
    outcome = run_check(check_of("KEX-26"), session)
    assert outcome.verdict is Verdict.NOT_APPLICABLE, outcome
    assert "each is another's" in outcome.note


def test_that_half_of_all_changes_are_rejected_is_no_flaw(partners: Registry) -> None:
    for seed in range(10):
        session = Session.begin(Exhibit(OfCompressedPoints).target(), str(seed), Effort.QUICK, partners)
        outcome = run_check(check_of("KEX-26"), session)
        assert outcome.verdict is Verdict.PASSED, outcome
