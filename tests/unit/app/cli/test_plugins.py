"""What plugins say of themselves is shown as it is, and does nothing to the terminal."""

import pytest

from app.cli.plugins import show_plugins
from framework.registry import PluginRecord, Registry


def test_what_a_plugin_says_is_neither_markup_nor_a_terminals_command(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = PluginRecord("nice[/x]", "[red]dist[/red]", "1.0\x1b]0;owned\a\u202e", allowed=False, error="no\nsuch")
    show_plugins(Registry((hostile,), {}), as_json=False)
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) == 2
    for said in ("nice[/x]", "[red]dist[/red]", r"1.0\x1b]0;owned\x07\u202e", r"no\nsuch"):
        assert said in shown
    assert all(letter.isprintable() or letter == "\n" for letter in shown)
