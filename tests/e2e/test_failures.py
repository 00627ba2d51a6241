"""Failures of the program's own: told in a sentence, with a code of their own, and none once the bank has answered."""

import sys

import pytest

from tests.e2e.faults import NO_THREADS, with_fault
from tests.e2e.programs import QUICK_SUITE, Ended, Programs, Town

AFTER_THE_ANSWER = {
    "closing the loop": """
import asyncio
def fail(runner):
    raise RuntimeError("4711")
asyncio.Runner.close = fail
""",
    "ending the channel": """
import framework.aio.stream
async def fail(stream):
    raise MemoryError
framework.aio.stream.ChannelStream.close = fail
""",
    "the interpreter's end": """
import atexit, os, threading, time
atexit.register(os._exit, 9)
threading.Thread(target=time.sleep, args=(30,)).start()
""",
    "a standard output that fails at the end": """
import sys
class Stream:
    def __getattr__(self, name):
        return getattr(real, name)
    def flush(self):
        raise OSError(5, "4711")
real, sys.stdout = sys.stdout, Stream()
""",
}

BEFORE_IT = """
import asyncio
def fail(runner, coroutine, **options):
    coroutine.close()
    raise {error}
asyncio.Runner.run = fail
"""


def atm(town: Town, fault: str, *request: object, given: str = "") -> Ended:
    bank, card = town.bank(), town.account()
    options = ["atm", *town.atm_options(bank, card), *request]
    return town.programs.run(*options, given=given, environment=with_fault(town.programs, fault))


@pytest.mark.parametrize("fault", AFTER_THE_ANSWER)
def test_what_fails_after_the_answer_changes_nothing(town: Town, fault: str) -> None:
    ended = atm(town, AFTER_THE_ANSWER[fault], "deposit", "1")
    assert (ended.code, ended.out, ended.err) == (0, "DEPOS ok, balance 1.00\n", "")
    assert town.balance() == 100


def test_an_atm_needs_no_threads(town: Town) -> None:
    bank, card = town.bank(), town.account()
    options = ["atm", *town.atm_options(bank, card)]
    fault = with_fault(town.programs, NO_THREADS)
    ended = town.programs.run(*options, "deposit", "1", environment=fault)
    assert (ended.code, ended.out, ended.err) == (0, "DEPOS ok, balance 1.00\n", "")
    console = town.programs.run(*options, given="CHECK\n", environment=fault)
    assert (console.code, console.out) == (0, "CHECK ok, balance 1.00\n")


def test_a_bank_that_gets_no_threads_says_so(programs: Programs) -> None:
    fault = with_fault(programs, NO_THREADS)
    ended = programs.run("bank", "--suite", QUICK_SUITE, "--data-dir", "bank", environment=fault)
    assert ended.code == 70
    assert "RuntimeError" in ended.refusal
    main_job = programs.run("--suite", QUICK_SUITE, given="CHECK\n", environment=fault)
    assert (main_job.code, main_job.out) == (2, "")
    assert "The bank ended with exit code 70" in main_job.err
    assert "Traceback" not in main_job.err


@pytest.mark.parametrize(
    "error", ["RuntimeError('4711')", "MemoryError", "RecursionError('4711')", "SystemExit('4711')"]
)
def test_a_failure_before_the_answer_has_a_code_of_its_own(town: Town, error: str) -> None:
    ended = atm(town, BEFORE_IT.format(error=error), "deposit", "1")
    assert (ended.code, ended.out) == (3 if "Exit" in error else 70, "")
    assert "4711" not in ended.err
    assert "Traceback" not in ended.err
    assert "Exit" in error or "please report" in ended.refusal


def test_a_package_that_is_not_installed_is_named(programs: Programs) -> None:
    ended = programs.run("suites", environment=with_fault(programs, "import sys\nsys.modules['typer'] = None"))
    assert ended.code == 2
    assert "The package typer is not installed" in ended.only_refusal


def test_a_program_that_is_not_whole_is_told_in_a_line(programs: Programs) -> None:
    ended = programs.run(
        "suites", environment=with_fault(programs, "import sys\nsys.modules['app.cli.options'] = 4711")
    )
    assert ended.code == 70
    assert ended.only_refusal == "suitecase itself failed (ImportError); please report these words."


def test_children_that_the_system_reaps_are_no_failure(programs: Programs) -> None:
    code = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    through = (sys.executable, "-c", code)
    ended = programs.run("--suite", QUICK_SUITE, given="CHECK\n", through=through)
    assert (ended.code, ended.out) == (0, "CHECK ok, balance 0.00\n")
