"""Makes the input of a finding smaller while it shows the same: of a thousand records, the two that matter.

Nothing is left to chance: the same violation shrinks to the same input. Tries and octets are bounded, for the plugin
may be slow; the input is then small, not the smallest.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from framework.contract.model.violation import Violation

T = TypeVar("T")

NUMBER = re.compile(r"\d+")  # two violations are the same if they say the same, but for these
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
    found: Violation | None = None
    candidates = iter([value])
    while tries >= 0 and octets > 0 and (candidate := next(candidates, None)) is not None:
        try:
            hold(candidate)
        except Violation as violation:
            if found is None or NUMBER.sub("", violation.what) == NUMBER.sub("", found.what):
                found, candidates = violation, iter(smaller(candidate))
        except Exception:
            if found is None:
                raise
        tries, octets = tries - 1, octets - _octets(candidate)
    if found is not None:
        raise found


def _octets(value: object) -> int:
    if isinstance(value, list | tuple):
        return sum(map(_octets, value))
    return value if isinstance(value, int) else len(value) if isinstance(value, bytes) else 0


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
