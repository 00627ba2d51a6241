"""What lies where others put it, or can change it, is not trusted; and what can only be read is read."""

import socket
from pathlib import Path

import pytest

from app.atm.pending.store import PendingRequests
from app.credentials.card import read_card
from app.credentials.keystore import PUBLIC_FILE
from app.ledger import LEDGER_FILE, Ledger
from app.protocol.messages import DepositRequest, new_request_id
from tests.e2e.programs import QUICK_SUITE, Town, ended

FEW_DESCRIPTORS = ("sh", "-c", 'ulimit -n 256; exec "$@"', "sh")
MANY = 300


@pytest.fixture
def unpacked(town: Town) -> Path:
    """A folder out of an archive, with a configuration that names a bank of its author's."""
    folder = town.programs.folder / "unpacked"
    folder.mkdir()
    (folder / "thief.pub").write_bytes((town.data_dir / PUBLIC_FILE).read_bytes())
    (folder / "thief.pub").chmod(0o644)
    return folder


@pytest.mark.parametrize("command", [["check"], []])
def test_the_bank_that_a_folder_names_is_not_connected_to(town: Town, unpacked: Path, command: list[str]) -> None:
    card = town.account()
    with socket.create_server(("127.0.0.1", 0)) as thief:
        thief.settimeout(0)
        address = f"127.0.0.1:{thief.getsockname()[1]}"
        config = unpacked / "suitecase.toml"
        config.write_text(f'suite = "{QUICK_SUITE}"\nconnect = "{address}"\nbank_key = "thief.pub"\n')
        config.chmod(0o644)
        town.programs.folder, home = unpacked, town.programs.folder
        refused = town.programs.run_warm("atm", "--card", card, *command)
        ignored = town.programs.run_warm("atm", "--connect", "127.0.0.1:1", "--card", card, *command)
        town.programs.folder = home
        assert ignored.code == 2  # for the other setting
        assert refused.code == 2
        assert "suitecase.toml is not usable: the file lies in the current directory" in refused.only_refusal
        assert "; name the file with --config suitecase.toml" in refused.refusal
        with pytest.raises(BlockingIOError):
            thief.accept()


def test_a_card_that_anyone_can_rename_is_shown_to_no_bank(town: Town) -> None:
    bank, card = town.bank(), town.account()
    shared = town.programs.folder / "shared"
    shared.mkdir()
    there = card.rename(shared / "alice.card")
    shared.chmod(0o777)
    for given in (["check"], ["deposit", "5"], []):
        refused = town.atm(bank, there, *given)
        assert refused.code == 2
        assert f"The card file {there} can be replaced by other users; run `chmod o-w {shared}`" in refused.only_refusal
    assert [path.name for path in shared.iterdir()] == ["alice.card"]
    assert bank.stop() == 0
    assert "session" not in bank.log


def test_no_account_is_opened_whose_card_anyone_could_rename(town: Town) -> None:
    shared = town.programs.folder / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    data_dir = town.programs.folder / "new"
    for card in ("shared/alice.card", "shared/deep/alice.card"):
        refused = town.programs.run_warm("open-account", "alice", "--data-dir", data_dir, "--card", card)
        assert refused.code == 2
        assert "can be replaced by other users" in refused.only_refusal
    assert not data_dir.exists()
    assert list(shared.iterdir()) == []
    refused = town.programs.run_warm("open-account", "alice", "--data-dir", shared / "bank")
    assert refused.code == 2
    assert "The data directory" in refused.only_refusal
    assert list(shared.iterdir()) == []


def test_hundreds_of_requests_in_doubt_are_settled_with_few_descriptors(town: Town) -> None:
    bank, card = town.bank(), town.account()
    pending = PendingRequests(card, read_card(card))
    for _ in range(MANY):
        pending.begin(DepositRequest(id=new_request_id(), amount=1_00)).release()
    check = ended(town.programs.start("atm", *town.atm_options(bank, card), "check", through=FEW_DESCRIPTORS))
    assert (check.code, check.out) == (0, "CHECK ok, balance 0.00\n")
    console = town.programs.run("atm", *town.atm_options(bank, card), given="CHECK\n", through=FEW_DESCRIPTORS)
    assert (console.code, console.out) == (0, f"CHECK ok, balance {MANY}.00\n"), console.err[-500:]
    assert list(card.with_name("alice.card.pending").iterdir()) == []
    with Ledger(town.data_dir / LEDGER_FILE) as ledger:
        assert ledger.balance("alice") == MANY * 100


def test_what_is_read_only_is_read(town: Town) -> None:
    """Root may write all the same, and then there is nothing to see."""
    bank = town.bank()
    folder = town.programs.folder / "cards"
    folder.mkdir(mode=0o700)
    card = town.account().rename(folder / "alice.card")
    before = card.read_bytes()
    pending = PendingRequests(card, read_card(card))
    pending.begin(DepositRequest(id=new_request_id(), amount=1_00)).release()
    for path, mode in ((card, 0o400), (folder / "alice.card.pending", 0o500), (folder, 0o500)):
        path.chmod(mode)
    try:
        check = town.atm(bank, card, "check")
        assert (check.code, check.out) == (0, "CHECK ok, balance 0.00\n")
        assert "Still open: DEPOS 1.00" in check.err
        assert card.read_bytes() == before
    finally:
        folder.chmod(0o700)
        (folder / "alice.card.pending").chmod(0o700)
    assert town.atm(bank, card, "deposit", "1").out == "DEPOS ok, balance 1.00\n"
    assert card.read_bytes() == before
