"""Runs checks in a process of their own, so that a plugin which hangs or crashes ends that process and nothing else."""

import json
import time
from dataclasses import dataclass
from typing import Self

from framework.contract.engine.child import START_SECONDS, USUAL, Child
from framework.contract.engine.runner import CHECK_SECONDS, did_not_return
from framework.contract.model.check import Check
from framework.contract.model.outcome import Outcome, Verdict, finding
from framework.contract.model.target import Target
from framework.contract.model.trial import Effort
from framework.contract.model.violation import Violation


@dataclass(frozen=True)
class Assignment:
    """What a worker is to try: the plugin, the seed, the effort, and which plugins it meets in a channel."""

    target: Target
    seed: str
    effort: Effort
    partners: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """How long one check may take."""
        return CHECK_SECONDS * max(1.0, self.effort.value)

    def to_json(self) -> str:
        """Write it for the worker's command line."""
        return json.dumps(
            {
                "target": self.target.to_json(),
                "seed": self.seed,
                "effort": self.effort.name,
                "partners": list(self.partners),
                "seconds": self.seconds,
            }
        )


class Supervisor:
    """Keeps one worker, starts it when it is needed, and ends it when it hangs. A context manager."""

    def __init__(self, assignment: Assignment, *, python: tuple[str, ...] = USUAL) -> None:
        self._assignment = assignment
        self._python = python
        self._worker: Child | None = None
        self._failure = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def run(self, check: Check) -> Outcome:
        """Run one check in the worker."""
        if self._worker is None and not self._failure:
            self._start()
        worker = self._worker
        if worker is None:
            return Outcome(check.id, Verdict.ERROR, self._failure, 0.0, None, check.flaws)
        begin = time.perf_counter()
        worker.say(check.id)
        line = worker.hear(self._assignment.seconds)
        if line:
            return Outcome.from_dict(json.loads(line))
        # Nothing came in time, or the process has died.
        died = line == "" or worker.has_ended
        code = self.stop()
        given = self._assignment
        violation = Violation(f"the process died ({code})") if died else did_not_return(given.seconds, given.target)
        found = finding(check, violation, given.target.arguments + given.effort.option, given.seed)
        return Outcome(check.id, Verdict.FAILED, "", time.perf_counter() - begin, found, check.flaws)

    def stop(self) -> int | None:
        """End the worker."""
        worker, self._worker = self._worker, None
        return worker.stop() if worker is not None else None

    def _start(self) -> None:
        """Start the worker. One that does not come up is not tried again for every check."""
        self._worker = Child("framework.contract.engine.worker", self._assignment.to_json(), python=self._python)
        if self._worker.hear(START_SECONDS) != "ready\n":
            code = self.stop()
            self._failure = f"the worker did not start (exit code {code}); its standard error says why"
