"""The files of this repository, as the tests of the house read them."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

PRODUCT = ("app", "framework", "plugins")
"""What is shipped."""

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "PROTOCOL.md", "docs", "examples", "plugins")
"""Where documents stand; the changelog tells what was, and is left out."""


def python_files(*folders: str) -> Iterator[Path]:
    """Every Python file below these folders."""
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def documents() -> Iterator[Path]:
    """Every document."""
    for name in DOCUMENTS:
        path = ROOT / name
        yield from [path] if path.is_file() else sorted(path.rglob("*.md"))


def name_of(path: Path) -> str:
    """The file, as a message names it."""
    return path.relative_to(ROOT).as_posix()
