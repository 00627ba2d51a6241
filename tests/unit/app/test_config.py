"""The configuration file: it can say whom to trust, so only one's own counts."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.config import CONFIG_FILE, MAX_FILE_SIZE, load_settings
from app.errors import FileError

TEXT = 'suite = "a-b"\nbank_key = "bank.pub"\n'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that nobody names: in the current directory."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.upper().startswith("SUITECASE_")]:
        monkeypatch.delenv(name)
    path = tmp_path / CONFIG_FILE
    path.write_text(TEXT)
    path.chmod(0o644)
    return path


def test_ones_own_is_read_whether_it_is_named_or_not(file: Path) -> None:
    assert load_settings({}).suite == load_settings({}, str(file)).suite == "a-b"
    assert load_settings({}, str(file)).bank_key == file.with_name("bank.pub")
    file.unlink()
    assert load_settings({}).bank_key is None
    with pytest.raises(FileError, match=r"There is no configuration file .*suitecase\.toml; check the path\.$"):
        load_settings({}, str(file))


@pytest.mark.parametrize("named", [False, True])
def test_that_of_another_user_is_refused(file: Path, give_away: Callable[[Path], int], *, named: bool) -> None:
    owner = give_away(file)
    said = rf"belongs to another user \(uid {owner}\); give one of your own with --config, or work in another directory"
    with pytest.raises(FileError, match=said):
        load_settings({}, str(file) if named else None)


def test_a_link_is_followed_only_if_it_is_named(file: Path) -> None:
    """Another user can lay one to a file of ours, and so say from which directory its paths count."""
    file.rename(file.with_name("mine.toml"))
    file.symlink_to("mine.toml")
    with pytest.raises(FileError, match="is a symbolic link; put the file itself there, or name it with --config"):
        load_settings({})
    assert load_settings({}, str(file)).suite == "a-b"


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("mode", [0o646, 0o664, 0o666])
def test_one_that_others_can_change_is_refused(file: Path, mode: int, *, named: bool) -> None:
    file.chmod(mode)
    with pytest.raises(FileError, match=rf"can be changed by other users \(mode {mode:04o}\); run `chmod go-w "):
        load_settings({}, str(file) if named else None)


def test_a_pipe_holds_nothing_up(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o644)
    with pytest.raises(FileError, match=r"suitecase\.toml is not a regular file; check the path"):
        load_settings({})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#" * (MAX_FILE_SIZE + 1), f"is longer than {MAX_FILE_SIZE} bytes"),
        ("a = " + "[" * (MAX_FILE_SIZE - 4), "cannot be read: maximum recursion depth exceeded"),
        ("suite =", "it is not TOML"),
    ],
)
def test_what_is_too_much_is_a_sentence(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(FileError, match=said):
        load_settings({})
