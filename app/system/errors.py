"""What can go wrong for a person, each as one sentence that says what happened and what to do.

The command line prints `str(error)` of a `UserError` to standard error and leaves with `error.exit_code`;
there is never a traceback. No sentence repeats a secret, nor more of its input than `excerpt` lets through.
"""

import unicodedata
from types import TracebackType
from typing import ClassVar, Final

EXIT_REFUSED = 1
"""Exit code: the bank understood and refused."""
EXIT_LOCAL = 2
"""Exit code: a usage or local fault, nothing was asked of the bank."""
EXIT_CHANNEL = 3
"""Exit code: the channel failed, or the bank's key is not the one that was trusted."""
EXIT_INTERNAL = 70
"""Exit code: suitecase itself failed (EX_SOFTWARE of sysexits(3))."""

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


class InternalError(UserError):
    """What should never happen: a fault of suitecase's own. It names type and place, never the text, which may quote.

    `doubt` is what is not known for that reason, a sentence of its own, or empty.
    """

    exit_code = EXIT_INTERNAL

    def __init__(self, error: BaseException, doubt: str = "") -> None:
        super().__init__(
            f"suitecase itself failed ({_type_and_place(error)}); please report these words. {doubt}".rstrip()
        )


class MessageError(UserError):
    """The peer sent a message that is none of the protocol's. It carries nothing of the message."""

    exit_code = EXIT_CHANNEL

    def __init__(self) -> None:
        super().__init__("The other side sent a message that makes no sense here; is it the same version?")


_OURS: Final = ("app.", "framework.", "plugins.")


def _type_and_place(error: BaseException) -> str:
    """Write `RuntimeError at threading:899, from app.atm.waiting:35`: where it was raised, and where we are in that."""
    places: list[str] = []
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        places.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
        trace = trace.tb_next
    if not places:
        return type(error).__name__
    ours = [place for place in places if place.startswith(_OURS)]
    within = "" if not ours or ours[-1] == places[-1] else f", from {ours[-1]}"
    return f"{type(error).__name__} at {places[-1]}{within}"


def excerpt(text: str) -> str:
    """Quote `text` in at most 29 characters. Letters stay as they are; whoever shows them escapes what he has not.

    What is not printable is escaped, and so are signs and digits outside ASCII: they look like those within.
    """
    escaped = "".join(map(_shown, text[: _EXCERPT_LENGTH + 1]))
    return f"'{escaped}'" if len(escaped) <= _EXCERPT_LENGTH else f"'{escaped[:_EXCERPT_LENGTH]}...'"


def _shown(letter: str) -> str:
    is_plain = letter.isalpha() or unicodedata.category(letter).startswith("M")  # what combines with a letter
    return letter if is_plain else ascii(letter)[1:-1]
