"""What a plugin remembers of a secret in its modules, classes and instances, in whatever form."""

import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from framework.contract.checks.generic.calls import keyed_objects
from framework.contract.inputs.drbg import Drbg
from framework.contract.inputs.octets import ORDERS
from framework.contract.inputs.public_values import public_values
from framework.contract.model.check import check
from framework.contract.model.subject import Keyed, usable_key
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation
from framework.kinds import KEY_EXCHANGE

LEAST = 6
"""Octets from which on a value is taken for something that was made of a secret."""

Remembered = bytes | str | int


@check(
    "GEN-27",
    "nothing that is made of a secret is remembered",
    why="A hash of a key or of randomness confirms every guess of it, and tells whether it comes again.",
    precedent="check values of keys, which PCI PIN Security (requirement 15-1) cuts to 24 bits",
    flaws=("hash of randomness kept in a module", "check value of a key kept", "a number made of a secret kept"),
    forbids_waiver=True,
)
def nothing_made_of_it(trial: Trial) -> None:
    """Use three secrets with the same public inputs, and compare what the plugin's modules, classes and objects hold.

    What is new after the second or the third was made of it; the first fills what has a right to be there. What is new
    each time with one secret as well, as the time of the last call is, was not.
    """
    package = trial.session.target.entry.partition(":")[0].partition(".")[0]
    for use in _uses(trial):
        before: set[Remembered] = set()
        for number in range(3):
            new = _new(trial, package, use, f"{number}", before)
            if new and number:
                anyway = Counter(map(type, _new(trial, package, use, f"{number}", before)))
                made = Counter(map(type, new)) - anyway
                if made:
                    kept = ", ".join(sorted(each.__name__ for each in made))
                    raise Violation(f"the plugin keeps {kept} made of the secret that it was given last")


def _new(trial: Trial, package: str, use: "Use", secret: str, before: set[Remembered]) -> set[Remembered]:
    """Use a secret, and give what the plugin holds since then but for what is public; from now on it is no news."""
    public = use(f"{trial.session.seed} remembered {secret}")
    gc.collect()
    held = set(_held(trial.primitive, package))
    new = held - before - public
    before |= held
    return new


Use = Callable[[str], set[Remembered]]
"""Uses the secret of a seed, and gives what of its results is public, and what is made of that."""


def _uses(trial: Trial) -> Iterator[Use]:
    session = trial.session
    if session.target.kind is KEY_EXCHANGE:
        public_key = session.pairs(1)[0].public_key
        yield lambda seed: _public(public_key, trial.kem.encapsulate(public_key, Drbg(seed).bytes).ciphertext)
        yield partial(_decapsulates, trial)
        return
    for keyed in keyed_objects(session, Drbg(f"{session.seed} remembered")):
        yield partial(_makes_and_uses, trial, keyed)


def _decapsulates(trial: Trial, seed: str) -> set[Remembered]:
    pair = trial.kem.generate(Drbg(seed).bytes)
    ciphertext = bytes(trial.kem.ciphertext_size)
    trial.kem.decapsulate(pair.private_key, ciphertext)
    return _public(pair.public_key, ciphertext)


def _makes_and_uses(trial: Trial, keyed: Keyed, seed: str) -> set[Remembered]:
    keyed.use(keyed.make(usable_key(trial.session, Drbg(seed)), *keyed.arguments[1:]))
    return set()


def _public(public_key: bytes, ciphertext: bytes) -> set[Remembered]:
    values = {value for _, value in public_values(public_key, ciphertext)} | {public_key, ciphertext}
    numbers = {int.from_bytes(value, order) for value in values for order in ORDERS}
    return {*values, *numbers, *(value.hex() for value in values)}


def _held(primitive: Any, package: str) -> Iterator[Remembered]:
    """Octets, texts and large numbers that the plugin's modules, classes, functions and objects hold."""
    names = [name for name in sys.modules if name.partition(".")[0] == package]
    todo: list[object] = [primitive, *(vars(sys.modules[name]) for name in names if sys.modules[name] is not None)]
    seen = {id(todo)}
    while todo:
        each = todo.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if issubclass(type(each), bytes | bytearray | str):
            if len(each) >= LEAST:  # type: ignore[arg-type]
                yield each if isinstance(each, str) else bytes(each)  # type: ignore[call-overload]
        elif type(each) is int:
            if each.bit_length() > 8 * LEAST:
                yield each
        elif not _is_foreign(each, package):
            todo += gc.get_referents(each)


def _is_foreign(each: object, package: str) -> bool:
    """Whether it is a module, or the class or a function of another package: what it holds is not the plugin's."""
    if issubclass(type(each), ModuleType | BuiltinFunctionType):
        return True
    if issubclass(type(each), type | FunctionType | MethodType):
        return str(getattr(each, "__module__", "")).partition(".")[0] != package
    return False
