"""A process that is an ATM carries neither a bank nor a ledger."""

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
