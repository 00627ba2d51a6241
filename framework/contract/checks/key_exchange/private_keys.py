"""What a private key is made of, and whether all of it has a part in what comes out."""

from collections.abc import Callable, Iterator

from framework.contract.checks.key_exchange.randomness import Recorder
from framework.contract.inputs.forgeries import flipped
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation
from framework.kinds.key_pair import KeyPair

STEP = 8
"""Bytes between the places of a private key that are changed."""

PLACES = 3
"""Places in one draw of key generation that are changed."""

DRAWS = 2
"""How many of the last draws are looked at: those before went into candidates that were dropped."""


@check(
    "KEX-36",
    "every part of a private key has a part in some secret",
    why="A rejection secret that is stored and never used means rejections that anyone can compute, and recognise.",
    precedent="FO with implicit rejection (Hofheinz, Hövelmanns, Kiltz 2017): the rejection secret is part of the key",
    flaws=("rejection made of public values", "rejection secret never used", "private key cut short"),
    forbids_waiver=True,
)
def every_part(trial: Trial) -> None:
    """Change a byte in eight; 16 bytes in a row without effect on a genuine and three bad ciphertexts are too many."""
    kem, pair = trial.kem, trial.session.pairs(1)[0]
    sent = kem.encapsulate(pair.public_key, trial.rng.bytes).ciphertext
    size = len(sent)
    ciphertexts = (sent, flipped(sent, 8 * size - 5), flipped(sent, 4), bytes(size))
    wanted = [kem.decapsulate(pair.private_key, each) for each in ciphertexts]
    dead = -2 * STEP
    for place in range(0, len(pair.private_key), STEP):
        other = flipped(pair.private_key, 8 * place + 3, 8 * place + 4)
        if any(kem.decapsulate(other, each) != known for each, known in zip(ciphertexts, wanted, strict=True)):
            continue
        if place - dead == STEP:
            raise Violation(f"bytes {dead} to {place} of the private key have no part in any secret", place=place)
        dead = place


@check(
    "KEX-14",
    "what key generation draws, it uses",
    why="A key that is stretched from a few of the bytes drawn is found by trying those few.",
    precedent="CVE-2008-0166 (Debian's OpenSSL: 15 bits); CVE-2023-39910 (Milk Sad: 32 bits stretched)",
    flaws=("a short seed stretched", "entropy of a key drawn and thrown away", "prime made of a short seed"),
    forbids_waiver=True,
)
def seeds(trial: Trial) -> None:
    """Change bytes in the last draws, up to two private keys long: in one draw all have an effect, or none has."""
    source = Recorder(f"{trial.session.seed} seed")
    pair = trial.kem.generate(source)
    changes = _changes(trial, pair)
    for start, size in list(_draws(source))[-DRAWS:]:
        if not PLACES * 2 <= size <= 2 * trial.kem.private_key_size:
            continue
        places = [start + 1 + (size - 4) * part // (PLACES - 1) for part in range(PLACES)]
        alive = [place for place in places if changes(place)]
        # A candidate that was dropped has none, but one change in a thousand makes a prime of it: look beside.
        if 0 < len(alive) < PLACES and all(changes(alive[0] + beside) for beside in (1, -1)):
            unused = next(place for place in places if place not in alive) - start
            raise Violation(f"of a draw of {size} bytes, byte {unused} has no part in the key pair", draw=size)


def _changes(trial: Trial, pair: KeyPair) -> Callable[[int], bool]:
    def changes(place: int) -> bool:
        other = trial.kem.generate(Recorder(f"{trial.session.seed} seed", place))
        return (other.public_key, other.private_key) != (pair.public_key, pair.private_key)

    return changes


def _draws(source: Recorder) -> Iterator[tuple[int, int]]:
    """Where each draw starts, and its size."""
    start = 0
    for size in source.sizes:
        yield start, size
        start += size
