"""The error taxonomy: errors sort by who must act on them (PROTOCOL §9)."""

from framework.events import FailureReason


class SuitecaseError(Exception):
    """The root of every error that this package raises on purpose."""


class MisuseError(SuitecaseError):
    """This program called the API wrongly: wrong type, wrong state, a message too long. Mend the caller."""


class ConfigurationError(SuitecaseError):
    """What was asked for cannot be made here: an unknown primitive or suite. Mend the configuration."""


class InvalidKeyError(SuitecaseError):
    """A key that must not be used: malformed, weak, or of another parameter set. Raised by plugins."""


class VerificationError(SuitecaseError):
    """A tag did not verify. Raised by plugins; it carries no detail, for an attacker would read it."""

    def __init__(self) -> None:
        super().__init__("verification failed")


class PluginError(SuitecaseError):
    """A plugin broke its contract: wrong type, wrong length, an exception it may not raise. Mend the plugin."""


class ChannelError(SuitecaseError):
    """The channel failed or was cut short. What was sent and not answered may or may not have arrived.

    `reason` says why, for this program and its log; the peer never learns it (PROTOCOL §8.1).
    """

    def __init__(self, message: str, reason: FailureReason) -> None:
        super().__init__(message)
        self.reason = reason


class Interruption(BaseException):
    """What ends the work of this program from outside, as a signal does: no plugin is blamed for it.

    A program whose signal handlers raise an exception of their own derives it from this one, beside SystemExit perhaps.
    KeyboardInterrupt passes likewise.
    """


STRANGE = (Exception, SystemExit)
"""What a stranger's code may raise and must not get away with; SystemExit would end the program, for all sessions.

An Interruption may be a SystemExit too, so whoever catches these lets it pass first.
"""
