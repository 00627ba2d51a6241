"""The one exception by which anything that goes wrong inside a channel reaches the one failure path."""

from framework.events import FailureReason


class ProtocolViolation(Exception):
    """The channel must fail (PROTOCOL §8.1). It never leaves `framework.channel`, which turns it into an event."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
