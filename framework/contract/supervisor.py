"""Runs checks in a process of their own, so that a plugin which hangs or crashes ends that process and nothing else."""

import json
import os
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from framework.contract.check import Check, Violation
from framework.contract.outcome import Outcome, Verdict, finding
from framework.contract.runner import CHECK_SECONDS, did_not_return
from framework.contract.target import Target
from framework.contract.trial import Effort

START_SECONDS = 30.0


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

    def __init__(self, assignment: Assignment, *, python: tuple[str, ...] = (sys.executable,)) -> None:
        self._assignment = assignment
        self._python = python
        self._worker: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def run(self, check: Check) -> Outcome:
        """Run one check in the worker."""
        worker = self._worker or self._start()
        if isinstance(worker, Outcome):
            return Outcome(check.id, worker.verdict, worker.note, 0.0, None, check.flaws)
        self._worker, begin = worker, time.perf_counter()
        self._say(worker, check.id)
        line = self._hear(worker, self._assignment.seconds)
        if line:
            return Outcome.from_dict(json.loads(line))
        # Nothing came in time, or the process has died.
        died = line == "" or worker.poll() is not None
        code = self.stop()
        given = self._assignment
        violation = Violation(f"the process died ({code})") if died else did_not_return(given.seconds, given.target)
        found = finding(check, violation, given.target.arguments + given.effort.option, given.seed)
        return Outcome(check.id, Verdict.FAILED, "", time.perf_counter() - begin, found, check.flaws)

    def stop(self) -> int | None:
        """End the worker."""
        worker, self._worker = self._worker, None
        if worker is None:
            return None
        worker.kill()
        code = worker.wait()
        for stream in (worker.stdin, worker.stdout):
            if stream is not None:
                stream.close()
        return code

    def _start(self) -> "subprocess.Popen[str] | Outcome":
        worker = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [*self._python, "-P", "-m", "framework.contract.worker", self._assignment.to_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            text=True,
        )
        self._worker = worker
        if self._hear(worker, START_SECONDS) == "ready\n":
            return worker
        code = self.stop()
        return Outcome("", Verdict.ERROR, f"the worker did not start (exit code {code}); its standard error says why")

    def _say(self, worker: "subprocess.Popen[str]", line: str) -> None:
        if worker.stdin is not None:
            print(line, file=worker.stdin, flush=True)

    def _hear(self, worker: "subprocess.Popen[str]", seconds: float) -> str | None:
        """The next line; empty when the worker has gone, None when it says nothing for so long."""
        if worker.stdout is None:
            return ""
        with selectors.DefaultSelector() as selector:
            selector.register(worker.stdout, selectors.EVENT_READ)
            return worker.stdout.readline() if selector.select(seconds) else None


def environment(**changes: str) -> dict[str, str]:
    """Our environment, with the module path of this process, so that a child finds what we have found.

    An empty entry is the current directory, and is written out: a child is started with `-P`, which adds no directory
    of its own, so what lies where the kit runs is found by a child only if it is found by us.
    """
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path, **changes}
