"""Known answers of a key exchange, octets in hex.

`{"private_key", "public_key", "ciphertext", "shared_secret"}`, with `"randomness"` where encapsulation is to give this
ciphertext when it draws these bytes, and with `"genuine": false` where the ciphertext is one to be rejected. Or an
oracle, `oracle(private_key, ciphertext) -> shared_secret`, which rejects as the plugin does.
"""

from collections.abc import Iterator, Sequence

from framework.contract.checks.key_exchange.shapes import Shaped
from framework.contract.comparison.known_answers import (
    Demands,
    answers,
    hold_to_answers,
    hold_to_variety,
    of_bits,
    unless,
)
from framework.contract.comparison.question import Question, hold_to_oracle
from framework.contract.inputs.forgeries import flipped
from framework.contract.inputs.shapes import SHAPES, shaped
from framework.contract.inputs.vectors import Answer, octets
from framework.contract.model.check import Layer, NotChecked, check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

FIELDS = ("private_key", "ciphertext", "shared_secret")
LEAST_PAIRS, LEAST_DRAWN, LEAST_REJECTED = 4, 8, 6


def inputs(trial: Trial) -> Iterator[tuple[bytes, ...]]:
    """For several key pairs, ciphertexts that are genuine, and those with a bit, an end or all of it changed.

    And key pairs made of what looks like text and digits, and ciphertexts that do.
    """
    size = trial.kem.ciphertext_size
    for number, shape in enumerate(SHAPES[:4]):
        pair = trial.kem.generate(Shaped(f"{trial.session.seed} looks {number}", shape, width=4))
        yield pair.private_key, trial.kem.encapsulate(pair.public_key, trial.rng.bytes).ciphertext
        yield from ((pair.private_key, ciphertext) for ciphertext, _ in shaped(trial.rng, size, (shape,), (4,)))
    for pair in trial.session.pairs(LEAST_PAIRS):
        for _ in range(trial.times(4, 2)):
            genuine = trial.kem.encapsulate(pair.public_key, trial.rng.bytes).ciphertext
            places = (0, 8 * size - 1, trial.rng.below(8 * size))
            forged = [genuine, *(flipped(genuine, bit) for bit in places), genuine[:-1] + b"\0", b"\0" + genuine[1:]]
            yield from ((pair.private_key, ciphertext) for ciphertext in forged)
        for ciphertext in (bytes(size), b"\xff" * size, bytes(size - 1) + b"\1", trial.rng.bytes(size)):
            yield pair.private_key, ciphertext


QUESTION = Question(
    FIELDS, inputs, lambda trial, private_key, ciphertext: trial.kem.decapsulate(private_key, ciphertext)
)


@check(
    "KEX-51",
    "known ciphertexts decapsulate to the known secrets, bad ones too",
    why="Two implementations that reject differently are told apart from outside.",
    precedent="C2SP/CCTV publishes ML-KEM vectors that fail if Decaps compares with strcmp()",
    flaws=("wrong hash or label", "wrong start value", "wrong recombination", "wrong rejection"),
    layer=Layer.ANSWERS,
)
def known_decapsulation(trial: Trial) -> None:
    """Decapsulate every known ciphertext; ask the oracle if there is one."""
    hold_to_answers(trial, QUESTION)
    hold_to_oracle(trial, QUESTION)


@check(
    "KEX-52",
    "known randomness gives the known ciphertexts and secrets",
    why="The order and use of random bytes is part of what was analysed, and what another implementation repeats.",
    flaws=("randomness used otherwise", "wrong encoding of the ciphertext"),
    layer=Layer.ANSWERS,
)
def known_encapsulation(trial: Trial) -> None:
    """Encapsulate with the randomness of every answer that has some."""
    given = answers(trial, "public_key", "randomness", "ciphertext", "shared_secret")
    if not given:
        raise NotChecked("the oracle decapsulates; no known answer says what becomes of the randomness")
    for number, answer in enumerate(given):
        source = _Source(octets(answer["randomness"]))
        sent = trial.kem.encapsulate(octets(answer["public_key"]), source)
        if source.left:
            raise Violation(f"answer {number}: {source.left} random bytes were not drawn")
        for name, found in (("ciphertext", sent.ciphertext), ("shared_secret", sent.shared_secret)):
            if found != octets(answer[name]):
                raise Violation(f"answer {number}: another {name}", found=found, expected=octets(answer[name]))


class _Source:
    """The random bytes of an answer; zeros when more are drawn."""

    def __init__(self, randomness: bytes) -> None:
        self._randomness, self._at = randomness, 0

    @property
    def left(self) -> int:
        return max(0, len(self._randomness) - self._at)

    def __call__(self, size: int) -> bytes:
        drawn = self._randomness[self._at : self._at + size]
        self._at += size
        return drawn.ljust(size, b"\0")


@check(
    "KEX-53",
    "the known answers are many and varied",
    why="One key pair shows one order of its primes; genuine ciphertexts alone never reach the rejection.",
    flaws=("known answers missing", "known answers too alike"),
    layer=Layer.ANSWERS,
    of_texts=True,
)
def varied(trial: Trial) -> None:
    """Demand several key pairs, encapsulations with randomness, and ciphertexts to be rejected.

    An oracle is asked as much by the kit itself.
    """
    given = answers(trial, *FIELDS)
    if trial.oracle is None:
        hold_to_variety(trial, _missing(given))


def _missing(given: Sequence[Answer]) -> Demands:
    pairs = {octets(answer["private_key"]) for answer in given}
    yield from unless(len(pairs) >= LEAST_PAIRS, f"{len(pairs)} key pairs where {LEAST_PAIRS} are due")
    drawn = {octets(answer["randomness"]) for answer in given if "randomness" in answer}
    yield from unless(len(drawn) >= LEAST_DRAWN, f"{len(drawn)} encapsulations with randomness; {LEAST_DRAWN} are due")
    yield from of_bits(drawn, "randomness")
    rejected = [answer for answer in given if _is_rejected(answer)]
    yield from unless(len(rejected) >= LEAST_REJECTED, f"{len(rejected)} bad ciphertexts; {LEAST_REJECTED} are due")
    edges = {octets(answer["ciphertext"])[place] for answer in rejected for place in (0, -1)}
    yield from unless({0} <= edges, "no bad ciphertext with a zero at its end")


def _is_rejected(answer: Answer) -> bool:
    return answer.get("genuine", True) is False
