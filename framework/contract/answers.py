"""Known answers: how varied they must be. What they must say of each kind is in that kind's `answers` module."""

from collections.abc import Iterable

from framework.contract.check import Violation
from framework.contract.trial import Trial
from framework.contract.vectors import Answer

LEAST_KEYS = 16
"""Of 512 one-bit faults in the tables of DES, one answer under a random key finds 274, sixteen find all: measured."""


def answers(trial: Trial, *fields: str) -> list[Answer]:
    """Give the author's answers that have these fields. Raises Violation when there is none, and no oracle either."""
    vectors, excused = trial.vectors, trial.oracle is not None
    if vectors.problem and not (excused and vectors.absent):
        raise Violation(f"no known answers: {vectors.problem}, and no oracle", place=vectors.path)
    found = [answer for answer in vectors.answers if all(name in answer for name in fields)]
    if not found and not excused:
        raise Violation(f"no known answers with {', '.join(fields)}, and no oracle", place=vectors.path)
    return found


def demand(met: bool, what: str, trial: Trial) -> None:
    """Raise Violation when the answers do not vary enough."""
    if not met:
        raise Violation(f"the known answers do not vary enough: {what}", place=trial.vectors.path)


def demand_keys(trial: Trial, keys: Iterable[bytes], least: int = LEAST_KEYS) -> None:
    """Ask for enough keys that look random: each bit of the key both zero and one among them."""
    distinct = set(keys)
    demand(len(distinct) >= least, f"{len(distinct)} keys where {least} are due", trial)
    demand_bits(trial, distinct, "key")


def demand_bits(trial: Trial, values: set[bytes], name: str) -> None:
    """Ask that each bit is zero in one value and one in another."""
    ones, zeros = 0, 0
    for value in values:
        number = int.from_bytes(value)
        ones |= number
        zeros |= number ^ ((1 << 8 * len(value)) - 1)
    width = 8 * max(map(len, values), default=0)
    stuck = width - (ones & zeros).bit_count()
    demand(stuck == 0, f"{stuck} bits of the {name} are the same in all of them: add some", trial)


def demand_sizes(trial: Trial, sizes: set[int], wanted: Iterable[range], name: str) -> None:
    """Ask for a size in each of these ranges."""
    for sought in wanted:
        there = any(size in sought for size in sizes)
        demand(there, f"no {name} of {sought.start} to {sought.stop - 1} bytes", trial)


def demand_provenance(trial: Trial) -> None:
    """Ask where the answers come from: a plugin's own output proves nothing."""
    demand(len(trial.vectors.provenance.split()) >= 4, "'provenance' must say where they come from", trial)
