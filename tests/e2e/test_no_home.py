"""A user without a home and without an entry among the users, as in many a container."""

from tests.e2e.faults import with_fault
from tests.e2e.programs import QUICK_SUITE, Programs, Town

HOMELESS = """
import os, pwd
def unknown(number):
    raise KeyError("uid not found")
for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
    os.environ.pop(name, None)
pwd.getpwuid = unknown
"""


def test_an_atm_needs_no_home(town: Town) -> None:
    bank, card = town.bank(), town.account()
    options = ["atm", *town.atm_options(bank, card), "deposit", "5"]
    ended = town.programs.run(*options, environment=with_fault(town.programs, HOMELESS))
    assert (ended.code, ended.out, ended.err) == (0, "DEPOS ok, balance 5.00\n", "")


def test_a_bank_asks_for_a_directory(programs: Programs) -> None:
    environment = with_fault(programs, HOMELESS)
    for arguments in (["bank"], ["open-account", "alice"], []):
        ended = programs.run(*arguments, environment=environment)
        assert ended.code == 2
        assert "There is no home directory to keep a bank in; name a directory with --data-dir" in ended.only_refusal
    ended = programs.run("--data-dir", "bank", "--suite", QUICK_SUITE, given="CHECK\n", environment=environment)
    assert (ended.code, ended.out) == (0, "CHECK ok, balance 0.00\n")


def test_lists_need_no_home(programs: Programs) -> None:
    for command in ("suites", "plugins", "--help"):
        ended = programs.run(command, environment=with_fault(programs, HOMELESS))
        assert (ended.code, ended.err) == (0, "")
