"""What the plugin and an oracle are both asked, and the smallest input on which they differ."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import CodeType, FrameType
from typing import Any

from framework.contract.comparison.difference import BLOCKS, Another, Difference
from framework.contract.model.oracle import Oracle, OracleError
from framework.contract.model.smallest import cut, least
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

WATCHED = 12
"""Inputs with which both are watched for code that they share; the shortest come first and take no time."""


@dataclass(frozen=True)
class Question:
    """What the oracles of a kind are asked, the shortest first, and how the plugin computes the same.

    `fields` names the arguments and the result; the last argument is the one that a finding shows shortened. `mixed`:
    the result grows with it, as a ciphertext does.
    """

    fields: tuple[str, ...]
    inputs: Callable[[Any], Iterator[tuple[bytes, ...]]]
    compute: Callable[..., bytes]
    mixed: bool = False

    @property
    def result(self) -> str:
        """What the result is called."""
        return self.fields[-1].replace("_", " ")

    def difference(self, trial: Trial, arguments: tuple[bytes, ...], wanted: bytes) -> Difference | None:
        """How the plugin's output differs from the one wanted, if it does."""
        compute = partial(self.compute, trial)
        found = compute(*arguments)
        return None if found == wanted else Difference(self.fields, arguments, compute, found, wanted, self.mixed)


def hold_to_oracle(trial: Trial, question: Question) -> None:
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
    trial: Trial, oracle: Oracle, question: Question, fixed: tuple[bytes, ...], size: int
) -> Mapping[str, str]:
    """What is to be said of whole blocks, where the smallest input is a part of one."""
    arguments = (*fixed, bytes(size))
    try:
        difference = question.difference(trial, arguments, oracle(*arguments))
    except (Violation, OracleError):
        return {}  # the smallest input says enough
    return difference.shown() if difference is not None else {}


def _agree(trial: Trial, oracle: Oracle, question: Question, fixed: tuple[bytes, ...], last: bytes) -> None:
    arguments = (*fixed, last)
    difference = question.difference(trial, arguments, oracle(*arguments))
    if difference is not None:
        raise Another(f"another {question.result} than that of the oracle {oracle.name}", difference)


def _look_for_shared_code(trial: Trial, oracle: Oracle, question: Question, asked: Sequence[tuple[bytes, ...]]) -> None:
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
