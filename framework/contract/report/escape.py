"""What plugins say, in each format's own way.

A plugin's texts, its exceptions and the names of its files may hold anything that a `str` can. JSON needs no function
here: `json.dumps` writes ASCII that is read back whole.
"""

import re

from framework.printable import printable


def line(text: str) -> str:
    """For a line of a terminal, of a log, or of what pytest shows."""
    return printable(text)


def lines(text: str) -> str:
    """For several lines; all but the first are indented, lest one of them pass for a line of the report's own."""
    return "\n    ".join(printable(each) for each in text.split("\n"))


def xml(text: str) -> str:
    """For XML 1.0 §2.2, which knows no control characters, surrogates or noncharacters. Markup the writer escapes."""
    return printable(text, keep="\n")


def markdown(text: str) -> str:
    """For a line of Markdown."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", printable(text))
