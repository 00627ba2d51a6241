"""The keys of a backup: none is missing unsaid, none is damaged, and a restore takes none away."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.bank.backup import back_up, restore
from app.credentials.identity import IDENTITY_FILE, load_or_create_identity
from app.credentials.keystore import PUBLIC_FILE, load_or_create
from app.ledger import LEDGER_FILE, Ledger
from app.system.errors import FileError
from framework import KeyPair

SUITE_FILE = "a-b.key"


def make_key(data_dir: Path, suite: str) -> None:
    pair = KeyPair(suite.encode() * 2, suite.encode())
    load_or_create(data_dir, suite, lambda: pair, public_key_size=6, private_key_size=3)


@pytest.fixture
def data_dir(ledger_path: Path) -> Path:
    make_key(ledger_path.parent, "a-b")
    with Ledger(ledger_path) as ledger:
        ledger.open_account("demo", bytes(32))
        ledger.belongs_to(load_or_create_identity(ledger_path.parent).identity.public_key)
    return ledger_path.parent


@pytest.fixture
def monday(data_dir: Path, tmp_path: Path) -> Path:
    back_up(data_dir, tmp_path / "monday")
    return tmp_path / "monday"


def without_identities(directory: Path) -> None:
    """Make it what the versions without identities wrote."""
    (directory / IDENTITY_FILE).unlink()
    line = (directory / PUBLIC_FILE).read_text().splitlines()[-1]
    (directory / PUBLIC_FILE).write_text(" ".join(line.split(" ")[:3]) + "\n")
    with Ledger(directory / LEDGER_FILE) as ledger, ledger._database.transaction() as connection:
        connection.execute("UPDATE meta SET identity = NULL")


@pytest.mark.parametrize("name", [IDENTITY_FILE, SUITE_FILE])
def test_a_backup_without_a_key_of_the_bank_is_refused(data_dir: Path, tmp_path: Path, name: str) -> None:
    (data_dir / name).unlink()
    with pytest.raises(FileError, match=f"There is no {name} in {data_dir}, and a backup without is not whole; put it"):
        back_up(data_dir, tmp_path / "backups" / "monday")
    assert list((tmp_path / "backups").iterdir()) == []


def test_the_ledger_knows_of_the_identity_where_bank_pub_is_gone_too(data_dir: Path, tmp_path: Path) -> None:
    for name in (IDENTITY_FILE, PUBLIC_FILE):
        (data_dir / name).unlink()
    with pytest.raises(FileError, match=f"There is no {IDENTITY_FILE} in"):
        back_up(data_dir, tmp_path / "monday")


@pytest.mark.parametrize("name", [IDENTITY_FILE, SUITE_FILE, PUBLIC_FILE])
@pytest.mark.parametrize("damage", [lambda content: content[:0], lambda content: content[:-9] + b"damaged!\n"])
def test_a_damaged_key_is_neither_backed_up_nor_restored(
    data_dir: Path, monday: Path, tmp_path: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    before = {path: path.read_bytes() for path in data_dir.iterdir()}
    for directory, act in (
        (monday, lambda: restore(monday, data_dir)),
        (data_dir, lambda: back_up(data_dir, tmp_path / "tuesday")),
    ):
        if name == PUBLIC_FILE and not damage((directory / name).read_bytes()):
            continue  # an empty one lists nothing
        (directory / name).write_bytes(damage((directory / name).read_bytes()))
        with pytest.raises(FileError, match=f"{directory / name} is "):
            act()
        assert not (tmp_path / "tuesday").exists()
        if directory == monday:
            assert {path: path.read_bytes() for path in before} == before


def test_a_bank_from_before_there_were_identities_is_backed_up(data_dir: Path, tmp_path: Path) -> None:
    without_identities(data_dir)
    back_up(data_dir, tmp_path / "monday")
    assert sorted(path.name for path in (tmp_path / "monday").iterdir()) == [SUITE_FILE, PUBLIC_FILE, LEDGER_FILE]


def test_a_backup_without_an_identity_leaves_the_bank_its_own(data_dir: Path, monday: Path) -> None:
    without_identities(monday)
    identity = load_or_create_identity(data_dir).identity
    done = restore(monday, data_dir)
    assert done.remarks == (f"The backup has no {IDENTITY_FILE}: the one in {data_dir} stays in use.",)
    again = load_or_create_identity(data_dir)
    assert (again.identity, again.made_now) == (identity, False)


def test_where_there_is_no_identity_at_all_it_is_said(monday: Path, tmp_path: Path) -> None:
    without_identities(monday)
    [remark] = restore(monday, tmp_path / "new").remarks
    assert remark.startswith("THE BANK HAS NO IDENTITY: neither the backup nor ")


def test_a_key_that_the_backup_does_not_have_stays_in_use(data_dir: Path, monday: Path) -> None:
    make_key(data_dir, "c-d")
    kept = (data_dir / "c-d.key").read_bytes()
    done = restore(monday, data_dir)
    assert done.remarks == (f"The backup has no c-d.key: the one in {data_dir} stays in use.",)
    assert (data_dir / "c-d.key").read_bytes() == kept
    assert done.aside is not None
    assert not (done.aside / "c-d.key").exists()


def test_a_key_that_is_nowhere_is_named(monday: Path, tmp_path: Path) -> None:
    (monday / SUITE_FILE).unlink()
    new = tmp_path / "new"
    [remark] = restore(monday, new).remarks
    assert remark.startswith(f"The backup has no {SUITE_FILE}, and {new} has none: the bank makes a new key")
