"""Many threads in one plugin: as the interpreter switches between them, and in turns of a few lines each."""

import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from framework.contract.checks.generic.calls import calls
from framework.contract.inputs.drbg import Drbg
from framework.contract.model.check import check
from framework.contract.model.trial import Session, Trial
from framework.contract.model.violation import Violation

MEMBERS = 8
"""Threads at once."""

FREE_SECONDS = 0.06
"""How long each thread works freely, at least for six rounds: races are rare."""

TURNS = 150
"""How often a thread that takes turns hands over before it has worked enough."""

MOST_ROUNDS = 12
"""How often a thread that takes turns does its work at most: what is not written in Python has few lines."""

LOOK_SECONDS = 0.01
LOOKS = 25
"""One who waits looks again and again whether a line was done anywhere, and goes on after so many looks without, for
whoever has the turn may be waiting for a lock that this one holds. Looks, not time: on a busy machine time passes for
nobody."""

MOST_STALLS = 4
"""After so many, which is a second of looking, nobody hands over any more."""

Transcript = list[bytes]
"""What a thread's calls gave, in order."""


@check(
    "GEN-32",
    "many threads may use a plugin at once",
    why="Handshakes are computed in threads: what one leaves in a shared place another picks up.",
    precedent="FIPS 140's pairwise consistency test exists for mismatched halves",
    flaws=("race over a shared buffer", "state in the class", "state in a module"),
    forbids_waiver=True,
)
def threads(trial: Trial) -> None:
    """Run the same work in eight threads, each on its own inputs: first freely, then in turns; compare the results.

    Whether threads that run freely meet in a race is the scheduler's choice. Those that take turns hand over between
    two lines wherever the seed says, so what they find is found again.
    """
    session, begin = trial.session, time.perf_counter()
    wanted = [_transcript(session, number) for number in range(MEMBERS)]
    rounds = max(6, min(300, int(MEMBERS * FREE_SECONDS / (time.perf_counter() - begin))))
    _compare(wanted, _freely(session, rounds))
    _compare(wanted, _in_turns(session, trial.rng))


def _transcript(session: Session, number: int) -> Transcript:
    work = calls(session, Drbg(f"thread {number}"))
    return [bytes(call.function(*call.arguments) or b"") for call in work]


def _compare(wanted: list[Transcript], found: list[Transcript]) -> None:
    for expected, outputs in zip(wanted, found, strict=True):
        if any(outputs[at] != expected[at % len(expected)] for at in range(len(outputs))):
            raise Violation("in threads, other results come out")


def _freely(session: Session, rounds: int) -> list[Transcript]:
    """Work in threads between which the interpreter switches as often as it can."""
    together = threading.Barrier(MEMBERS)

    def work(number: int) -> Transcript:
        together.wait()
        return [output for _ in range(rounds) for output in _transcript(session, number)]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        return _of_all(work)
    finally:
        sys.setswitchinterval(interval)


def _in_turns(session: Session, rng: Drbg) -> list[Transcript]:
    """Work in threads of which one runs at a time, until it has come to a line that the seed chose."""
    lines = 0

    def count() -> None:
        nonlocal lines
        lines += 1

    _traced(count, lambda: _transcript(session, 0))
    turns = Turns(rng, lines)

    def work(number: int) -> Transcript:
        outputs: Transcript = []
        with turns.of(number) as member:
            for _ in range(MOST_ROUNDS):
                outputs += _traced(member.line, lambda: _transcript(session, number))
                if member.taken >= TURNS:
                    break
        return outputs

    return _of_all(work)


def _of_all(work: Callable[[int], Transcript]) -> list[Transcript]:
    """Give what `work` gives in each of the threads. Raises Violation if it raises in one."""
    found: list[Transcript] = [[] for _ in range(MEMBERS)]
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            found[number] = work(number)
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that asks
            failures.append(error)

    workers = [threading.Thread(target=run, args=(number,)) for number in range(MEMBERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise Violation(f"in a thread, {type(failures[0]).__name__} is raised") from failures[0]
    return found


def _traced(on_line: Callable[[], None], work: Callable[[], Transcript]) -> Transcript:
    """Do the work in this thread and call `on_line` before each line of Python in it."""

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            on_line()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return work()
    finally:
        sys.settrace(before)


class Turns:
    """Who of the threads may run; `lines` is how many lines one does in a round."""

    def __init__(self, rng: Drbg, lines: int) -> None:
        self.lines_done = 0
        self.stalls = 0
        self._rng = rng
        self._widths = max(6, (lines // MEMBERS).bit_length())
        self._members = [Member(self) for _ in range(MEMBERS)]
        self._begun = threading.Barrier(MEMBERS, action=self._members[0].go)

    def of(self, number: int) -> "Member":
        """The turns of one thread."""
        return self._members[number]

    def wait_for_all(self) -> None:
        """Wait until every thread is there, for the first turn."""
        self._begun.wait()

    def gap(self) -> int:
        """Lines until the next handing over: one as often as two to three, or as a whole eighth of the work."""
        width = 1 << self._rng.below(self._widths)
        return width + self._rng.below(width)

    def stand_still(self, since: int) -> bool:
        """Whether no line was done since so many were, and nobody is just about to begin."""
        return self.lines_done == since and not any(member.begins for member in self._members)

    def next_after(self, member: "Member") -> "Member | None":
        """Whose turn it is when this thread's ends; None if it goes on, as the last one or after too many stalls."""
        others = [other for other in self._members if other is not member and not other.done]
        return self._rng.choice(others) if others and self.stalls < MOST_STALLS else None


class Member:
    """One thread's turns; a context in which it works."""

    def __init__(self, turns: Turns) -> None:
        self.taken = 0
        self.done = False
        self._turns = turns
        self._waits = False
        self._turn = threading.Event()
        self._left = 1

    def __enter__(self) -> "Member":
        self._turns.wait_for_all()
        self._wait()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.done = True
        following = self._turns.next_after(self)
        if following is not None:
            following.go()

    def go(self) -> None:
        """It is this thread's turn."""
        self._turn.set()

    def line(self) -> None:
        """Count a line; where the turn ends, let another go and wait for the next one."""
        self._turns.lines_done += 1
        self._left -= 1
        if self._left == 0:
            self._left = self._turns.gap()
            self.taken += 1
            following = self._turns.next_after(self)
            if following is not None:
                self._turn.clear()
                following.go()
                self._wait()

    @property
    def begins(self) -> bool:
        """Whether it has been given the turn and not taken it yet."""
        return self._waits and self._turn.is_set()

    def _wait(self) -> None:
        """Wait for the turn, or until everything stands still."""
        self._waits = True
        seen, looks = self._turns.lines_done, 0
        while not self._turn.wait(LOOK_SECONDS):
            looks = looks + 1 if self._turns.stand_still(seen) else 0
            if looks == LOOKS:
                self._turns.stalls += 1
                break
            seen = self._turns.lines_done
        self._waits = False
