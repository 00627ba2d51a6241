"""Ciphertexts that are not genuine: implicit rejection, which tells nothing."""

from collections.abc import Iterator

from framework.contract.inputs.forgeries import flipped
from framework.contract.inputs.octets import ORDERS
from framework.contract.inputs.public_values import public_values
from framework.contract.inputs.shapes import SHAPES, groups
from framework.contract.model.adapters import refuses_key
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation
from framework.kinds.key_pair import KeyPair

CHOSEN = (
    "Whoever may offer chosen ciphertexts and sees a difference learns the key: Bleichenbacher's attack since 1998."
)


@check(
    "KEX-21",
    "a ciphertext with one wrong bit gives another secret, and no error",
    why=CHOSEN,
    precedent="CCTV's and Wycheproof's strcmp vectors; ROBOT (CVE-2017-13099: wolfSSL)",
    flaws=("re-encryption not checked", "only a part compared", "error on a bad ciphertext", "random rejection"),
    forbids_waiver=True,
)
def one_bit(trial: Trial) -> None:
    """Flip bits of a genuine ciphertext at both ends of every region, and sampled between; decapsulate twice."""
    pair = trial.session.pairs(1)[0]
    for _ in range(2):
        sent = trial.kem.encapsulate(pair.public_key, trial.rng.bytes)
        size = 8 * len(sent.ciphertext)
        edges = {0, 1, 7, 8, 127, 128, 255, 256, 257, 263, size // 2, size - 1, size - 2, size - 8, size - 9}
        bits = {bit for bit in edges if 0 <= bit < size} | {trial.rng.below(size) for _ in range(trial.times(40, 20))}
        reject(
            trial, pair, sent.ciphertext, sent.shared_secret, (flipped(sent.ciphertext, bit) for bit in sorted(bits))
        )


def reject(trial: Trial, pair: KeyPair, genuine: bytes, secret: bytes, forged: Iterator[bytes]) -> None:
    """Raise Violation unless each forged ciphertext has a secret of its own, always the same one."""
    seen = {secret: genuine}
    for ciphertext in dict.fromkeys(forged):
        if ciphertext == genuine:
            continue
        answer = trial.kem.decapsulate(pair.private_key, ciphertext)
        if answer == secret:
            raise Violation("a changed ciphertext gives the genuine secret", ciphertext=ciphertext, genuine=genuine)
        if answer in seen:
            raise Violation("two bad ciphertexts give one secret", ciphertext=ciphertext, other=seen[answer])
        if trial.kem.decapsulate(pair.private_key, ciphertext) != answer:
            raise Violation("a bad ciphertext gives another secret each time", ciphertext=ciphertext)
        seen[answer] = ciphertext


@check(
    "KEX-22",
    "special ciphertexts give secrets of their own, and no error",
    why=CHOSEN,
    precedent="small-order points (Lim and Lee 1997); textbook Blum-Goldwasser falls to chosen ciphertexts",
    flaws=("error on zero, one or the modulus", "non-canonical ciphertext accepted", "non-residue not rejected"),
    forbids_waiver=True,
)
def special(trial: Trial) -> None:
    """Offer zeros, ones, parts zeroed or exchanged, others' ciphertexts, for a modulus the arithmetic ones.

    And as if it were a point: its negative, its coordinates written otherwise. And what is text in part, folded.
    """
    pairs = trial.session.pairs(2)
    first, second = (trial.kem.encapsulate(pairs[0].public_key, trial.rng.bytes) for _ in range(2))
    foreign = trial.kem.encapsulate(pairs[1].public_key, trial.rng.bytes)
    forged = [*_shapes(first.ciphertext, second.ciphertext), foreign.ciphertext]
    forged += _arithmetic(first.ciphertext, pairs[0])
    forged += _other_forms(first.ciphertext)
    forged += [each for group in groups(trial.rng, len(foreign.ciphertext), SHAPES[:3], (4,)) for each in group]
    reject(trial, pairs[0], first.ciphertext, first.shared_secret, (c for c in forged if c != second.ciphertext))


def _shapes(first: bytes, second: bytes) -> Iterator[bytes]:
    size = len(first)
    for value in (0x00, 0xFF, 0x01, 0x80, 0x7F):
        yield bytes([value]) * size
    yield bytes(size - 1) + b"\x01"
    yield b"\x01" + bytes(size - 1)
    yield first[::-1]
    for cut in {1, size // 2, min(32, size - 1), size - 1}:
        yield first[:cut] + second[cut:]
        yield bytes(cut) + first[cut:]
        yield first[:cut] + bytes(size - cut)
        yield first[:cut] + b"\xff" * (size - cut)
        yield first[cut:] + first[:cut]
    for step in (1, -1, 2, 1 << 64):
        yield ((int.from_bytes(first) + step) % (1 << 8 * size)).to_bytes(size)


def _arithmetic(ciphertext: bytes, pair: KeyPair) -> Iterator[bytes]:
    """If the ciphertext ends or begins in a number of the size of the public key, change it modulo that."""
    n, size = int.from_bytes(pair.public_key), len(pair.public_key)
    if size < 64 or len(ciphertext) < size or n < 4:
        return
    factors = [int.from_bytes(pair.private_key[: size // 2]), int.from_bytes(pair.private_key[size // 2 : size])]
    for head, tail in ((ciphertext[:-size], b""), (b"", ciphertext[size:])):
        z = int.from_bytes(ciphertext[len(head) : len(head) + size])
        for number in (0, 1, 2, 4, n - 1, n, n + 1, n - z % n, z + n, 2 * z % n, 4 * z % n, z * z % n, *factors):
            if number < 1 << 8 * size:
                yield head + number.to_bytes(size) + tail


FIELDS = (
    (32, (1 << 255) - 19),
    (32, (1 << 256) - (1 << 224) + (1 << 192) + (1 << 96) - 1),
    (32, (1 << 256) - (1 << 32) - 977),
    (48, (1 << 384) - (1 << 128) - (1 << 96) + (1 << 32) - 1),
    (56, (1 << 448) - (1 << 224) - 1),
    (66, (1 << 521) - 1),
)
"""Bytes in an element, and the prime, of the curves in use: X25519, P-256, secp256k1, P-384, X448, P-521."""


def _other_forms(ciphertext: bytes) -> Iterator[bytes]:
    """Other numbers that stand for the same coordinate, or its negative, at either end of what may be a point."""
    for size, prime in FIELDS:
        for start in {0, 1, len(ciphertext) - size}:
            if not 0 <= start <= len(ciphertext) - size:
                continue
            head, tail = ciphertext[:start], ciphertext[start + size :]
            for order in ORDERS:
                number = int.from_bytes(ciphertext[start : start + size], order)
                for other in (prime - number % prime, number + prime, number - prime, number % prime):
                    if 0 <= other < 1 << 8 * size:
                        yield head + other.to_bytes(size, order) + tail


@check(
    "KEX-23",
    "the secret of a bad ciphertext needs the private key",
    why="If the rejection can be computed from outside, it tells that it is one: the difference is there again.",
    precedent="FO with implicit rejection (Hofheinz, Hövelmanns, Kiltz 2017): the rejection secret is part of the key",
    flaws=("rejection constant", "rejection computable from public values", "rejection the same under every key"),
    forbids_waiver=True,
)
def rejection_is_secret(trial: Trial) -> None:
    """Decapsulate bad ciphertexts under several keys, and compare with hashes of what is public."""
    pairs = trial.session.pairs(3)
    size = trial.kem.ciphertext_size
    sent = trial.kem.encapsulate(pairs[0].public_key, trial.rng.bytes).ciphertext
    for ciphertext in (
        flipped(sent, 3),
        flipped(sent, 8 * size - 1),
        bytes(size),
        b"\xff" * size,
        trial.rng.bytes(size),
    ):
        secrets = [trial.kem.decapsulate(pair.private_key, ciphertext) for pair in pairs]
        if len(set(secrets)) < len(secrets):
            raise Violation("a bad ciphertext gives one secret under two keys", ciphertext=ciphertext)
        for pair, secret in zip(pairs, secrets, strict=True):
            for name, value in public_values(pair.public_key, ciphertext):
                if value == secret:
                    raise Violation(f"the secret of a bad ciphertext is {name}", ciphertext=ciphertext)


@check(
    "KEX-24",
    "keys and ciphertexts of another length are refused with InvalidKeyError",
    why="Bytes that are cut off or ignored make two encodings of one thing, which nothing authenticates.",
    precedent="CVE-2021-3580 (Nettle: crashed by an RSA ciphertext); Wycheproof's IncorrectCiphertextLength",
    flaws=("trailing bytes accepted", "truncated input accepted", "wrong error for a length"),
    forbids_waiver=True,
    refuses=True,
)
def lengths(trial: Trial) -> None:
    """Cut and extend public keys, private keys and ciphertexts."""
    kem = trial.kem
    pair = trial.session.pairs(1)[0]
    sent = kem.encapsulate(pair.public_key, trial.rng.bytes)
    for public_key in _resized(pair.public_key):
        _refused("encapsulate", refuses_key("encapsulate", kem.primitive.encapsulate, public_key), public_key)
        _refused(
            "check_public_key", refuses_key("check_public_key", kem.primitive.check_public_key, public_key), public_key
        )
    for private_key in _resized(pair.private_key):
        refused = refuses_key("decapsulate", kem.primitive.decapsulate, private_key, sent.ciphertext)
        _refused("decapsulate (private key)", refused, private_key)
    for ciphertext in _resized(sent.ciphertext):
        refused = refuses_key("decapsulate", kem.primitive.decapsulate, pair.private_key, ciphertext)
        _refused("decapsulate (ciphertext)", refused, ciphertext)


def _refused(call: str, refused: bool, given: bytes) -> None:
    if not refused:
        raise Violation(f"{call} took {len(given)} bytes", given=given)


def _resized(value: bytes) -> Iterator[bytes]:
    for size in sorted({0, 1, len(value) // 2, len(value) - 2, len(value) - 1} - {len(value)}):
        yield value[:size]
    yield value[1:]
    for more in (b"\0", b"\xff", b"\n", value, bytes(100)):
        yield value + more
        yield more + value
