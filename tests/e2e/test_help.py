"""The help: worth reading, and as wide as a terminal of 80 columns."""

import json
import re
import tomllib

import pytest

from tests.e2e.programs import ROOT, Programs
from tests.e2e.terminal import Terminal, plain

COMMANDS = {
    "": ["CHECK, DEPOS amount", "printf 'DEPOS 50\\nCHECK\\n' | suitecase --json", "Exit codes:", "SUITECASE_SUITE"],
    "bank": [
        "one line on standard output when it is ready: listening on HOST:PORT",
        "--listen HOST:PORT",
        "bank.pub",
        "suitecase bank --listen 127.0.0.1:7000",
    ],
    "bank backup": [
        "[OPTIONS] TARGET",
        "consistent and verified",
        "suitecase bank backup --data-dir bank backups/monday",
    ],
    "bank restore": ["[OPTIONS] SOURCE", "nothing is deleted", "suitecase bank restore --data-dir bank backups/monday"],
    "open-account": ["[OPTIONS] NAME", "--card FILE", "suitecase open-account alice"],
    "atm": [
        "[check | deposit AMOUNT | withdraw AMOUNT]",
        "--known-banks FILE",
        "Exit codes:",
        "moves once",
        "must agree",
    ],
    "trust": ["prints after `listening on`", "--bank-key FILE", "never replaced", "suitecase trust --connect"],
    "suites": ["strength, status", "--allow-plugin NAME"],
    "plugins": ["whether it is allowed"],
    "check-plugin": ["contract"],
    "explain": ["flaw"],
    "new-plugin": ["plugin"],
    "bench": ["cipher", "channel", "ledger"],
    "bench cipher": ["--plot FILE.svg"],
    "bench channel": ["--suite SUITE"],
    "bench ledger": ["--directory DIR", "a sync of its own"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_a_command_does(programs: Programs, command: str) -> None:
    ended = programs.run_warm(*command.split(), "--help")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0].startswith(f"Usage: suitecase {command}".rstrip())
    assert all(len(line) <= 80 for line in lines)
    said = " ".join(ended.out.split())
    for word in COMMANDS[command]:
        assert word in (ended.out if "  " in word else said)
    assert "\x1b" not in ended.out
    # What typer leaves behind where nobody looked: types for metavars, and unexpanded marks.
    assert not re.search(r"<bool>|<str>|<path>|\bTEXT\b|\bPATH\b|\x08|\\b|│", ended.out)


def test_the_version(programs: Programs) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for arguments in (["--version"], ["--json", "--version", "suites", "--nonsense"], ["--version", "--help"]):
        ended = programs.run_warm(*arguments)
        assert (ended.code, ended.out, ended.err) == (0, f"suitecase {declared}\n", "")
    assert programs.run_warm("suites", "--version").code == 2


def test_every_option_and_command_is_explained(programs: Programs) -> None:
    for command in COMMANDS:
        out = programs.run_warm(*command.split(), "--help").out
        for section in re.findall(r"^(?:Options|Commands):\n((?:  .*\n)+)", out, re.MULTILINE):
            for entry in re.split(r"\n(?=  \S)", section.rstrip()):
                assert re.match(r"  \S.*?\s{2,}\S+ \S+", entry.replace("\n", " ")), (command, entry)
                assert "..." not in entry, (command, entry)  # cut off


def test_in_a_terminal_it_reads_alike(programs: Programs) -> None:
    with Terminal(programs, "--help") as terminal:
        terminal.expect_end()
        assert plain(terminal.seen) == programs.run_warm("--help").out


def test_lists_fold_in_a_terminal_and_not_in_a_pipe(programs: Programs) -> None:
    for command in ("suites", "plugins"):
        piped = programs.run_warm(command).out
        with Terminal(programs, command) as terminal:
            terminal.expect_end()
            shown = plain(terminal.seen)
        assert all(len(line) <= 80 for line in shown.splitlines())
        assert sorted(shown.split()) == sorted(piped.split())
        assert any(len(line) > 80 for line in piped.splitlines()) is (command == "suites")


def test_lists_for_programs(programs: Programs) -> None:
    suites = [json.loads(line) for line in programs.run_warm("suites", "--json").out.splitlines()]
    assert {"suite": "des3-bg-hmac", "security_bits": 112, "status": "LEGACY"}.items() <= suites[0].items()
    assert [warning.split(":")[0] for warning in suites[0]["warnings"]] == ["LEGACY", "EXPERIMENTAL"]
    plugins = [json.loads(line) for line in programs.run_warm("plugins", "--json").out.splitlines()]
    ours = {plugin["plugin"]: plugin for plugin in plugins if plugin["distribution"] == "suitecase"}
    assert set(ours) == {"blumgoldwasser", "des3", "hmac_sha256"}
    assert all(plugin["allowed"] and plugin["error"] is None for plugin in ours.values())
    assert ours["des3"]["primitives"] == [{"kind": "bulk cipher", "name": "des3"}]
