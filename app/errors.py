"""What can go wrong for a person, each as one sentence that says what happened and what to do.

The command line prints `str(error)` of a `UserError` to standard error and leaves with `error.exit_code`;
there is never a traceback. No sentence repeats a secret, nor more of its input than `excerpt` lets through.
"""

from typing import ClassVar

EXIT_REFUSED = 1
"""Exit code: the bank understood and refused."""
EXIT_LOCAL = 2
"""Exit code: a usage or local fault, nothing was asked of the bank."""
EXIT_CHANNEL = 3
"""Exit code: the channel failed, or the bank's key is not the one that was trusted."""

_EXCERPT_LENGTH = 24


class UserError(Exception):
    """The root of the application's errors for people. `exit_code` is what the process leaves with."""

    exit_code: ClassVar[int] = EXIT_LOCAL


class InputError(UserError):
    """Something typed by a person is not what was asked for: an amount, an account name."""


class FileError(UserError):
    """A file is missing, unreadable, too open to others, or not what it should be."""


class MissingFileError(FileError):
    """There is no such file."""


class CardError(UserError):
    """A card and an account that do not fit together."""


class UnknownBankError(UserError):
    """No key is on record for this bank and suite."""


class ChangedKeyError(UserError):
    """A bank shows another key than the one on record: a hard stop until a person has looked."""

    exit_code = EXIT_CHANNEL


class ChannelFailedError(UserError):
    """The bank could not be reached, did not prove itself, or did not answer.

    `doubt` is what is not known for that reason, a sentence of its own, or empty.
    """

    exit_code = EXIT_CHANNEL

    def __init__(self, sentence: str, doubt: str = "") -> None:
        super().__init__(f"{sentence} {doubt}".rstrip())
        self.doubt = doubt


class RefusedByBankError(UserError):
    """The bank refused the card."""

    exit_code = EXIT_REFUSED


class LedgerError(UserError):
    """The ledger cannot do what was asked; no half of it was done."""


class MessageError(UserError):
    """The peer sent a message that is none of the protocol's. It carries nothing of the message."""

    exit_code = EXIT_CHANNEL

    def __init__(self) -> None:
        super().__init__("The other side sent a message that makes no sense here; is it the same version?")


def excerpt(text: str) -> str:
    """Quote `text` in at most 29 characters, with everything unprintable or not ASCII escaped."""
    escaped = ascii(text[: _EXCERPT_LENGTH + 1])[1:-1]
    return f"'{escaped}'" if len(escaped) <= _EXCERPT_LENGTH else f"'{escaped[:_EXCERPT_LENGTH]}...'"
