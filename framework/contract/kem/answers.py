"""Known answers of a key exchange, octets in hex.

`{"private_key", "public_key", "ciphertext", "shared_secret"}`, with `"randomness"` where encapsulation is to give this
ciphertext when it draws these bytes, and with `"genuine": false` where the ciphertext is one to be rejected.
"""

from framework.contract.answers import answers, demand, demand_bits, demand_provenance
from framework.contract.check import Layer, Violation, check
from framework.contract.trial import Trial
from framework.contract.vectors import Answer, octets

FIELDS = ("private_key", "ciphertext", "shared_secret")
LEAST_PAIRS, LEAST_DRAWN, LEAST_REJECTED = 4, 8, 6


@check(
    "KEX-51",
    "known ciphertexts decapsulate to the known secrets, bad ones too",
    why="Two implementations that reject differently are told apart from outside.",
    precedent="C2SP/CCTV publishes ML-KEM vectors for rejection because round trips never reach it",
    flaws=("wrong hash or label", "wrong start value", "wrong recombination", "wrong rejection"),
    layer=Layer.ANSWERS,
)
def known_decapsulation(trial: Trial) -> None:
    """Decapsulate every known ciphertext."""
    for number, answer in enumerate(answers(trial, *FIELDS)):
        private_key, ciphertext, secret = (octets(answer[name]) for name in FIELDS)
        found = trial.kem.decapsulate(private_key, ciphertext)
        if found != secret:
            raise Violation(f"answer {number}: another secret", ciphertext=ciphertext, secret=found, expected=secret)


@check(
    "KEX-52",
    "known randomness gives the known ciphertexts and secrets",
    why="The order and use of random bytes is part of what was analysed, and what another implementation repeats.",
    flaws=("randomness used otherwise", "wrong encoding of the ciphertext"),
    layer=Layer.ANSWERS,
)
def known_encapsulation(trial: Trial) -> None:
    """Encapsulate with the randomness of every answer that has some."""
    for number, answer in enumerate(answers(trial, "public_key", "randomness", "ciphertext", "shared_secret")):
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
)
def varied(trial: Trial) -> None:
    """Demand several key pairs, encapsulations with randomness, and ciphertexts to be rejected."""
    given = answers(trial, *FIELDS)
    demand_provenance(trial)
    pairs = {octets(answer["private_key"]) for answer in given}
    demand(len(pairs) >= LEAST_PAIRS, f"{len(pairs)} key pairs where {LEAST_PAIRS} are due", trial)
    drawn = {octets(answer["randomness"]) for answer in given if "randomness" in answer}
    demand(len(drawn) >= LEAST_DRAWN, f"{len(drawn)} encapsulations with randomness; {LEAST_DRAWN} are due", trial)
    demand_bits(trial, drawn, "randomness")
    rejected = [answer for answer in given if _is_rejected(answer)]
    demand(len(rejected) >= LEAST_REJECTED, f"{len(rejected)} bad ciphertexts; {LEAST_REJECTED} are due", trial)
    edges = {octets(answer["ciphertext"])[place] for answer in rejected for place in (0, -1)}
    demand({0} <= edges, "no bad ciphertext with a zero at its end", trial)


def _is_rejected(answer: Answer) -> bool:
    return answer.get("genuine", True) is False
