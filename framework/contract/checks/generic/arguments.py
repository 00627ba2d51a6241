"""What a plugin does with its arguments: other buffers, wrong types, buffers that change afterwards."""

from array import array
from collections.abc import Iterator
from contextlib import suppress

from framework.contract.checks.generic.calls import calls, keyed_objects
from framework.contract.model.adapters import CLEAN
from framework.contract.model.check import NotApplicable, check
from framework.contract.model.subject import RECORD, Call
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation
from framework.kinds import KEY_EXCHANGE

LARGE = 70_000
"""Octets of a record that takes the path for bulk data."""


@check(
    "GEN-11",
    "every buffer of the same octets gives the same result, or is refused",
    why="A view that is read as if it lay in one piece gives other octets: another key, another message.",
    precedent="CVE-2026-39892 (pyca/cryptography: non-contiguous buffers)",
    flaws=("non-contiguous memoryview misread", "len() where nbytes is meant", "bytearray treated otherwise"),
    forbids_waiver=True,
)
def buffers(trial: Trial) -> None:
    """Pass each argument as bytearray, memoryview, strided, reversed, two-dimensional and of 4-byte items.

    With a record of 40 bytes, and with one of 70,000.
    """
    large = [] if trial.session.target.kind is KEY_EXCHANGE else [trial.rng.bytes(LARGE)]
    for call in [call for record in (RECORD, *large) for call in calls(trial.session, trial.rng, record)]:
        wanted = call()
        for place, argument in enumerate(call.arguments):
            name = _name(call, place)
            for form, buffer in _buffers(argument):
                given = [*call.arguments[:place], buffer, *call.arguments[place + 1 :]]
                try:
                    found = call(*given, allow=CLEAN)
                except CLEAN:
                    continue
                except Violation as violation:
                    violation.inputs = {**violation.inputs, "form": f"the {name} is given as {form}"}
                    violation.what += f", given the {name} as {form}"
                    raise
                if found != wanted:
                    raise Violation(
                        f"{call.name} reads the {name} otherwise as {form}",
                        **call.shown(),
                        form=f"the {name} is given as {form}",
                    )


def _name(call: Call, place: int) -> str:
    return {"iv": "IV"}.get(call.names[place], call.names[place].replace("_", " "))


def _buffers(octets: bytes) -> Iterator[tuple[str, object]]:
    yield "a bytearray", bytearray(octets)
    yield "a memoryview", memoryview(octets)
    yield "a memoryview of every second octet", memoryview(b"".join(bytes([o, 0xEE]) for o in octets))[::2]
    yield (
        "a memoryview of a part of a larger buffer",
        memoryview(b"\xee" * 9 + octets + b"\xee" * 7)[9 : 9 + len(octets)],
    )
    yield "a reversed memoryview", memoryview(octets[::-1])[::-1]
    if len(octets) % 4 == 0 and octets:
        yield "a memoryview of 4-byte items", memoryview(array("I", octets))
        yield "a memoryview of two dimensions", memoryview(octets).cast("B", (4, len(octets) // 4))
    yield "a subclass of bytes", _Octets(octets)


class _Octets(bytes):
    """Bytes of another class."""


@check(
    "GEN-12",
    "an argument of another type is refused",
    why="bytes(32) is a key of 32 zeros, and str(key) is another key: nobody notices until nothing decrypts, or all.",
    precedent="bytes(n) of an int is a classic of Python code",
    flaws=("int taken for octets", "text encoded in silence", "None taken for empty", "wrong exception"),
    forbids_waiver=True,
    refuses=True,
)
def types(trial: Trial) -> None:
    """Put None, numbers, text and lists in the place of each argument: TypeError or an error of suitecase's."""
    for call in calls(trial.session, trial.rng):
        for place, argument in enumerate(call.arguments):
            size = len(argument)
            wrong: list[object] = [
                None,
                size,
                0,
                float(size),
                True,
                "a" * size,
                list(argument),
                tuple(argument),
                object(),
            ]
            for value in wrong:
                given = [*call.arguments[:place], value, *call.arguments[place + 1 :]]
                try:
                    call(*given, allow=CLEAN)
                except CLEAN:
                    continue
                what = f"{call.name} takes {type(value).__name__} as the {_name(call, place)}"
                raise Violation(what, value=str(value))


@check(
    "GEN-13",
    "arguments are neither kept nor changed",
    why="Whoever wipes a key that the plugin still reads changes the key of a running channel to zeros.",
    precedent="zarr-python #4156: what the caller wrote to its buffer later changed what was stored",
    flaws=("caller's buffer kept", "caller's buffer changed", "a buffer known by its id() and not read again"),
    forbids_waiver=True,
)
def kept(trial: Trial) -> None:
    """Make keyed objects from bytearrays, wipe those, and compare; see that no call writes to its arguments.

    Neither as bytearrays nor by way of a view of one; and that a buffer with other octets in it is read anew.
    """
    for call in calls(trial.session, trial.rng):
        _not_changed(call)
        _read_again(call)
    objects = keyed_objects(trial.session, trial.rng)
    if not objects:
        raise NotApplicable("the plugin makes no object that holds a key")
    for keyed in objects:
        wanted = keyed.use(keyed())
        given = [bytearray(argument) for argument in keyed.arguments]
        try:
            made = keyed(*given, allow=CLEAN)
        except CLEAN:
            continue
        for buffer in given:
            buffer[:] = bytes(len(buffer))
        if keyed.use(made) != wanted:
            raise Violation(f"{keyed.name} keeps the caller's buffer: wiping it changes the key")


def _not_changed(call: Call) -> None:
    """Raise Violation if the call writes to a buffer that it is given."""
    for view in (False, True):
        held = [bytearray(argument) for argument in call.arguments]
        given = [memoryview(buffer) if view else buffer for buffer in held]
        try:
            call(*given, allow=CLEAN)
        except CLEAN:
            continue
        for place, argument in enumerate(call.arguments):
            if held[place] != argument:
                name = _name(call, place)
                raise Violation(f"{call.name} changes the {name} that it is given", **{call.names[place]: argument})


def _read_again(call: Call) -> None:
    """Raise Violation if a buffer that held other octets before gives what those gave."""
    wanted = call()
    for place, argument in enumerate(call.arguments):
        if not argument:
            continue
        buffer = bytearray(octet ^ 0xFF for octet in argument)
        given = [*call.arguments[:place], buffer, *call.arguments[place + 1 :]]
        with suppress(Exception):  # it may refuse these octets; what comes then is what counts
            call.function(*given)
        buffer[:] = argument
        try:
            found = call(*given, allow=CLEAN)
        except CLEAN:
            continue
        if found != wanted:
            what = f"{call.name} gives another result for a {_name(call, place)} in a buffer that held others before"
            raise Violation(what, **call.shown())
