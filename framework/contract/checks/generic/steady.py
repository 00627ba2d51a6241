"""Whether a plugin gives the same each time, and each of its objects the same beside others: all else rests on that."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from framework.contract.checks.generic.calls import calls, keyed_objects
from framework.contract.model.check import NotApplicable, check
from framework.contract.model.subject import RECORD, Call, Keyed
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Unsteady
from framework.errors import VerificationError
from framework.kinds import KEY_EXCHANGE

SIZES = (0, 1, 16, 40, 64, 100, 1000)
USES = 4
"""How often each object is used."""

DROPPED = "when one of them is dropped, the other changes"
DISTURBED = "alive at once, disturb each other"


@check(
    "GEN-05",
    "the same call gives the same result, whatever was called before",
    why="What hangs on earlier calls mixes up channels; the other side, which had other calls, does not understand.",
    precedent="state on the class instead of the instance, and caches keyed by id(), are classics of Python code",
    flaws=("state on the class", "cache keyed by id()", "hidden randomness"),
    steadies=True,
)
def repeated(trial: Trial) -> None:
    """Make every call with records of many sizes three times; and under several keys, again, in another order.

    The second time with other objects of the same octets, all alive at once, where the first were dropped each time.
    """
    sizes = (len(RECORD),) if trial.session.target.kind is KEY_EXCHANGE else SIZES
    for size in sizes:
        for call in calls(trial.session, trial.rng, trial.rng.bytes(size)):
            wanted = _result(call, call.arguments)
            for _ in range(2):
                _hold(call, call.arguments, wanted, "")
    several = [calls(trial.session, trial.rng) for _ in range(trial.times(8, 4))]
    for group in zip(*several, strict=True):
        first = [_result(call, _copies(call)) for call in group]
        held = [_copies(call) for call in group]
        for call, arguments, wanted in reversed([*zip(group, held, first, strict=True)]):
            _hold(call, arguments, wanted, ", after calls with others")


def _hold(call: Call, arguments: tuple[bytes, ...], wanted: object, when: str) -> None:
    if _result(call, arguments) != wanted:
        *names, last = ("IV" if name == "iv" else name.replace("_", " ") for name in call.names)
        given = f"{', '.join(names)} and {last}" if names else last
        raise Unsteady(f"one {given} give two results of {call.name}{when}", **call.shown())


def _result(call: Call, arguments: tuple[bytes, ...]) -> object:
    """What the call gives; refusing what does not verify is a result like another."""
    try:
        return call(*arguments, allow=VerificationError)
    except VerificationError:
        return VerificationError


def _copies(call: Call | Keyed) -> tuple[bytes, ...]:
    """Other objects of the same octets."""
    return tuple(bytes(bytearray(argument)) for argument in call.arguments)


@check(
    "GEN-06",
    "objects that are alive at once do not disturb each other, of one key neither",
    why="Both directions and many channels live at once; where they share a position, keystream is used twice.",
    precedent="a cache that hands out the live object instead of a new one; a wiped key that another object still uses",
    flaws=("state shared by objects of one key", "state on the class", "key wiped that another object uses"),
    steadies=True,
)
def together(trial: Trial) -> None:
    """Use two objects in turn, of other keys, of one key, and with all arguments the same, against each one alone.

    Then drop one and use the other on; and make the second when the first was used already.
    """
    one, other = (keyed_objects(trial.session, trial.rng) for _ in range(2))
    if not one:
        raise NotApplicable("the plugin makes no object that holds a key")
    for first, second, whose in _pairs(one, other):
        for made_late in (False, True):
            what = _disturbance(first, second, made_late=made_late)
            if what:
                shown = {name: first.arguments[place] for place, name in enumerate(first.names)}
                raise Unsteady(f"{whose}, {what}", **shown)


def _pairs(one: list[Keyed], other: list[Keyed]) -> Iterator[tuple[Keyed, Keyed, str]]:
    """Two objects each and what they are: those that share least come first, for they say most."""
    for first, second in zip(one, other, strict=True):
        yield first, second, f"two {first.name}s of two keys"
    for first, second in zip(one, other, strict=True):
        if len(first.arguments) > 1:
            same_key = replace(second, arguments=(first.arguments[0], *second.arguments[1:]))
            yield first, same_key, f"two {first.name}s of one key and two IVs"
    for first in one:
        yield first, first, f"two {first.name}s with one {'key and IV' if len(first.names) > 1 else 'key'}"
    for first, second in pairwise(one):
        yield first, second, f"an {first.name} and a {second.name} with one key and IV"


def _disturbance(first: Keyed, second: Keyed, *, made_late: bool) -> str:
    """How two objects differ from each alone, if they do."""
    wanted = [_alone(first), _alone(second)]
    one = first()
    begun = [_use(first, one)] if made_late else []
    two = second(*_copies(second)) if made_late else second()
    found: list[list[object]] = [begun, []]
    for _ in range(2):
        found[1].append(_use(second, two))
        found[0].append(_use(first, one))
    if any(got != right[: len(got)] for got, right in zip(found, wanted, strict=True)):
        return DISTURBED
    del one
    found[1] += [_use(second, two) for _ in range(USES - 2)]
    return "" if found[1] == wanted[1] else DROPPED


def _alone(keyed: Keyed) -> list[bytes]:
    made = keyed()
    return [keyed.use(made) for _ in range(USES)]


def _use(keyed: Keyed, made: Any) -> object:
    """What the object gives; whatever it raises differs from what it gave alone."""
    try:
        return keyed.use(made)
    except Exception as error:  # noqa: BLE001 - which is the finding
        return type(error)
