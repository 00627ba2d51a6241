"""Known answers: that they come out, and how varied they must be.

What they say of each kind, and what else must hold of them, is in that kind's `answers` module.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from framework.contract.comparison.difference import BLOCKS, Another, Difference
from framework.contract.comparison.question import Question
from framework.contract.inputs.vectors import Answer, Expected, expected, octets
from framework.contract.model.check import Check, Layer, check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

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


def hold_to_answers(trial: Trial, question: Question) -> None:
    """Raise Violation when an answer does not come out; of several the one that shows whole blocks."""
    read = [_read(question, answer) for answer in answers(trial, *question.fields)]
    for number, (arguments, wanted) in enumerate(read):
        found = question.compute(trial, *arguments)
        if wanted.equals(found):
            continue
        for other, whole in _of_whole_blocks(trial, question, read):
            raise Another(f"answer {other}: another {question.result}", whole)
        what = f"answer {number}: another {question.result}"
        if wanted.octets is None:
            raise Violation(what, **dict(zip(question.fields, arguments, strict=False)), found=found)
        difference = question.difference(trial, arguments, wanted.octets)
        raise Another(what, difference) if difference is not None else Violation(f"{what} each time")


def _read(question: Question, answer: Answer) -> tuple[tuple[bytes, ...], Expected]:
    *names, result = question.fields
    return tuple(octets(answer[name]) for name in names), expected(answer[result])


def _of_whole_blocks(
    trial: Trial, question: Question, read: Sequence[tuple[tuple[bytes, ...], Expected]]
) -> Iterable[tuple[int, Difference]]:
    """The answers, the shortest first, that are wrong from their first byte on and have whole blocks."""
    if not question.mixed:
        return
    for number, (arguments, wanted) in sorted(enumerate(read), key=lambda item: len(item[1][0][-1])):
        if wanted.octets is not None and len(arguments[-1]) >= BLOCKS:
            difference = question.difference(trial, arguments, wanted.octets)
            if difference is not None and difference.from_the_start:
                yield number, difference


Demands = Iterator[str]
"""What is missing among the known answers, each in words."""


def variety(check_id: str, question: Question, missing: Callable[[Trial, Sequence[Answer]], Demands]) -> Check:
    """Make the check that the known answers of a kind vary enough; what it demands says the function's docstring."""

    def varied(trial: Trial) -> None:
        given = answers(trial, *question.fields)
        if trial.oracle is None:
            hold_to_variety(trial, missing(trial, given))

    varied.__doc__ = f"{missing.__doc__ or ''} An oracle is asked as much by the kit itself."
    decorate = check(
        check_id,
        "the known answers are many and varied",
        why="Few answers find few faults: a wrong table entry shows only when an input reaches it.",
        precedent="measured by the authors: of 512 one-bit table faults, one answer finds 274, sixteen find all",
        flaws=("known answers missing", "known answers too alike"),
        layer=Layer.ANSWERS,
        of_texts=True,
    )
    return decorate(varied)


def hold_to_variety(trial: Trial, missing: Demands) -> None:
    """Raise Violation with all that is missing, so that it can be added at once."""
    found = [*_provenance(trial), *missing]
    if found:
        more = {f"missing {number}": what for number, what in enumerate(found, start=1)} if len(found) > 1 else {}
        what = f"the known answers do not vary enough: {found[0]}{f', and {len(more) - 1} more' if more else ''}"
        raise Violation(what, **more, place=trial.vectors.path)


def unless(met: bool, what: str) -> Demands:
    """Give what is missing unless the answers have it."""
    if not met:
        yield what


def of_keys(keys: Iterable[bytes], least: int = LEAST_KEYS) -> Demands:
    """Ask for enough keys that look random: each bit of the key both zero and one among them."""
    distinct = set(keys)
    yield from unless(len(distinct) >= least, f"{len(distinct)} keys where {least} are due")
    yield from of_bits(distinct, "key")


def of_bits(values: set[bytes], name: str) -> Demands:
    """Ask that each bit is zero in one value and one in another."""
    ones, zeros = 0, 0
    for value in values:
        number = int.from_bytes(value)
        ones |= number
        zeros |= number ^ ((1 << 8 * len(value)) - 1)
    width = 8 * max(map(len, values), default=0)
    stuck = width - (ones & zeros).bit_count()
    yield from unless(stuck == 0, f"{stuck} bits of the {name} are the same in all of them: add some")


def of_sizes(sizes: set[int], wanted: Iterable[range], name: str) -> Demands:
    """Ask for a size in each of these ranges."""
    for sought in wanted:
        there = any(size in sought for size in sizes)
        yield from unless(there, f"no {name} of {_in_words(sought)} bytes")


def _in_words(sizes: range) -> str:
    if len(sizes) == 1:
        return str(sizes.start)
    return f"{sizes.start} or more" if sizes.stop >= 1 << 40 else f"{sizes.start} to {sizes.stop - 1}"


def _provenance(trial: Trial) -> Demands:
    """Ask where the answers come from: a plugin's own output proves nothing."""
    yield from unless(len(trial.vectors.provenance.split()) >= 4, "'provenance' must say where they come from")
