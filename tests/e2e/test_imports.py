"""A process that is an ATM carries neither a bank nor a ledger."""

from tests.e2e.faults import with_fault
from tests.e2e.programs import QUICK_SUITE, Programs, Town

NOT_OF_AN_ATM = {"app.bank", "app.ledger", "sqlite3"}


def imported(programs: Programs, *arguments: object, given: str = "") -> set[str]:
    """Run a program that succeeds; gives the modules that it imports."""
    ended = programs.run(*arguments, given=given, environment={"PYTHONPROFILEIMPORTTIME": "1"})
    assert ended.code == 0, ended.err
    rows = [line for line in ended.err.splitlines() if line.startswith("import time:")]
    return {row.rpartition("|")[2].strip() for row in rows}


def test_an_atm_imports_neither_bank_nor_ledger(town: Town) -> None:
    bank, card = town.bank(), town.account()
    options = ["--suite", QUICK_SUITE, "--connect", bank.address]
    key = ["--bank-key", town.data_dir / "bank.pub"]
    for arguments, given in (
        (["atm", *options, *key, "--card", card, "check"], ""),
        (["atm", *options, *key, "--card", card], "DEPOS 5\n"),
        (["trust", *options, *key, "--known-banks", "known"], ""),
        (["suites"], ""),
    ):
        modules = imported(town.programs, *arguments, given=given)
        assert "framework" in modules
        assert not modules & NOT_OF_AN_ATM, arguments
    opening = imported(town.programs, "open-account", "bob", "--data-dir", town.data_dir)
    assert opening >= NOT_OF_AN_ATM  # so would be seen what an ATM must not import


NOTED_BY_EACH_PROCESS = """
import os, sys
def note(event, arguments):
    if event == "import":
        file = os.open(f"imports-{os.getpid()}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, f"{arguments[0]}\\n".encode())
        os.close(file)
sys.addaudithook(note)
"""


def test_the_main_jobs_atm_imports_neither_though_its_child_is_the_bank(programs: Programs) -> None:
    ended = programs.run(
        "--suite", QUICK_SUITE, given="CHECK\n", environment=with_fault(programs, NOTED_BY_EACH_PROCESS)
    )
    assert (ended.code, ended.out) == (0, "CHECK ok, balance 0.00\n")
    processes = [set(path.read_text().splitlines()) for path in programs.folder.glob("imports-*")]
    (atm,) = (modules for modules in processes if "app.atm.console" in modules)
    (bank,) = (modules for modules in processes if "app.bank" in modules)
    assert not atm & NOT_OF_AN_ATM
    assert bank >= NOT_OF_AN_ATM
