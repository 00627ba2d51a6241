"""The bank's data directory in other hands: what a person is told, and that no confirmed money is lost by it."""

import shutil
import signal
import sqlite3
from pathlib import Path

from app.ledger import Ledger
from tests.e2e.programs import QUICK_SUITE, Town, wait_until


def folded(text: str) -> str:
    return " ".join(text.split())


def test_a_directory_that_is_copied_aside_and_back_under_a_running_bank(town: Town) -> None:
    bank, card = town.bank(), town.account()
    assert town.atm(bank, card, "deposit", "10").code == 0
    copy, old = (town.data_dir.with_name(name) for name in ("copy", "old"))
    shutil.copytree(town.data_dir, copy)
    town.data_dir.rename(old)
    copy.rename(town.data_dir)
    unanswered = town.atm(bank, card, "deposit", "50")
    assert (unanswered.code, unanswered.out) == (3, "")
    assert bank.wait() == 2
    bank.code = 2
    last = folded(bank.log[bank.log.rindex("suitecase: ") :])
    assert last.startswith("suitecase: The bank ends, and confirms nothing more: while it ran, ")
    assert last.endswith("Put the data directory in order, then start the bank again.")
    # The operator keeps the copy. What was confirmed is in it, and the request in doubt is settled once.
    again = town.bank()
    assert town.atm(again, card, "check").out == "CHECK ok, balance 10.00\n"
    assert town.atm(again, card, "deposit", "50").out == "DEPOS ok, balance 60.00\n"


def test_a_bank_that_ends_without_its_ledger_says_so(town: Town) -> None:
    """Asked to end, or asked nothing: the log with what was confirmed is gone, and that is no good end."""
    for ask in (True, False):
        bank = town.bank()
        (town.data_dir / "ledger.sqlite3-wal").unlink()
        if ask:
            assert bank.stop(signal.SIGTERM) == 2
        bank.code = bank.code or bank.wait()
        assert bank.code == 2
        said = folded(bank.log[bank.log.rindex("suitecase: ") :])
        assert said.startswith("suitecase: The bank ends, and confirms nothing more: while it ran, ")


def test_a_bank_does_not_start_on_what_is_damaged_mixed_or_foreign(town: Town) -> None:
    ledger = town.data_dir / "ledger.sqlite3"
    log = town.data_dir / "ledger.sqlite3-wal"
    bank, card = town.bank(), town.account()
    assert town.atm(bank, card, "deposit", "10").code == 0
    bank.stop()
    backup = Path(shutil.copy(ledger, town.data_dir.with_name("backup")))
    bank = town.bank()
    assert town.atm(bank, card, "deposit", "20").code == 0
    bank.stop(signal.SIGKILL)
    crashed = {path: path.read_bytes() for path in (ledger, log)}

    def start() -> str:
        ended = town.programs.run_warm("bank", "--suite", QUICK_SUITE, "--data-dir", town.data_dir)
        assert (ended.code, ended.out) == (2, "")
        return folded(ended.err)

    shutil.copy(backup, ledger)
    assert "do not belong together: one of them was replaced. Restore a backup with `bank restore`" in start()
    log.unlink()
    ledger.write_bytes(crashed[ledger])
    assert "is missing, and in it were its last transactions, " in start()
    log.write_bytes(crashed[log])
    log.chmod(0o600)
    connection = sqlite3.connect(ledger, isolation_level=None)
    connection.execute("UPDATE account SET balance = balance + 1")
    assert "does not add up for account alice: the balance is not the sum of the journal" in start()
    connection.execute("UPDATE account SET balance = balance - 1")
    connection.close()
    good = ledger.read_bytes()
    ledger.write_bytes(good[:4096] + bytes(len(good) - 4096))
    assert "is damaged; restore it from a backup with `bank restore`" in start()
    ledger.write_bytes(b"")
    assert "has no content; restore it from a backup with `bank restore`" in start()
    ledger.write_bytes(good)
    assert town.atm(town.bank(), card, "check").out == "CHECK ok, balance 30.00\n"


def test_the_main_job_says_why_its_bank_ended(town: Town) -> None:
    process = town.programs.start("--suite", QUICK_SUITE, "--data-dir", "here")
    folder = town.programs.folder
    wait_until((folder / "here" / "demo.card").exists)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"DEPOS 1\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"DEPOS ok, balance 1.00\n"
    (folder / "here").rename(folder / "there")
    (folder / "here").mkdir(mode=0o700)
    shutil.copytree(folder / "there", folder / "here", dirs_exist_ok=True)
    _, err = process.communicate(b"DEPOS 2\n")
    assert process.returncode in (2, 3)
    assert "The bank ends, and confirms nothing more: while it ran, " in folded(err.decode())


def test_a_backup_of_a_running_bank_is_restored(town: Town) -> None:
    bank, card = town.bank(), town.account()
    assert town.atm(bank, card, "deposit", "10").code == 0
    made = town.programs.run_warm("bank", "backup", "--data-dir", town.data_dir, "monday")
    assert (made.code, made.err) == (0, "")
    assert made.out == "backup monday is written and verified: accounts 1, entries 1\n"
    assert town.atm(bank, card, "deposit", "20").out == "DEPOS ok, balance 30.00\n"
    early = town.programs.run_warm("bank", "--data-dir", town.data_dir, "restore", "monday")
    assert (early.code, early.out) == (2, "")
    assert folded(early.err).startswith("suitecase: Another bank runs on the data directory")
    bank.stop(signal.SIGKILL)
    restored = town.programs.run_warm("bank", "--data-dir", town.data_dir, "restore", "monday")
    assert (restored.code, restored.err) == (0, "")
    first, second = restored.out.splitlines()
    assert first == "backup monday is restored: accounts 1, entries 1"
    aside = Path(second.removeprefix("what was there is kept in "))
    assert (aside / "ledger.sqlite3-wal").exists()
    again = town.bank()
    assert again.fingerprint == bank.fingerprint
    assert town.atm(again, card, "check").out == "CHECK ok, balance 10.00\n"


def test_a_backup_is_refused_where_there_is_something_and_where_there_is_no_bank(town: Town) -> None:
    town.account()
    run = town.programs.run_warm
    for target, data_dir, said in (
        ("bank", town.data_dir, "There is bank already, and it stays; give the backup a new name."),
        ("monday", "nowhere", "There is no ledger in nowhere; give the bank's directory with --data-dir."),
    ):
        ended = run("bank", "backup", target, "--data-dir", data_dir)
        assert (ended.code, ended.out, folded(ended.err)) == (2, "", f"suitecase: {said}")
    ended = run("bank", "restore", "nowhere", "--data-dir", town.data_dir)
    assert (ended.code, ended.out) == (2, "")
    assert "There is no backup in nowhere: it has no ledger.sqlite3; check the path." in folded(ended.err)


def test_the_ledger_of_another_bank_is_refused(town: Town) -> None:
    town.bank().stop()
    other = town.data_dir.with_name("other")
    other.mkdir(mode=0o700)
    with Ledger(other / "ledger.sqlite3"):
        pass
    shutil.copy(town.data_dir / f"{QUICK_SUITE}.key", other)
    asked = town.programs.run_warm("--suite", QUICK_SUITE, "--data-dir", other, given="CHECK\n")
    assert asked.out == "CHECK ok, balance 0.00\n"
    shutil.copy(other / "ledger.sqlite3", town.data_dir)
    ended = town.programs.run_warm("bank", "--suite", QUICK_SUITE, "--data-dir", town.data_dir)
    assert (ended.code, ended.out) == (2, "")
    assert "belongs to another bank than the identity key beside it. Restore both from one backup" in folded(ended.err)


def test_keys_alone_begin_a_ledger_and_that_is_said(town: Town) -> None:
    for file in town.data_dir.glob("ledger*"):
        file.unlink()
    bank = town.bank("--quiet")
    assert bank.stop() == 0
    assert f"There are keys and no ledger in {town.data_dir}: an empty one begins now." in bank.log


def test_a_bank_whose_ledger_is_lost_does_not_begin_with_an_empty_one(town: Town) -> None:
    """Nor does an account that is opened there; and what the sentence says to do can be done."""
    bank, card = town.bank(), town.account()
    assert town.atm(bank, card, "deposit", "10").code == 0
    made = town.programs.run_warm("bank", "backup", "--data-dir", town.data_dir, "monday")
    assert made.code == 0
    bank.stop()
    (town.data_dir / "ledger.sqlite3").unlink()
    before = sorted(town.data_dir.iterdir())
    for command in (["bank"], ["open-account", "bob"], []):
        ended = town.programs.run_warm(*command, "--data-dir", town.data_dir)
        assert ended.code == 2
        assert f"The ledger in {town.data_dir} is missing, and a bank has kept one there." in folded(ended.err)
        assert f"run `mv {town.data_dir} {town.data_dir}.before`" in folded(ended.err)
        assert sorted(town.data_dir.iterdir()) == before
    shutil.copytree(town.data_dir, town.data_dir.with_name("bank.before"))
    assert town.programs.run_warm("bank", "--data-dir", town.data_dir, "restore", "monday").code == 0
    assert town.atm(town.bank(), card, "check").out == "CHECK ok, balance 10.00\n"
