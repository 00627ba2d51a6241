"""Points that give the same secret to everyone: of small order, or of another curve, under whatever derivation."""

from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from framework.contract.checks.key_exchange.exchange import PAIRS
from framework.contract.inputs.forgeries import flipped
from framework.contract.model.check import NotApplicable, check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation
from framework.kinds.key_pair import KeyPair

P25519 = (1 << 255) - 19
P448 = (1 << 448) - (1 << 224) - 1
ORDER_25519 = (1 << 252) + 27742317777372353535851937790883648493
"""The order of X25519's base point (RFC 7748 §4.1)."""

OF_ORDER_EIGHT = (
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
)
"""Coordinates of points of order eight on curve25519, beside which there are 0, 1 and -1."""

CURVES: tuple[ec.EllipticCurve, ...] = (ec.SECP256R1(), ec.SECP256K1(), ec.SECP384R1(), ec.SECP521R1())

RAISED: dict[int, Callable[[bytes], bytes]] = {
    32: lambda scalar: X25519PrivateKey.from_private_bytes(scalar).public_key().public_bytes_raw(),
    56: lambda scalar: X448PrivateKey.from_private_bytes(scalar).public_key().public_bytes_raw(),
}
"""The public key of a scalar, by the size of both."""

LOOKED_AT = 48
"""Key pairs whose highest bit is looked at, where the scalar is not a part of the private key."""


@check(
    "KEX-37",
    "points that give one secret to everyone are refused, whatever the secret is derived with",
    why="With a point of small order both sides have zeros, and a hash of zeros with labels is known to everyone.",
    precedent="RFC 7748 §6.1 (the all-zero check); RFC 9180 §7.1.4 (validation of Diffie-Hellman inputs)",
    flaws=("points of small order behind a derivation", "points of another curve", "small order in ciphertexts"),
    forbids_waiver=True,
)
def known_points(trial: Trial) -> None:
    """Find out whether public keys are points of X25519, X448 or a curve of SEC 1, and offer those that must not be.

    For X25519 there are two private keys of one public key, n and -n: if a ciphertext of small order gives one secret
    under both, then nobody needs the private key.
    """
    pairs = trial.session.pairs(PAIRS)
    if pairs[0].public_key[:1] == b"\x04" and (curve := _curve(pairs)) is not None:
        bad = [flipped(pair.public_key, bit) for pair in pairs for bit in (9, 8 * len(pair.public_key) - 1)]
        for public_key in bad:
            _must_be_refused(trial, public_key, f"is no point of {curve}")
        return
    start = _scalar_at(pairs)
    if start is None and not (len(pairs[0].public_key) == 32 and _looks_like_x25519(trial, pairs)):
        raise NotApplicable("the public key is no point of a curve that is known here")
    for public_key in small_order(len(pairs[0].public_key)):
        _must_be_refused(trial, public_key, "is a point of small order")
    if start is not None and len(pairs[0].public_key) == 32:
        _needs_the_key(trial, pairs[0], start)


def _must_be_refused(trial: Trial, public_key: bytes, what: str) -> None:
    if not trial.kem.refuses(public_key, pinned=False) or not trial.kem.refuses(public_key, pinned=True):
        raise Violation(f"check_public_key takes a public key that {what}", public_key=public_key)


def small_order(size: int) -> Iterator[bytes]:
    """The points of small order of X25519 or X448 by the size of a point, and other numbers that stand for them."""
    prime = P25519 if size == 32 else P448
    points = {0, 1, prime - 1, prime, prime + 1, *(OF_ORDER_EIGHT if size == 32 else ())}
    for point in sorted(points):
        yield point.to_bytes(size, "little")


def _curve(pairs: list[KeyPair]) -> str | None:
    """The curve of SEC 1 that all public keys are uncompressed points of."""
    for curve in CURVES:
        try:
            for pair in pairs:
                ec.EllipticCurvePublicKey.from_encoded_point(curve, pair.public_key)
        except ValueError:
            continue
        return curve.name
    return None


def _scalar_at(pairs: list[KeyPair]) -> int | None:
    """Where in a private key the scalar stands that gives the public key, if it does."""
    size = len(pairs[0].public_key)
    if size not in RAISED:
        return None
    for start in range(len(pairs[0].private_key) - size + 1):
        if all(RAISED[size](pair.private_key[start : start + size]) == pair.public_key for pair in pairs):
            return start
    return None


def _looks_like_x25519(trial: Trial, pairs: list[KeyPair]) -> bool:
    """Whether public keys are numbers below 2^255, which random ones are once in 2^48 times, and odd ones among them.

    Of ristretto255, which has the same field, all are even, and stand for other points.
    """
    if any(pair.public_key[31] & 0x80 for pair in pairs):
        return False
    more = [trial.kem.generate(trial.rng.bytes).public_key for _ in range(LOOKED_AT)]
    return not any(each[31] & 0x80 for each in more) and len({each[0] & 1 for each in more}) == 2


def _needs_the_key(trial: Trial, pair: KeyPair, start: int) -> None:
    """Raise Violation if a ciphertext of small order gives one secret under both private keys of one public key."""
    low = int.from_bytes(trial.rng.bytes(15))
    scalars = ((1 << 254) + 8 * low, 8 * ORDER_25519 - (1 << 254) - 8 * low)  # the second is minus the first
    keys = [scalar.to_bytes(32, "little") for scalar in scalars]
    public_key = RAISED[32](keys[0])
    private_keys = [
        (pair.private_key[:start] + key + pair.private_key[start + 32 :]).replace(pair.public_key, public_key)
        for key in keys
    ]
    sent = trial.kem.encapsulate(public_key, trial.rng.bytes)
    if any(trial.kem.decapsulate(key, sent.ciphertext) != sent.shared_secret for key in private_keys):
        return  # the private key holds more that has to fit
    if len(sent.ciphertext) != 32:
        return
    for ciphertext in small_order(32):
        first, second = (trial.kem.decapsulate(key, ciphertext) for key in private_keys)
        if first == second:
            what = "the secret of a ciphertext of small order needs no private key"
            raise Violation(what, ciphertext=ciphertext, public_key=public_key)
