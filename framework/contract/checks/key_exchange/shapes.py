"""Key pairs and encapsulations of every look: made of randomness that is text, digits or zeros; and very many."""

from collections.abc import Callable, Iterator

from framework.contract.inputs.drbg import Drbg
from framework.contract.inputs.shapes import SHAPES, made_of, reordered
from framework.contract.inputs.working_time import working_seconds
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation
from framework.errors import SuitecaseError

DRAWS = 2
"""How many of the first draws have the shape; a search for primes then goes on with random ones, and ends."""


class Shaped:
    """A source whose first draws end or begin in some octets, or are given."""

    def __init__(
        self, seed: str, octets: bytes = b"", width: int = 0, *, ends: bool = True, first: bytes = b""
    ) -> None:
        self._rng, self._octets, self._width, self._ends, self._first = Drbg(seed), octets, width, ends, first
        self.sizes: list[int] = []

    def __call__(self, size: int) -> bytes:
        self.sizes.append(size)
        drawn = self._rng.bytes(size)
        if len(self.sizes) == 1 and len(self._first) == size:
            return self._first
        if len(self.sizes) > DRAWS or size < self._width or not self._octets:
            return drawn
        part = made_of(self._octets, self._rng, self._width)
        return drawn[: size - self._width] + part if self._ends else part + drawn[self._width :]


@check(
    "KEX-07",
    "both sides agree whatever the keys and the randomness look like",
    why="A key that happens to look like text, or to begin with a zero, fails on one machine in some hundreds.",
    precedent="CVE-2020-1968 (Raccoon: a leading zero stripped), for secrets",
    flaws=("key or randomness folded, stripped or turned", "one key pair in hundreds fails", "leading zeros of a key"),
)
def of_every_look(trial: Trial) -> None:
    """Make key pairs and encapsulate with randomness that ends or begins in text, digits, white space, zeros, ones.

    Fold and turn what encapsulation draws first: another ciphertext. Key pairs are made as many as time allows.
    """
    pair = trial.session.pairs(1)[0]
    end = working_seconds() + trial.seconds
    for number, (octets, width, ends) in enumerate(_looks()):
        seed = f"{trial.session.seed} look {number}"
        try:
            _agree(trial, pair.public_key, pair.private_key, Shaped(f"{seed} sent", octets, width, ends=ends))
            if working_seconds() < end:
                made = trial.kem.generate(Shaped(f"{seed} key", octets, width, ends=ends))
                _agree(trial, made.public_key, made.private_key, trial.rng.bytes)
        except SuitecaseError as error:
            if len(octets) > 1:  # a plugin may look whether its source repeats one byte, and say so
                raise Violation("randomness that looks like text is refused", octets=octets) from error
    _not_taken_for(trial, lambda source: trial.kem.encapsulate(pair.public_key, source).ciphertext)
    end = working_seconds() + trial.seconds
    while working_seconds() < end:
        made = trial.kem.generate(trial.rng.bytes)
        _agree(trial, made.public_key, made.private_key, trial.rng.bytes)


def _looks() -> Iterator[tuple[bytes, int, bool]]:
    for octets in SHAPES:
        for width in (1, 4, 8):
            yield octets, width, True
            yield octets, width, False


def _agree(trial: Trial, public_key: bytes, private_key: bytes, source: Callable[[int], bytes]) -> None:
    sent = trial.kem.encapsulate(public_key, source)
    if trial.kem.decapsulate(private_key, sent.ciphertext) != sent.shared_secret:
        raise Violation("both sides have different secrets", public_key=public_key, ciphertext=sent.ciphertext)


def _not_taken_for(trial: Trial, make: Callable[[Callable[[int], bytes]], bytes]) -> None:
    """Raise Violation where a first draw, folded or turned, gives what it gives as it is.

    A candidate that is dropped has no part in the result, so a draw counts only where a change of it shows.
    """
    seed, end = f"{trial.session.seed} draw", working_seconds() + trial.seconds / 2
    first = Shaped(seed)
    make(first)
    size = first.sizes[0] if first.sizes else 0
    for octets in SHAPES[:2]:
        for width in (width for width in (1, 4, 8) if 2 * width < size):
            for ends in (True, False):
                if working_seconds() > end:
                    return
                drawn = Shaped(trial.rng.bytes(8).hex(), octets, width, ends=ends)(size)
                made = make(Shaped(seed, first=drawn))
                middle = size // 2
                changed = drawn[:middle] + bytes([drawn[middle] ^ 0x3C]) + drawn[middle + 1 :]
                if make(Shaped(seed, first=changed)) == made:
                    continue
                for other in _others(drawn, width, ends=ends):
                    if other != drawn and make(Shaped(seed, first=other)) == made:
                        raise Violation("two different draws give one ciphertext", draw=drawn, other=other)


def _others(drawn: bytes, width: int, *, ends: bool) -> Iterator[bytes]:
    """The case of its letters changed, the part alone or all; and its octets in another order."""
    at = len(drawn) - width if ends else 0
    before, part, behind = drawn[:at], drawn[at : at + width], drawn[at + width :]
    for other in (part.swapcase(), part.lower(), part.upper(), part[::-1]):
        yield before + other + behind
    yield from reordered(drawn)
