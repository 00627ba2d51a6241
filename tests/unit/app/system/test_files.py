"""Small files: what is refused when reading, and in which order a new one becomes safe on the disk."""

import errno
import fcntl
import os
import signal
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.system import private_directories
from app.system.errors import FileError, MissingFileError
from app.system.files import OTHERS_ANY, OTHERS_WRITE, create_file, read_file, replace_file
from app.system.private_directories import LOCK_FILE, locked_directory, make_directory, make_private_directory


def record(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List what is done to the file system, in order."""
    acts: list[str] = []

    def spy(name: str, label: Callable[..., str]) -> None:
        real = getattr(os, name)

        def act(*arguments: object, **options: object) -> object:
            acts.append(label(*arguments))
            return real(*arguments, **options)

        monkeypatch.setattr(os, name, act)

    spy("fsync", lambda fd: "sync directory" if stat.S_ISDIR(os.fstat(fd).st_mode) else "sync file")
    for name in ("link", "rename", "replace", "unlink"):
        spy(name, lambda *_paths, name=name: name)
    return acts


@pytest.fixture
def nameless(tmp_path: Path) -> None:
    """Skip where a file cannot be made without a name."""
    try:
        os.close(os.open(tmp_path, os.O_WRONLY | os.O_TMPFILE))
    except (AttributeError, OSError):
        pytest.skip("this file system has no files without a name")


@pytest.fixture(params=["nameless", "no nameless files", "no /proc"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, nameless: None) -> str:  # noqa: ARG001
    """How a new file is made, by what the system can do."""
    real_open, real_link = os.open, os.link

    def no_nameless(path: str, flags: int, *mode: int) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        return real_open(path, flags, *mode)

    def no_proc(source: str | Path, target: str | Path, *, dst_dir_fd: int | None = None, **_: bool) -> None:
        if str(source).startswith("/proc"):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        real_link(source, target, dst_dir_fd=dst_dir_fd)

    way = str(request.param)
    if way == "no nameless files":
        monkeypatch.setattr(os, "open", no_nameless)
    if way == "no /proc":
        monkeypatch.setattr(os, "link", no_proc)
    return way


def test_a_new_file_is_synced_before_it_has_its_name_and_its_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    acts = record(monkeypatch)
    create_file(tmp_path / "new", b"content", "file")
    assert (
        acts
        == {
            "nameless": ["sync file", "link", "sync directory"],
            "no nameless files": ["sync file", "link", "unlink", "sync directory"],
            "no /proc": ["sync file", "link", "sync file", "link", "unlink", "sync directory"],
        }[way]
    )
    assert (tmp_path / "new").read_bytes() == b"content"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


@pytest.mark.usefixtures("nameless")
@pytest.mark.parametrize("moment", ["fsync", "link"])
def test_a_process_that_is_killed_leaves_no_secret_without_its_name(
    tmp_path: Path, start_program: Callable[..., "subprocess.Popen[str]"], moment: str
) -> None:
    process = start_program(KILLED, tmp_path / "card", moment)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from app.system.files import create_file
setattr(os, sys.argv[2], lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
create_file(Path(sys.argv[1]), b"secret", "card file")
"""


def test_a_replacement_is_synced_before_it_takes_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "old").write_bytes(b"old")
    acts = record(monkeypatch)
    replace_file(tmp_path / "old", b"new", "file", mode=0o644)
    assert acts[:2] == ["sync file", "replace"]
    assert acts[-1] == "sync directory"
    assert (tmp_path / "old").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_mode_is_exact_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        create_file(tmp_path / "secret", b"", "file")
        replace_file(tmp_path / "public", b"", "file", mode=0o644)
        make_directory(tmp_path / "directory", "directory")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"secret": 0o600, "public": 0o644, "directory": 0o700}


@pytest.mark.usefixtures("way")
def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        create_file(path, b"new", "file")
    assert path.read_bytes() == b"precious"
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "link", b"new", "file")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link", "there"]


@pytest.mark.usefixtures("way")
def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match=r"The file .*new cannot be written: No space left on device; check"):
        create_file(tmp_path / "new", b"content", "file")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_directory_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be written: No such file or directory"):
        create_file(tmp_path / "missing" / "new", b"", "file")


def test_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"^There is no key file .*none; ask for it\.$"):
        read_file(tmp_path / "none", "key file", limit=9, if_missing="ask for it")


def test_what_is_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)  # root, who runs tests in containers, may read everything
    with pytest.raises(FileError, match="cannot be read: Permission denied; check its permissions"):
        read_file(tmp_path / "file", "key file", limit=9)


def test_what_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"123456789")
    assert read_file(path, "key file", limit=9) == b"123456789"
    path.write_bytes(b"1234567890")
    with pytest.raises(FileError, match="is longer than 9 bytes"):
        read_file(path, "key file", limit=9)


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # opened carelessly, it would block for ever
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(tmp_path / "s"))
        for path in (tmp_path / "pipe", Path("/dev/null"), Path("/dev/zero")):
            with pytest.raises(FileError, match="is not a regular file"):
                read_file(path, "key file", limit=9)
        for path in (tmp_path, tmp_path / "s"):
            with pytest.raises(FileError):
                read_file(path, "key file", limit=9)


@pytest.mark.parametrize("mode", [0o601, 0o602, 0o604, 0o610, 0o620, 0o640, 0o644, 0o666, 0o777])
def test_a_secret_that_others_can_reach(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a file"
    path.touch()
    path.chmod(mode)
    with pytest.raises(FileError, match=rf"\(mode {mode:04o}\); run `chmod 600 '.*a file'`\.$"):
        read_file(path, "card file", limit=9, forbidden=OTHERS_ANY)


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o700])
def test_a_secret_of_ones_own(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(mode)
    assert read_file(path, "card file", limit=9, forbidden=OTHERS_ANY) == b""


@pytest.mark.parametrize("mode", [0o602, 0o620, 0o666])
def test_a_trusted_file_that_others_can_change(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(mode)
    with pytest.raises(FileError, match=r"can be changed by other users .*; run `chmod go-w "):
        read_file(path, "file", limit=9, forbidden=OTHERS_WRITE)
    path.chmod(0o644)
    assert read_file(path, "file", limit=9, forbidden=OTHERS_WRITE) == b""


def test_a_directory_is_made_with_its_parents_and_kept_if_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c"
    make_directory(path, "data directory")
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    path.chmod(0o755)
    make_directory(path, "data directory")
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    (tmp_path / "file").touch()
    for wrong in (tmp_path / "file", tmp_path / "file" / "x", tmp_path / "file" / "x" / "y"):
        with pytest.raises(FileError, match=r"data directory .*[Nn]ot a directory"):
            make_directory(wrong, "data directory")


def test_a_secret_that_belongs_to_another_user(tmp_path: Path, give_away: Callable[[Path], int]) -> None:
    path = tmp_path / "a file"
    path.touch(mode=0o600)
    assert read_file(path, "card file", limit=9, forbidden=OTHERS_ANY) == b""
    owner = give_away(path)
    said = rf"belongs to another user \(uid {owner}\); run this as that user, or `chown {os.geteuid()} '.*a file'`\.$"
    with pytest.raises(FileError, match=said):
        read_file(path, "card file", limit=9, forbidden=OTHERS_ANY)
    path.chmod(0o644)
    assert read_file(path, "bank key file", limit=9, forbidden=OTHERS_WRITE) == b"", "a public file is its owner's word"


def test_a_secret_that_belongs_to_root_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.touch(mode=0o600)
    status = path.stat()
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    monkeypatch.setattr(os, "fstat", lambda _fd: os.stat_result((*status[:4], 0, *status[5:])))
    assert read_file(path, "card file", limit=9, forbidden=OTHERS_ANY) == b""


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o770, 0o775, 0o777])
def test_a_private_directory_in_which_others_can_put_files(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a place"
    path.mkdir()
    path.chmod(mode)
    with pytest.raises(FileError, match=rf"by other users \(mode {mode:04o}\); run `chmod 700 '.*a place'`\.$"):
        make_private_directory(path, "data directory")
    make_directory(path, "directory for the card file")


def test_a_directory_that_is_shared_on_purpose_is_not_to_be_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)  # as /tmp is
    with pytest.raises(FileError, match=r"by other users \(mode 1777\); choose one of your own\.$"):
        make_private_directory(tmp_path, "data directory")
    make_private_directory(tmp_path / "below", "data directory")


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755])
def test_a_private_directory_of_ones_own(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    make_private_directory(tmp_path, "data directory")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == mode


def test_a_private_directory_that_belongs_to_another_user(tmp_path: Path, give_away: Callable[[Path], int]) -> None:
    path = tmp_path / "place"
    make_private_directory(path, "data directory")
    owner = give_away(path)
    with pytest.raises(FileError, match=rf"place belongs to another user \(uid {owner}\); run this as that user, or"):
        make_private_directory(path, "data directory")


def test_a_lock_is_waited_for_and_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with locked_directory(tmp_path):
        monkeypatch.setattr(private_directories, "LOCK_SECONDS", 0.05)
        said = (
            rf"^Another process has held the directory {tmp_path} for 0 s; does it hang\? Try again, or end it first\.$"
        )
        with pytest.raises(FileError, match=said), locked_directory(tmp_path):
            pass
    with locked_directory(tmp_path):
        pass


def test_nobody_else_can_hold_the_lock_of_a_directory_that_he_can_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private_directories, "LOCK_SECONDS", 0.05)
    beside = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(beside, fcntl.LOCK_EX)  # any user may, in a directory that is 0755
        with locked_directory(tmp_path):
            lock = (tmp_path / LOCK_FILE).lstat()
            assert stat.S_ISREG(lock.st_mode)
            assert stat.S_IMODE(lock.st_mode) == 0o600
    finally:
        os.close(beside)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_others_could_hold_is_refused(tmp_path: Path, give_away: Callable[[Path], int]) -> None:
    lock = tmp_path / LOCK_FILE
    lock.touch()
    lock.chmod(0o644)
    with pytest.raises(FileError, match=r"The lock .* can be reached by other users"), locked_directory(tmp_path):
        pass
    lock.chmod(0o600)
    with locked_directory(tmp_path):  # a process that was killed has left it
        pass
    lock.touch(0o600)
    give_away(lock)
    with pytest.raises(FileError, match=r"The lock .* belongs to another user"), locked_directory(tmp_path):
        pass


def test_a_link_for_a_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).symlink_to(tmp_path / "made by us")
    with pytest.raises(OSError, match="Too many levels of symbolic links"), locked_directory(tmp_path):
        pass
    assert not (tmp_path / "made by us").exists()


def test_what_is_done_under_the_lock_is_done_by_one_at_a_time(tmp_path: Path) -> None:
    """Whoever waits for a file that has been removed must not take it for the lock."""
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        for _ in range(20):
            with locked_directory(tmp_path):
                inside.append(number)
                most.append(len(inside))
                time.sleep(0.001)
                inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 80
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_is_let_go_is_taken(tmp_path: Path) -> None:
    with ExitStack() as held:
        held.enter_context(locked_directory(tmp_path))
        threading.Timer(0.1, held.pop_all().close).start()
        begun = time.monotonic()
        with locked_directory(tmp_path):
            assert time.monotonic() - begun > 0.05
