"""Makes the input of a finding smaller while it shows the same: of a thousand records, the two that matter.

Nothing is left to chance: the same violation shrinks to the same input. Tries and octets are bounded, for the plugin
may be slow; the input is then small, not the smallest.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from framework.contract.check import Violation

T = TypeVar("T")

TRIES = 300
OCTETS = 8 << 20
"""How much all tries of one finding may hand to the plugin."""


def least(
    value: T,
    hold: Callable[[T], None],
    smaller: Callable[[T], Iterable[T]],
    *,
    tries: int = TRIES,
    octets: int = OCTETS,
) -> None:
    """Call `hold` with the value; when it raises Violation, raise that of the smallest value which shows the same."""
    found = _violation(hold, value)
    if found is None:
        return
    candidates = iter(smaller(value))
    while tries > 0 and octets > 0 and (candidate := next(candidates, None)) is not None:
        tries, octets = tries - 1, octets - _octets(candidate)
        try:
            again = _violation(hold, candidate)
        except Exception:  # noqa: BLE001, S112 - what is no violation shows something else
            continue
        if again is not None and _kind(again) == _kind(found):
            found, candidates = again, iter(smaller(candidate))
    raise found


def _violation(hold: Callable[[T], None], value: T) -> Violation | None:
    try:
        hold(value)
    except Violation as violation:
        return violation
    return None


def _kind(violation: Violation) -> str:
    """What is said, but for its numbers, which are other ones for another input."""
    return re.sub(r"\d+", "#", violation.what)


def _octets(value: object) -> int:
    if isinstance(value, int):
        return value
    return (
        len(value) if isinstance(value, bytes) else sum(map(_octets, value)) if isinstance(value, list | tuple) else 0
    )


def parts(size: int) -> Iterator[int]:
    """How much to take away: all, a half, a quarter, and so on down to one."""
    while size > 0:
        yield size
        size //= 2


def fewer(number: int) -> Iterator[int]:
    """Smaller numbers."""
    return (number - part for part in parts(number))


def cut(octets: bytes) -> Iterator[bytes]:
    """Less of the octets, from either end; then zeros in their place."""
    for part in parts(len(octets)):
        yield octets[:-part]
        yield octets[part:]
    if any(octets):
        yield bytes(len(octets))


def without(items: Sequence[T], inside: Callable[[T], Iterable[T]] = lambda _: ()) -> Iterator[list[T]]:
    """Some of the items taken away, many at first; then one of them made smaller."""
    for part in parts(len(items)):
        for start in range(0, len(items), part):
            yield [*items[:start], *items[start + part :]]
    for place, item in enumerate(items):
        yield from ([*items[:place], lesser, *items[place + 1 :]] for lesser in inside(item))
