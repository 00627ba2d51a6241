"""Text as a terminal shows it: in the letters that it has, and in columns."""

import os
import re
import unicodedata
from typing import Final, TextIO

_COLUMNS: Final = 80
_NARROWEST: Final = 20

_PLAIN: Final = {"—": "-", "…": "...", "§": "sec. "}
"""What is written for the signs that we use ourselves, where the terminal does not have them."""

_INVISIBLE: Final = ("Mn", "Me", "Cf")
"""Categories of characters that take no column: they combine with the one before, or are not shown."""


def can_show(text: str, stream: TextIO) -> bool:
    """Whether a stream has all letters of a text."""
    try:
        text.encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def in_letters_of(stream: TextIO, text: str) -> str:
    """Write a text in the letters that a stream has: our own signs plainly, and others escaped, as the stream would."""
    if can_show(text, stream):
        return text
    for sign, plain in _PLAIN.items():
        if not can_show(sign, stream):
            text = text.replace(sign, plain)
    encoding = stream.encoding or "ascii"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes: a letter of East Asia two, one that combines none."""
    if text.isascii():
        return len(text)
    return sum(_columns_of_one(letter) for letter in text)


def folded(text: str, stream: TextIO, indent: int = 0) -> list[str]:
    """Fold between words to the width of a terminal, less `indent`; in a pipe a sentence is a line, for grep."""
    lines = in_letters_of(stream, text).split("\n")
    if not stream.isatty():
        return lines
    columns = max((os.get_terminal_size(stream.fileno()).columns or _COLUMNS) - indent, _NARROWEST)
    return [part for line in lines for part in _folded_line(line, columns)]


def _folded_line(line: str, columns: int) -> list[str]:
    """Fold one line. Blanks are kept but for those at a fold; a word that is too long is cut."""
    parts: list[str] = []
    current = ""
    for chunk in re.findall(r"\s+|\S+", line):
        if columns_of(current) + columns_of(chunk) <= columns:
            current += chunk
            continue
        if current.strip():
            parts.append(current.rstrip())
        current = ""
        if chunk.isspace():
            continue
        head, rest = _cut(chunk, columns)
        while rest:
            parts.append(head)
            head, rest = _cut(rest, columns)
        current = head
    if current.strip() or not parts:
        parts.append(current.rstrip())
    return parts


def _cut(word: str, columns: int) -> tuple[str, str]:
    """Cut a word after so many columns; what combines with a letter stays with it."""
    taken = 0
    for at, letter in enumerate(word):
        taken += _columns_of_one(letter)
        if taken > columns and at:
            return word[:at], word[at:]
    return word, ""


def _columns_of_one(letter: str) -> int:
    if unicodedata.category(letter) in _INVISIBLE:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
