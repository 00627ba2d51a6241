"""A bank's ledger and its keys: begun together, whatever cuts it short, and never one without the other."""

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.bank.backup import back_up, restore
from app.bank.data_directory import ledger_and_identity
from app.credentials.identity import IDENTITY_FILE, IdentityKey
from app.credentials.key_file import read_pair
from app.credentials.keystore import PUBLIC_FILE
from app.ledger import LEDGER_FILE, Done, Ledger
from app.ledger.occupancy import RESTORING, occupied
from app.ledger.writer import Writer
from app.system.errors import LedgerError
from tests.support.accounts import deposit

PATIENCE = 20
DIGEST = bytes(32)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "bank"


def start(data_dir: Path) -> bytes:
    """What a bank does first; gives who it is."""
    with (
        occupied(data_dir) as occupancy,
        ledger_and_identity(data_dir, may_replace=True, occupancy=occupancy) as (_, who),
    ):
        return who.identity.public_key


def lose(*names: str) -> Callable[[Path], None]:
    def act(data_dir: Path) -> None:
        for name in names:
            (data_dir / name).unlink()

    return act


def put_another_there(data_dir: Path) -> None:
    start(data_dir.with_name("other"))
    (data_dir.with_name("other") / IDENTITY_FILE).replace(data_dir / IDENTITY_FILE)


BEFORE: dict[str, Callable[[Path], None]] = {
    "nothing was lost": lose(),
    "the identity was lost": lose(IDENTITY_FILE),
    "the identity and bank.pub were lost": lose(IDENTITY_FILE, PUBLIC_FILE),
    "another identity was put there": put_another_there,
    "all of the keys and the ledger were lost": lose(IDENTITY_FILE, PUBLIC_FILE, LEDGER_FILE),
}
POINTS = (
    "app.ledger.Ledger.belongs_to",
    "app.credentials.key_file.create_file",
    "app.credentials.identity.IdentityKey",
    "app.credentials.identity.publish",
)


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("done", [False, True], ids=["before it", "after it"])
def test_a_start_that_is_cut_short_anywhere_does_not_spoil_the_next(
    data_dir: Path, before: str, point: str, done: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(data_dir)
    BEFORE[before](data_dir)
    module, _, name = point.rpartition(".")
    owner: object = Ledger if module.endswith("Ledger") else __import__(module, fromlist=[name])
    plain = getattr(owner, name)

    class CutShort(plain if isinstance(plain, type) else object):  # type: ignore[misc]
        def __init__(self, *arguments: object, **options: object) -> None:
            if done:
                plain(*arguments, **options)
            raise KeyboardInterrupt

    def cut_short(*arguments: object, **options: object) -> None:
        CutShort(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, CutShort if isinstance(plain, type) else cut_short)
        try:
            start(data_dir)
        except KeyboardInterrupt:
            pass
        else:
            assert point == "app.credentials.key_file.create_file", "not all of them make a key"
    who = start(data_dir)
    assert start(data_dir) == who
    assert IdentityKey(read_pair(data_dir / IDENTITY_FILE, "identity")).identity.public_key == who
    with Ledger(data_dir / LEDGER_FILE) as ledger:
        ledger.belongs_to(who)


def test_the_log_of_a_killed_bank_is_no_riddle_to_the_one_that_comes(
    data_dir: Path, start_program: Callable[..., subprocess.Popen[str]]
) -> None:
    """The identity is recorded through a connection that is the last to be closed, while the ledger is in use."""
    start(data_dir)
    with Ledger(data_dir / LEDGER_FILE) as ledger:
        ledger.open_account("demo", DIGEST)
    killed = start_program(
        """
import os, sys
from pathlib import Path
from app.ledger.occupancy import occupied
from app.ledger.writer import Writer
with occupied(Path(sys.argv[1])) as occupancy:
    Writer(occupancy).begin()
    os._exit(9)
""",
        data_dir,
    )
    assert killed.wait() == 9
    (data_dir / IDENTITY_FILE).unlink()
    start(data_dir)
    with occupied(data_dir) as occupancy:
        writer = Writer(occupancy)
        writer.begin()
        [outcome] = writer.carry_out([deposit()])
        assert isinstance(outcome, Done)
        writer.leave()


def test_a_ledger_that_a_bank_has_kept_and_that_is_gone_is_missed(data_dir: Path) -> None:
    start(data_dir)
    with occupied(data_dir) as occupancy:
        writer = Writer(occupancy)
        writer.begin()
        writer.leave()
    (data_dir / LEDGER_FILE).unlink()
    for may_replace in (True, False):
        with (
            pytest.raises(
                LedgerError, match=r"is missing, and a bank has kept one there.* run `(mv [^ ]+ [^ ]+\.before)`"
            ) as error,
            ledger_and_identity(data_dir, may_replace=may_replace),
        ):
            pass
    assert not (data_dir / LEDGER_FILE).exists()
    subprocess.run(["sh", "-c", str(error.value).split("`")[-2]], check=True)
    start(data_dir)


@pytest.mark.parametrize("kept", [IDENTITY_FILE, PUBLIC_FILE, "des3-bg2048-hmac.key"])
def test_keys_alone_begin_a_ledger_and_that_is_said(
    data_dir: Path, kept: str, caplog: pytest.LogCaptureFixture
) -> None:
    start(data_dir)
    (data_dir / "des3-bg2048-hmac.key").touch(mode=0o600)
    for path in data_dir.iterdir():
        if path.name != kept:
            path.unlink()
    start(data_dir)
    assert f"There are keys and no ledger in {data_dir}: an empty one begins now." in caplog.text
    assert (data_dir / LEDGER_FILE).exists()


def test_where_more_is_known_of_a_missing_ledger_that_is_said(data_dir: Path) -> None:
    start(data_dir)
    (data_dir / LEDGER_FILE).unlink()
    (data_dir / RESTORING).mkdir()
    with pytest.raises(LedgerError, match="was cut short"), ledger_and_identity(data_dir, may_replace=False):
        pass
    (data_dir / RESTORING).rmdir()
    (data_dir / f"{LEDGER_FILE}-wal").touch()
    with pytest.raises(LedgerError, match=r"its log .* is there"), ledger_and_identity(data_dir, may_replace=False):
        pass


def test_a_restore_waits_for_an_account_that_is_being_opened(data_dir: Path, tmp_path: Path) -> None:
    start(data_dir)
    back_up(data_dir, tmp_path / "monday")
    restoring = threading.Thread(target=restore, args=(tmp_path / "monday", data_dir))
    with ledger_and_identity(data_dir, may_replace=False) as (ledger, _):
        restoring.start()
        restoring.join(0.5)
        assert restoring.is_alive()
        ledger.open_account("alice", DIGEST)
    restoring.join(PATIENCE)
    [aside] = data_dir.glob("before-restore-*")
    with Ledger(aside / LEDGER_FILE) as ledger:
        assert ledger.card_digest("alice") == DIGEST


def test_an_account_is_opened_after_a_restore_that_is_under_way(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(data_dir)
    back_up(data_dir, tmp_path / "monday")
    opened = threading.Event()

    def open_account() -> None:
        with ledger_and_identity(data_dir, may_replace=False) as (ledger, _):
            ledger.open_account("alice", DIGEST)
        opened.set()

    opening = threading.Thread(target=open_account)
    plain = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if not opening.ident:
            opening.start()
            assert not opened.wait(0.5)
        return plain(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    restore(tmp_path / "monday", data_dir)
    assert opened.wait(PATIENCE)
    opening.join()
    with Ledger(data_dir / LEDGER_FILE) as ledger:
        assert ledger.card_digest("alice") == DIGEST


def test_a_backup_beside_a_restore_is_of_one_bank_or_none(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(data_dir)
    back_up(data_dir, tmp_path / "monday")
    plain = Ledger.copy_to

    def copy_and_restore(ledger: Ledger, target: Path) -> None:
        plain(ledger, target)
        monkeypatch.undo()
        restore(tmp_path / "monday", data_dir)

    monkeypatch.setattr(Ledger, "copy_to", copy_and_restore)
    with pytest.raises(LedgerError, match="was replaced during the backup; try again"):
        back_up(data_dir, tmp_path / "tuesday")
    assert not (tmp_path / "tuesday").exists()
