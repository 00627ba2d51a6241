"""Terminals and pipes with a small alphabet, an interpreter without docstrings, and letters that people type."""

import json
import sys
from dataclasses import replace

import pytest

from tests.e2e.programs import QUICK_SUITE, Programs
from tests.e2e.terminal import Terminal, plain
from tests.e2e.test_help import COMMANDS


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_small_alphabet_has_words_for_our_signs(programs: Programs, encoding: str) -> None:
    environment = {"PYTHONIOENCODING": encoding}
    with Terminal(programs, "--suite", QUICK_SUITE, environment=environment) as terminal:
        terminal.expect("ATM> ")
        terminal.press("\x04")
        terminal.expect_end()
    shown = plain(terminal.seen)
    assert "modulus - not yet" in " ".join(shown.split())
    assert "\\u" not in shown
    assert max(len(line) for line in shown.splitlines()) > 70


def test_lists_in_a_small_alphabet_are_text_and_json(programs: Programs) -> None:
    environment = {"PYTHONIOENCODING": "ascii"}
    for command in ("suites", "plugins"):
        listed = programs.run(command, environment=environment)
        assert (listed.code, "\\u" in listed.out) == (0, False)
        for line in programs.run(command, "--json", environment=environment).out.splitlines():
            assert isinstance(json.loads(line), dict)


def test_letters_are_shown_as_they_were_typed(programs: Programs) -> None:
    given = "DEPOS é\nDÉPOS 5\n日本\n"
    ended = programs.run_warm("--suite", QUICK_SUITE, given=given)
    assert "'é' is not an amount" in ended.err
    assert "'DÉPOS' is no command" in ended.err
    assert "'日本' is no command" in ended.err
    ascii_only = programs.run("--suite", QUICK_SUITE, given=given, environment={"PYTHONIOENCODING": "ascii"})
    assert "'\\xe9' is not an amount" in ascii_only.err


@pytest.mark.parametrize("command", ["", "bank", "atm", "trust", "open-account", "check-plugin", "bench cipher"])
def test_help_is_there_without_docstrings(programs: Programs, command: str) -> None:
    without = replace(programs, python=(sys.executable, "-OO", "-W", "error"))
    assert without.run(*command.split(), "--help") == programs.run_warm(*command.split(), "--help")
    assert COMMANDS[command]


def test_explain_is_there_without_docstrings(programs: Programs) -> None:
    without = replace(programs, python=(sys.executable, "-OO", "-W", "error"))
    assert without.run("explain", "MAC-04") == programs.run_warm("explain", "MAC-04")
