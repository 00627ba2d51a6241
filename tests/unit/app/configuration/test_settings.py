"""Configuration files: they can say whom to trust, so only one's own counts, and where one stands is nobody's own."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.configuration.files import CONFIG_FILE, MAX_FILE_SIZE, TRUSTING_SETTINGS, user_config_file
from app.configuration.settings import ConfigError, load_settings
from app.system.errors import FileError

TEXT = 'suite = "a-b"\n'
TRUSTING = {
    "connect": '"bank:1"',
    "bank_key": '"bank.pub"',
    "known_banks": '"banks"',
    "card": '"my.card"',
    "data_dir": '"bank"',
    "allow_plugin": '["evil"]',
}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that nobody names: in the current directory."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.upper().startswith("SUITECASE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / "config"))
    path = tmp_path / CONFIG_FILE
    path.write_text(TEXT)
    path.chmod(0o644)
    return path


@pytest.fixture
def own(file: Path) -> Path:
    """The one in the user's configuration directory; it is not written yet."""
    path = user_config_file()
    assert path is not None
    assert path.is_relative_to(file.with_name("home"))
    path.parent.mkdir(parents=True)
    return path


def test_ones_own_is_read_whether_it_is_named_or_not(file: Path) -> None:
    assert load_settings({}).suite == load_settings({}, str(file)).suite == "a-b"
    file.write_text('bank_key = "bank.pub"\n')
    assert load_settings({}, str(file)).bank_key == file.with_name("bank.pub")
    file.unlink()
    assert load_settings({}).bank_key is None
    with pytest.raises(FileError, match=r"There is no configuration file .*suitecase\.toml; check the path\.$"):
        load_settings({}, str(file))


def test_every_setting_that_trusts_is_tried_here() -> None:
    assert set(TRUSTING) == set(TRUSTING_SETTINGS)


@pytest.mark.parametrize("name", TRUSTING)
def test_where_one_stands_says_neither_whom_to_trust_nor_what_is_ones_own(
    file: Path, own: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    file.write_text(f"{TEXT}{name} = {TRUSTING[name]}\n")
    said = rf"^The setting {name} in suitecase\.toml is not usable: .* or what is yours; name the file with --config "
    with pytest.raises(ConfigError, match=said) as caught:
        load_settings({})
    assert f", or move it to {own}." in str(caught.value)
    assert getattr(load_settings({}, str(CONFIG_FILE)), name) not in (None, ())
    monkeypatch.setenv("SUITECASE_CONFIG", str(file))
    assert getattr(load_settings({}), name) not in (None, ())
    monkeypatch.delenv("SUITECASE_CONFIG")
    given = ("x",) if name == "allow_plugin" else "x"
    settings = load_settings({name: given})
    assert str(getattr(settings, name)) == str(given)  # what is given wins, as ever, and it is said
    (said,) = settings.ignored()
    option = f"The option --{name.replace('_', '-')} counts, and {name} in suitecase.toml is ignored: a file in the "
    assert said == f"{option}current directory may be anybody's."
    assert load_settings({}, str(CONFIG_FILE)).ignored() == []
    monkeypatch.setenv(f"SUITECASE_{name.upper()}", "y")
    assert "y" in str(getattr(load_settings({}), name))
    variable = f"The environment variable SUITECASE_{name.upper()} counts, and {name} in suitecase.toml is ignored: "
    assert load_settings({}).ignored()[0].startswith(variable)


@pytest.mark.parametrize("name", TRUSTING)
def test_the_users_own_file_may_say_it_and_wins_over_where_one_stands(file: Path, own: Path, name: str) -> None:
    file.write_text('suite = "a-b"\nlisten = "bank:7"\n' + f"{name} = {TRUSTING[name]}\n")
    own.write_text(f'suite = "c-d"\n{name} = {TRUSTING[name]}\n')
    settings = load_settings({})
    assert (settings.suite, settings.listen) == ("c-d", "bank:7")
    value = getattr(settings, name)
    assert value == (own.parent / TRUSTING[name].strip('"') if isinstance(value, Path) else value)
    assert settings.origin_of(name) == f"The setting {name} in {own}"
    assert settings.origin_of("listen") == "The setting listen in suitecase.toml"
    (said,) = settings.ignored()
    assert said.startswith(f"The setting {name} in {own} counts, and {name} in suitecase.toml is ignored: ")
    assert load_settings({}, str(file)).suite == "a-b"  # a file that is named counts alone


def test_the_users_own_file_is_checked(own: Path, give_away: Callable[[Path], int]) -> None:
    own.write_text(f"connect = {TRUSTING['connect']}\n")
    own.parent.chmod(0o777)
    with pytest.raises(FileError, match=f"can be replaced by other users; run `chmod o-w {own.parent}`"):
        load_settings({})
    own.parent.chmod(0o755)
    own.chmod(0o666)
    with pytest.raises(FileError, match=r"can be changed by other users \(mode 0666\)"):
        load_settings({})
    own.chmod(0o644)
    real = own.rename(own.with_name("real.toml"))
    own.symlink_to(real)  # as whoever keeps such files elsewhere has it
    assert load_settings({}).connect == "bank:1"
    give_away(real)
    with pytest.raises(FileError, match="belongs to another user"):
        load_settings({})


def test_in_ones_own_configuration_directory_one_stands_at_home(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own.write_text(f"connect = {TRUSTING['connect']}\n")
    monkeypatch.chdir(own.parent)
    assert load_settings({}).connect == "bank:1"


def test_a_home_that_there_is_none_of_is_not_looked_for_where_one_stands(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "here")
    planted = file.parent / "here" / "suitecase"
    planted.mkdir(parents=True)
    (planted / CONFIG_FILE).write_text(f"connect = {TRUSTING['connect']}\n")
    assert load_settings({}).connect is None


@pytest.mark.parametrize("named", [False, True])
def test_one_where_everybody_can_replace_it_is_refused(file: Path, *, named: bool) -> None:
    file.parent.chmod(0o777)
    with pytest.raises(FileError, match="can be replaced by other users; run `chmod o-w "):
        load_settings({}, str(file) if named else None)


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
