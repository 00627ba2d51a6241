"""Text of strangers, made fit to be shown: what a plugin, its metadata or its exceptions say of themselves."""

from framework.errors import STRANGE, Interruption

MAX_TOLD = 500
"""Characters of an exception's text that are shown."""


def printable(text: str, keep: str = "") -> str:
    """Escape every character that is not printable, but for those in `keep`.

    Escaped are control characters (of C1 too), what turns the direction of writing, line ends, lone surrogates and
    what is no character. The result is valid UTF-8, harmless at a terminal, and made of characters that XML 1.0 knows.
    """
    return "".join(letter if letter.isprintable() or letter in keep else ascii(letter)[1:-1] for letter in text)


def told(error: BaseException) -> str:
    """Give an exception's type and text, in one printable line of limited length."""
    try:
        text = str(error)
    except Interruption:
        raise
    except STRANGE:  # the exception is a stranger's, and so is its __str__
        text = "(its text cannot be shown)"
    shown = printable(text[: MAX_TOLD + 1])
    return printable(type(error).__name__) + (f": {shown[:MAX_TOLD]}{'…' * (len(shown) > MAX_TOLD)}" if text else "")
