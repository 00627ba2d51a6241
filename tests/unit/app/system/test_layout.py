"""What is shown: in the letters that the stream has, and as many columns as it really takes."""

import io

import pytest

from app.system.errors import excerpt
from app.system.layout import columns_of, folded, in_letters_of


class Screen(io.TextIOWrapper):
    """A terminal with an alphabet of its own."""

    def __init__(self, encoding: str) -> None:
        super().__init__(io.BytesIO(), encoding, "backslashreplace")

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return -1


@pytest.fixture
def columns(monkeypatch: pytest.MonkeyPatch) -> int:
    class Size:
        columns = 20

    monkeypatch.setattr("os.get_terminal_size", lambda _descriptor: Size)
    return Size.columns


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "a — b… §4 é 日"),
        ("latin-1", "a - b... §4 é \\u65e5"),
        ("ascii", "a - b... sec. 4 \\xe9 \\u65e5"),
    ],
)
def test_signs_of_ours_are_written_plainly_and_others_escaped(encoding: str, shown: str) -> None:
    assert in_letters_of(Screen(encoding), "a — b… §4 é 日") == shown


@pytest.mark.parametrize(
    ("text", "count"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("\uff57", 2), ("\u200b", 0), ("é", 1), ("⠋—…", 3)]
)
def test_columns(text: str, count: int) -> None:
    assert columns_of(text) == count


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
@pytest.mark.parametrize(
    "text",
    [
        "one two three four five six seven",
        "日本語の長い文章は空白がなくても折り返される",
        "e\u0301" * 50,
        "— " * 30,
        "x" * 61 + " y",
        "a 日本語 b 日本語 c 日本語 d",
    ],
)
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(columns: int, encoding: str, text: str) -> None:
    screen = Screen(encoding)
    lines = folded(text, screen)
    assert all(columns_of(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(in_letters_of(screen, text).split())
    assert not any(line.startswith("\u0301") for line in lines)


@pytest.mark.usefixtures("columns")
def test_blanks_within_a_line_stay_and_lines_too() -> None:
    assert folded("CHECK    the balance\n\nx    y", Screen("utf-8")) == ["CHECK    the balance", "", "x    y"]
    assert folded("  indented", Screen("utf-8")) == ["  indented"]
    assert folded("twenty columns here and more", Screen("utf-8")) == ["twenty columns here", "and more"]


def test_an_excerpt_shows_letters_and_escapes_what_moves_the_cursor() -> None:
    assert excerpt("é") == "'é'"
    assert excerpt("日本") == "'日本'"
    assert excerpt("\x1b[2J\u202e\udcff\n") == "'\\x1b[2J\\u202e\\udcff\\n'"
    assert excerpt("\u22125 \uff15") == "'\\u22125 \\uff15'"  # looks like -5 5
    assert len(excerpt("é" * 1000)) == 29
