"""The main job in a pipe: what `printf 'DEPOS 50\\nCHECK\\n' | python -m app` shows, and leaves behind."""

import json
import sys
from pathlib import Path

import pytest

from app.credentials.keystore import read_bank_key
from app.credentials.public_key import fingerprint
from tests.e2e.programs import QUICK_SUITE, Ended, Programs
from tests.e2e.terminal import Terminal, plain

QUICK = ("--suite", QUICK_SUITE)


def asked(programs: Programs, commands: str, *options: object) -> Ended:
    ended = programs.run_warm(*QUICK, *options, given=commands)
    assert "Traceback" not in ended.err
    return ended


def test_a_newcomer_deposits_and_is_told_what_it_runs_on(programs: Programs) -> None:
    ended = programs.run("--suite", "des3-bg-hmac", given="DEPOS 50\nCHECK\n")
    assert (ended.code, ended.out) == (0, "DEPOS ok, balance 50.00\nCHECK ok, balance 50.00\n")
    data_dir = programs.folder / "home" / "data" / "suitecase"
    welcome = [line.split(maxsplit=1) for line in ended.err.splitlines()]
    assert [heading for heading, _ in welcome] == ["suite", "bank", "key", "account", "LEGACY", "EXPERIMENTAL"]
    assert welcome[0][1] == "des3-bg-hmac, 112 bits"
    assert welcome[2][1] == fingerprint(read_bank_key(data_dir / "bank.pub", "des3-bg-hmac"))
    assert welcome[3][1] == "demo"
    assert "Triple DES" in welcome[4][1]
    assert "Blum-Goldwasser" in welcome[5][1]
    assert "\x1b" not in ended.out + ended.err


def test_json_answers_are_exactly_these_objects(programs: Programs) -> None:
    ended = asked(programs, "DEPOS 50\nwithd 50.01\nCheck\n", "--json")
    assert ended.out == (
        '{"type":"DEPOS","ok":true,"balance":"50.00"}\n'
        '{"type":"WITHD","ok":false,"error":"insufficient-funds"}\n'
        '{"type":"CHECK","ok":true,"balance":"50.00"}\n'
    )
    assert ended.code == 1


def test_money_is_kept_from_run_to_run_and_exit_codes_tell_how_it_went(programs: Programs) -> None:
    assert asked(programs, "DEPOS 0.01\n DEPOS\t90071992547409.90 \r\nQUIT\nDEPOS 1\n").code == 0
    worse = asked(programs, "WITHD 90071992547409.91\nWITHD 0.01\n\n", "--json")
    assert [json.loads(line).get("error") for line in worse.out.splitlines()] == [
        None,
        "insufficient-funds",
        "empty-line",
    ]
    assert worse.code == 2
    refused = asked(programs, "DEPOS 90071992547409.91\nDEPOS 0.01\nCHECK")
    assert refused.out.splitlines() == [
        "DEPOS ok, balance 90071992547409.91",
        "DEPOS refused: the account cannot hold that much",
        "CHECK ok, balance 90071992547409.91",
    ]
    assert refused.code == 1


def test_help_in_a_pipe_goes_beside_the_answers(programs: Programs) -> None:
    ended = asked(programs, "HELP\nquit\n", "--json")
    assert (ended.code, ended.out) == (0, "")
    for word in ("CHECK", "DEPOS amount", "WITHD amount", "HELP", "QUIT"):
        assert word in ended.err


def test_no_input_at_all_is_no_fault(programs: Programs) -> None:
    assert asked(programs, "").code == 0


def test_secrets_are_for_the_owner_alone_and_the_key_is_made_once(programs: Programs) -> None:
    data_dir = programs.folder / "its own" / "deep"
    shown = [asked(programs, "CHECK\n", "--data-dir", data_dir).err.splitlines()[2] for _ in range(2)]
    assert shown[0] == shown[1]
    assert _modes(data_dir) == {
        "bank.lock": "600",
        "bank.pub": "644",
        "identity.key": "600",
        f"{QUICK_SUITE}.key": "600",
        "demo.card": "600",
        "ledger.sqlite3": "600",
    }
    assert oct(data_dir.stat().st_mode)[-3:] == "700"


def _modes(folder: Path) -> dict[str, str]:
    return {path.name: oct(path.stat().st_mode)[-3:] for path in folder.iterdir() if path.is_file()}


def test_a_folder_whose_name_is_no_text(programs: Programs) -> None:
    data_dir = programs.folder / "a\udcff b\n"
    assert asked(programs, "DEPOS 1\n", "--data-dir", data_dir).code == 0
    card = data_dir / "demo.card"
    card.chmod(0o644)
    refusal = asked(programs, "", "--data-dir", data_dir).only_refusal
    assert "a\\udcff b\\n/demo.card can be reached by other users" in refusal


def test_help_and_refusals_fold_in_a_narrow_window(programs: Programs) -> None:
    for columns in (40, 0):  # 0: a terminal that does not say
        with Terminal(programs, *QUICK, columns=columns) as terminal:
            terminal.expect("ATM> ")
            terminal.ask("help")
            terminal.ask("DEPOS x")
            terminal.press("\x04")
            terminal.expect_end()
            assert all(len(line) <= (columns or 80) for line in plain(terminal.seen).splitlines())


@pytest.mark.parametrize(
    ("closed", "out"),
    [
        ("<&-", ""),
        ("</dev/null >&-", ""),
        ("2>&-", "CHECK ok, balance 0.00\n"),
        ("2>/dev/full", "CHECK ok, balance 0.00\n"),
        ("<&- >&- 2>&-", ""),
    ],
)
def test_streams_that_are_closed_stop_nothing(programs: Programs, closed: str, out: str) -> None:
    ended = programs.shell(f'echo CHECK | "$@" --suite {QUICK_SUITE} {closed}')
    assert (ended.code, ended.out) == (0, out)
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("options", ["", "--json"])
def test_an_answer_that_cannot_be_written_is_told_and_nothing_more_is_asked(programs: Programs, options: str) -> None:
    script = f"printf 'DEPOS 50\\nDEPOS 7\\n' | \"$@\" --suite {QUICK_SUITE} {options} >/dev/full"
    ended = programs.shell(script)
    assert ended.code == 2
    assert "DEPOS ok, balance 50.00" in ended.refusal
    assert "No space left on device" in ended.refusal
    assert asked(programs, "CHECK\n").out == "CHECK ok, balance 50.00\n"


def test_a_reader_who_leaves_early_hears_no_traceback(programs: Programs) -> None:
    script = f"(printf 'DEPOS 50\\nDEPOS 7\\n' | \"$@\" --suite {QUICK_SUITE}; echo $? >code) | head -0"
    ended = programs.shell(script)
    assert "DEPOS ok, balance 50.00" in ended.refusal
    assert (programs.folder / "code").read_text() == "2\n"
    assert asked(programs, "CHECK\n").out == "CHECK ok, balance 50.00\n"


@pytest.mark.parametrize("command", ["suites", "plugins", "--help"])
def test_lists_cut_short_by_their_reader_say_nothing(programs: Programs, command: str) -> None:
    ended = programs.shell(f'"$@" {command} | head -0')
    assert (ended.out, ended.err) == ("", "")


@pytest.mark.parametrize("command", ["suites", "--help"])
def test_lists_that_do_not_fit_say_so(programs: Programs, command: str) -> None:
    ended = programs.shell(f'"$@" {command} >/dev/full')
    assert ended.code == 2
    assert "No space left on device" in ended.only_refusal


INHERITING = """
import os, resource, sys
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (4096 if hard == resource.RLIM_INFINITY else min(4096, hard), hard))
for _ in range(1100):
    os.set_inheritable(os.open(os.devnull, os.O_RDONLY), True)
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_more_than_a_thousand_inherited_descriptors_are_no_hindrance(programs: Programs) -> None:
    ended = programs.run(*QUICK, given="DEPOS 5\n", through=(sys.executable, "-c", INHERITING))
    assert (ended.code, ended.out) == (0, "DEPOS ok, balance 5.00\n")
