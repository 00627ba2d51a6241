"""An independent oracle: the author's plain function that computes by other means what the plugin should give.

    oracle(key, iv, plaintext) -> ciphertext                        for a bulk cipher
    oracle(key, message) -> tag                                     for a MAC
    oracle(key, nonce, associated_data, plaintext) -> ciphertext    for an AEAD, with the tag behind
    oracle(private_key, ciphertext) -> shared_secret                for a key exchange

It stands in a module, for the worker imports it by its name, `package.module:function`. The kit asks it about inputs of
its own, which are as varied as known answers have to be; the file of known answers may then be missing.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pkgutil import resolve_name
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from framework.contract.comparison.difference import BLOCKS, Another, Difference
from framework.contract.model.check import Violation
from framework.contract.model.smallest import cut, least
from framework.errors import ConfigurationError

if TYPE_CHECKING:
    from framework.contract.model.target import Target
    from framework.contract.model.trial import Trial

WATCHED = 12
"""Inputs with which both are watched for code that they share; the shortest come first and take no time."""


class OracleError(Exception):
    """The oracle failed, not the plugin: an ERROR."""


class Oracle:
    """The function behind a name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.function = resolve(name)

    def __call__(self, *arguments: bytes) -> bytes:
        """Ask. Raises OracleError when it raises, or gives something else than bytes."""
        try:
            answer: object = self.function(*arguments)
        except Exception as error:
            raise OracleError(f"the oracle {self.name} raised {type(error).__name__}") from error
        if not isinstance(answer, bytes):
            raise OracleError(f"the oracle {self.name} gave {type(answer).__name__} where bytes are due")
        return answer


def resolve(name: str) -> Callable[..., Any]:
    """Import `package.module:function`. Raises ConfigurationError if there is no such function."""
    if not re.fullmatch(r"[\w.]+:[\w.]+", name):
        raise ConfigurationError(f"an oracle is named package.module:function, not {name!r}")
    try:
        function: object = resolve_name(name)
    except Exception as error:  # noqa: BLE001 - a module may raise anything when it is imported
        module = name.partition(":")[0].partition(".")[0]
        missing = isinstance(error, ModuleNotFoundError) and error.name == module
        hint = f"; run this in the folder where {module}.py lies, or install it" if missing else ""
        what = f"{type(error).__name__}: {error}{hint}"
        raise ConfigurationError(f"the oracle {name} cannot be imported: {what}") from None
    if not callable(function):
        raise ConfigurationError(f"the oracle {name} is no function but {type(function).__name__}")
    return function


def name_of(oracle: Callable[..., Any] | str) -> str:
    """Give the name by which the worker imports the oracle. Raises ConfigurationError for one that has none."""
    if isinstance(oracle, str):
        return oracle
    name = f"{getattr(oracle, '__module__', '')}:{getattr(oracle, '__qualname__', '')}"
    try:
        found = resolve(name)
    except ConfigurationError:
        found = None
    if found is not oracle:
        raise ConfigurationError(f"an oracle is a function of a module, which another process can import: not {oracle}")
    return name


def refuse_the_plugin(target: "Target") -> None:
    """Raise ConfigurationError if the target's oracle is a part of the plugin itself."""
    function = resolve(target.oracle)
    theirs = {target.entry.partition(":")[0], type(target.primitive()).__module__}
    if getattr(function, "__module__", target.oracle.partition(":")[0]) in theirs:
        raise ConfigurationError(
            f"the oracle {target.oracle} is the plugin's own code: it would agree with any fault; "
            "take another implementation, or published vectors"
        )


@dataclass(frozen=True)
class Question:
    """What the oracles of a kind are asked, the shortest first, and how the plugin computes the same.

    `fields` names the arguments and the result; the last argument is the one that a finding shows shortened. `mixed`:
    the result grows with it, as a ciphertext does.
    """

    fields: tuple[str, ...]
    inputs: Callable[["Trial"], Iterator[tuple[bytes, ...]]]
    compute: Callable[..., bytes]
    mixed: bool = False

    @property
    def result(self) -> str:
        """What the result is called."""
        return self.fields[-1].replace("_", " ")

    def difference(self, trial: "Trial", arguments: tuple[bytes, ...], wanted: bytes) -> Difference | None:
        """How the plugin's output differs from the one wanted, if it does."""
        compute = partial(self.compute, trial)
        found = compute(*arguments)
        return None if found == wanted else Difference(self.fields, arguments, compute, found, wanted, self.mixed)


def hold_to_oracle(trial: "Trial", question: Question) -> None:
    """Raise Violation with the smallest input on which plugin and oracle differ; do nothing when there is no oracle."""
    oracle = trial.oracle
    if oracle is None:
        return
    asked = list(question.inputs(trial))
    _look_for_shared_code(trial, oracle, question, asked[:WATCHED])
    for arguments in asked:
        try:
            least(arguments[-1], partial(_agree, trial, oracle, question, arguments[:-1]), cut)
        except Another as another:
            if question.mixed:
                size = another.difference.at + BLOCKS
                another.inputs = {**another.inputs, **_whole_blocks(trial, oracle, question, arguments[:-1], size)}
            raise


def _whole_blocks(
    trial: "Trial", oracle: Oracle, question: Question, fixed: tuple[bytes, ...], size: int
) -> Mapping[str, str]:
    """What is to be said of whole blocks, where the smallest input is a part of one."""
    arguments = (*fixed, bytes(size))
    try:
        difference = question.difference(trial, arguments, oracle(*arguments))
    except (Violation, OracleError):
        return {}  # the smallest input says enough
    return difference.shown() if difference is not None else {}


def _agree(trial: "Trial", oracle: Oracle, question: Question, fixed: tuple[bytes, ...], last: bytes) -> None:
    arguments = (*fixed, last)
    difference = question.difference(trial, arguments, oracle(*arguments))
    if difference is not None:
        raise Another(f"another {question.result} than that of the oracle {oracle.name}", difference)


def _look_for_shared_code(
    trial: "Trial", oracle: Oracle, question: Question, asked: Sequence[tuple[bytes, ...]]
) -> None:
    """Raise Violation when the oracle runs code that the plugin runs, other than that of libraries."""
    package = trial.session.target.entry.partition(":")[0].partition(".")[0]
    plugins, oracles = (
        set().union(*(_code_of(package, partial(function, *arguments)) for arguments in asked))
        for function in (partial(question.compute, trial), oracle)
    )
    shared = sorted(code.co_qualname for code in plugins & oracles)
    if shared:
        raise Violation(f"the oracle {oracle.name} runs the plugin's own code ({shared[0]}): it agrees with any fault")


def _code_of(package: str, call: Callable[[], object]) -> set[CodeType]:
    """The Python code of a package that a call runs."""
    seen: set[CodeType] = set()

    def profile(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and str(frame.f_globals.get("__name__")).partition(".")[0] == package:
            seen.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(before)
    return seen
