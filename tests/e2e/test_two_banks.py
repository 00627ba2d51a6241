"""Two banks, one the copy of the other: a card is shown to its own alone, and no request is taken to the other."""

import asyncio
import shutil
import subprocess
from pathlib import Path

from app.credentials.bank_file import read_bank_file
from app.credentials.card import Card, read_card
from app.credentials.keystore import PUBLIC_FILE
from app.credentials.public_key import describe_key
from app.ledger import LEDGER_FILE, Ledger
from tests.e2e.programs import PATIENCE, QUICK_SUITE, Ended, RunningBank, Town
from tests.e2e.test_durability import proxy_before

ANSWERS = "which was cut short before. The money moves once; the balance is the one right after it."


def copy_of(town: Town) -> Town:
    """The data of a bank, with keys and an identity of its own."""
    copy = Town.__new__(Town)
    copy.programs, copy.data_dir, copy._banks = town.programs, town.programs.folder / "copy", town._banks
    shutil.copytree(town.data_dir, copy.data_dir)
    for key in (*copy.data_dir.glob("*.key"), copy.data_dir / PUBLIC_FILE):
        key.unlink()
    return copy


async def cut_short(town: Town, bank: RunningBank, card: Path, amount: int) -> None:
    """Deposit, and kill the ATM when the bank's answer is on its way."""
    async with proxy_before(bank) as proxy:
        process = await asyncio.create_subprocess_exec(
            *town.programs.command("atm", *town.atm_options(proxy.address, card)),
            cwd=town.programs.folder,
            env=town.programs.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stderr is not None
        while b"EXPERIMENTAL" not in await process.stderr.readline():
            pass
        proxy.swallow = True
        process.stdin.write(f"DEPOS {amount}\n".encode())
        async with asyncio.timeout(PATIENCE):
            await proxy.swallowed.wait()
        process.kill()
        await process.communicate()


def as_before(card: Path, held: Card) -> None:
    """Write the card as it was before cards named a bank, and so that it stays."""
    card.chmod(0o600)
    card.write_text(f'{{"account": "{held.account}", "secret": "{held.secret.hex()}"}}\n')
    card.chmod(0o400)


def open_with_bank(town: Town, card: Path) -> None:
    command = ["open-account", "alice", "--data-dir", town.data_dir, "--card", card]
    assert town.programs.run_warm(*command).code == 0


def balance(town: Town) -> int:
    with Ledger(town.data_dir / LEDGER_FILE) as ledger:
        return ledger.balance("alice")


async def test_a_retry_at_another_bank_shows_it_nothing_and_the_money_moves_once(town: Town) -> None:
    card = town.programs.folder / "alice.card"
    open_with_bank(town, card)
    copy = copy_of(town)
    bank, other = town.bank(), copy.bank()
    await cut_short(town, bank, card, 50)
    refused = await asyncio.to_thread(copy.atm, other, card, "deposit", "50")
    assert (refused.code, refused.out) == (2, "")
    assert f"The card file {card} is for the bank SHA256:" in refused.only_refusal
    assert f", but {copy.data_dir / PUBLIC_FILE} is of the bank SHA256:" in refused.only_refusal
    assert (
        f"; nothing was sent to {other.address}. Give the address and the bank.pub of this card's bank"
        in refused.only_refusal
    )
    assert "session" not in other.log
    console = await asyncio.to_thread(copy.atm, other, card, given="DEPOS 50\n")
    assert (console.code, console.out) == (2, "")
    again = await asyncio.to_thread(town.atm, bank, card, "deposit", "50")
    assert (again.code, again.out) == (0, "DEPOS ok, balance 50.00\n")
    assert ANSWERS in again.err
    assert (balance(town), balance(copy)) == (50_00, 0)


async def test_with_a_card_that_names_no_bank_the_record_does(town: Town) -> None:
    """Such a card is shown to both: what was sent to one is not settled at the other, nor forgotten, nor the same."""
    card = town.programs.folder / "alice.card"
    open_with_bank(town, card)
    copy = copy_of(town)
    as_before(card, read_card(card))
    bank, other = town.bank(), copy.bank()
    await cut_short(town, bank, card, 50)
    there = await asyncio.to_thread(copy.atm, other, card, "deposit", "50")
    assert (there.code, there.out) == (0, "DEPOS ok, balance 50.00\n")
    assert ANSWERS not in there.err
    assert "Still open at another bank (SHA256:" in there.err
    assert "): DEPOS 50.00. Run the same command there again, with this card, to complete it; the money" in there.err
    console = await asyncio.to_thread(copy.atm, other, card, given="CHECK\n")
    assert console.out == "CHECK ok, balance 50.00\n"
    assert "): DEPOS 50.00. Run the same command there again" in console.err
    again = await asyncio.to_thread(town.atm, bank, card, "deposit", "50")
    assert (again.code, again.out) == (0, "DEPOS ok, balance 50.00\n")
    assert ANSWERS in again.err
    assert (balance(town), balance(copy)) == (50_00, 50_00)
    assert list(card.with_name("alice.card.pending").iterdir()) == []


async def test_another_bank_at_the_same_address(town: Town) -> None:
    """Named by its own bank.pub, and by a known-banks file in which it took the place of the first."""
    card = town.programs.folder / "alice.card"
    open_with_bank(town, card)
    copy = copy_of(town)
    bank = town.bank()
    await cut_short(town, bank, card, 50)
    assert await asyncio.to_thread(bank.stop) == 0
    other = await asyncio.to_thread(lambda: copy.bank(listen=bank.address))
    trust = ["trust", "--suite", QUICK_SUITE, "--connect", bank.address, "--known-banks", "banks", "--bank-key"]
    programs = town.programs
    assert (await asyncio.to_thread(programs.run_warm, *trust, town.data_dir / PUBLIC_FILE)).code == 0
    changed = await asyncio.to_thread(programs.run_warm, *trust, copy.data_dir / PUBLIC_FILE)
    assert changed.code == 3
    assert f"THE KEY OF THE BANK {bank.address} HAS CHANGED" in changed.only_refusal
    (programs.folder / "banks").unlink()
    assert (await asyncio.to_thread(programs.run_warm, *trust, copy.data_dir / PUBLIC_FILE)).code == 0
    known = ["--suite", QUICK_SUITE, "--connect", other.address, "--known-banks", "banks", "--card", card]
    for ended, source in (
        (await asyncio.to_thread(copy.atm, other, card, "deposit", "50"), copy.data_dir / PUBLIC_FILE),
        (await asyncio.to_thread(programs.run_warm, "atm", *known, "deposit", "50"), "line 2 of banks"),
    ):
        assert ended.code == 2
        assert "is for the bank SHA256:" in ended.only_refusal
        assert f", but {source} is of the bank SHA256:" in ended.only_refusal
    assert await asyncio.to_thread(other.stop) == 0
    back = await asyncio.to_thread(lambda: town.bank(listen=bank.address))
    again = await asyncio.to_thread(town.atm, back, card, "deposit", "50")
    assert again.out == "DEPOS ok, balance 50.00\n"
    assert (balance(town), balance(copy)) == (50_00, 0)


def test_a_bank_that_nobody_says_the_identity_of_is_not_shown_a_card_that_names_one(town: Town) -> None:
    """Nobody listens at that address: had the ATM gone on, it would have ended with 3."""
    card = town.programs.folder / "alice.card"
    open_with_bank(town, card)
    key = read_bank_file(town.data_dir / PUBLIC_FILE).bank.keys[QUICK_SUITE]
    (town.programs.folder / "old.pub").write_text(f"{describe_key(QUICK_SUITE, key)}\n")
    (town.programs.folder / "banks").write_text(f"127.0.0.1:1 {describe_key(QUICK_SUITE, key)}\n")
    trust = [
        "trust",
        "--suite",
        QUICK_SUITE,
        "--connect",
        "127.0.0.1:2",
        "--known-banks",
        "banks",
        "--bank-key",
        "old.pub",
    ]
    trusted = town.programs.run_warm(*trust)
    assert trusted.code == 0
    assert "old.pub does not say which bank it is of" in trusted.err
    for option in (
        ["--bank-key", "old.pub"],
        ["--known-banks", "banks"],
        ["--bank-key", "old.pub", "--known-banks", "banks"],
    ):
        atm = ["atm", "--suite", QUICK_SUITE, "--connect", "127.0.0.1:1", "--card", card, *option, "check"]
        ended = town.programs.run_warm(*atm)
        assert ended.code == 2, option
        assert (
            "Get the bank.pub that the bank has now; give it with --bank-key, or add it with `trust`."
            in ended.only_refusal
        )


def test_a_card_is_given_its_bank_at_its_first_use(town: Town) -> None:
    bank, card = town.bank(), town.account()
    identity = read_bank_file(town.data_dir / PUBLIC_FILE).bank.identity
    held = read_card(card)
    assert held.bank is None
    assert town.atm(bank, card, "check").code == 0
    assert read_card(card).bank == identity
    as_before(card, held)
    wrong = town.programs.folder / "wrong.card"
    wrong.write_text(f'{{"account": "alice", "secret": "{"0" * 64}"}}\n')
    wrong.chmod(0o600)
    before = wrong.read_bytes()
    assert town.atm(bank, wrong, "check").code == 1  # a bank that refuses a card is not its bank
    assert wrong.read_bytes() == before


def test_the_main_job_on_a_copy_is_another_bank(town: Town) -> None:
    assert _main_job(town, "DEPOS 5\n").code == 0
    copy = copy_of(town)
    refused = _main_job(copy, "DEPOS 5\n")
    assert (refused.code, refused.out) == (2, "")
    assert "demo.card is for another bank" in refused.refusal
    assert "restore the bank's identity.key from a backup, or choose another data directory" in refused.refusal
    assert _main_job(town, "CHECK\n").out == "CHECK ok, balance 5.00\n"


def test_a_bank_whose_identity_is_lost_says_so_and_one_that_is_damaged_does_not_start(town: Town) -> None:
    card = town.programs.folder / "alice.card"
    open_with_bank(town, card)
    path = town.data_dir / "identity.key"
    good = path.read_bytes()
    assert town.bank().stop() == 0
    old = shutil.copy(town.data_dir / PUBLIC_FILE, town.programs.folder / "old.pub")
    path.unlink()
    opened = town.programs.run_warm("open-account", "bob", "--data-dir", town.data_dir)
    assert opened.code == 2
    assert "identity.key is missing, and bank.pub names the identity SHA256:" in opened.only_refusal
    bank = town.bank()
    assert "This bank has a NEW IDENTITY, SHA256:" in bank.log
    assert town.atm(bank, card, "check").code == 2
    with_the_old = town.atm_options(bank.address, card)
    with_the_old[with_the_old.index("--bank-key") + 1] = old
    assert town.programs.run_warm("atm", *with_the_old, "check").code == 0  # as the warning says
    assert bank.stop() == 0
    path.write_bytes(good[:-9])
    options = ["bank", "--suite", QUICK_SUITE, "--listen", "127.0.0.1:0", "--data-dir", town.data_dir]
    refused = town.programs.run_warm(*options)
    assert refused.code == 2
    assert "identity.key is damaged or not a key for identity; restore it from a backup" in refused.only_refusal
    path.write_bytes(good)
    bank = town.bank()
    assert "NEW IDENTITY" not in bank.log
    assert "If you have just put SHA256:" in bank.log
    assert town.atm(bank, card, "check").code == 0
    assert bank.stop() == 0
    assert "back, all is well" not in town.bank().log


def test_a_bank_whose_key_is_lost_says_so_and_one_that_is_put_back_is_well(town: Town) -> None:
    path = town.data_dir / f"{QUICK_SUITE}.key"
    bank = town.bank()
    old, kept = bank.fingerprint, path.read_bytes()
    assert "NEW KEY" not in bank.log
    assert bank.stop() == 0
    for name in (path, town.data_dir / "identity.key"):
        name.unlink()
        bank = town.bank()
        said = f"This bank has a NEW KEY for {QUICK_SUITE}, {bank.fingerprint}: {path.name} was missing, and bank.pub"
        assert (said in bank.log) is (name == path)
        assert ("NEW IDENTITY" in bank.log) is (name != path)
        assert bank.stop() == 0
    new = bank.fingerprint
    path.write_bytes(kept)
    bank = town.bank()
    assert bank.fingerprint == old
    assert f"The key for {QUICK_SUITE} is now {old}; bank.pub said {new} before. If you have just put" in bank.log
    assert bank.stop() == 0
    assert "bank.pub said" not in town.bank().log


def test_a_key_and_an_identity_that_are_lost_together_are_both_told_of(town: Town) -> None:
    assert town.bank().stop() == 0
    for name in (f"{QUICK_SUITE}.key", "identity.key"):
        (town.data_dir / name).unlink()
    bank = town.bank()
    assert f"This bank has a NEW KEY for {QUICK_SUITE}" in bank.log
    assert "This bank has a NEW IDENTITY" in bank.log


def test_an_account_that_is_opened_in_a_copy_belongs_to_the_copy(town: Town) -> None:
    open_with_bank(town, town.programs.folder / "alice.card")
    assert town.bank().stop() == 0
    copy = copy_of(town)
    card = town.programs.folder / "bob.card"
    opened = town.programs.run_warm("open-account", "bob", "--data-dir", copy.data_dir, "--card", card)
    assert opened.code == 0
    assert copy.atm(copy.bank(), card, "deposit", "1").out == "DEPOS ok, balance 1.00\n"


def _main_job(town: Town, given: str) -> Ended:
    return town.programs.run_warm("--suite", QUICK_SUITE, "--data-dir", town.data_dir, given=given)
