"""What the attacker cannot see and a judge can: the log of the channels, and what time it seems to be."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import NamedTuple, Self

from framework import FailureReason
from tests.attacks.attack import BANK, Observer, Step, SurpriseError


class LoggedFailure(NamedTuple):
    """A failed channel in the bank's log."""

    peer: str
    reason: FailureReason
    message: str
    """The whole line but for the peer."""


class ChannelLog(logging.Handler):
    """Reads the failures of channels out of the log, while it is entered."""

    def __init__(self, observe: Observer) -> None:
        super().__init__()
        self.observe = observe
        self.failures: list[LoggedFailure] = []
        self.strange: list[str] = []
        """Lines of channels that tell no failure: there should be none."""
        self._logger = logging.getLogger("suitecase")
        self._level = self._logger.level

    def __enter__(self) -> Self:
        self._level = self._logger.level
        self._logger.setLevel(logging.INFO)
        self._logger.addHandler(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._logger.removeHandler(self)
        self._logger.setLevel(self._level)

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != "suitecase.channel":
            return
        if str(record.msg) != "channel with %s failed: %s (%s)" or not isinstance(record.args, tuple):
            self.strange.append(record.getMessage())
            return
        peer, reason, _ = record.args
        failure = LoggedFailure(str(peer), FailureReason(str(reason)), record.getMessage().partition("failed: ")[2])
        self.failures.append(failure)
        self.observe(Step(BANK, f"notes in its log: {failure.message}"))

    def failures_with(self, peer: str) -> list[FailureReason]:
        return [failure.reason for failure in self.failures if failure.peer == peer]

    def failure_with(self, peer: str) -> FailureReason:
        """Why the channel with this peer failed, for which there must be one reason."""
        reasons = self.failures_with(peer)
        if len(reasons) != 1:
            raise SurpriseError(f"the bank's log tells {len(reasons)} failures of a channel, and not one")
        return reasons[0]


@contextmanager
def replaced(owner: object, name: str, value: object) -> Iterator[None]:
    """Let an attribute have another value for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)
