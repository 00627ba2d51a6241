"""Whatever a command raises becomes a sentence and an exit code; only the bank's refusal is 1."""

import asyncio
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer import Typer

import app.cli
from app.cli.main import Commands
from app.cli.main import app as program
from app.cli.refusals import run
from app.cli.table import CommandTable, Entry
from app.system.errors import EXIT_INTERNAL, LedgerError, RefusedByBankError
from app.system.signals import EndedBySignal
from framework import ChannelError, ConfigurationError
from framework.events import FailureReason


def program_that_raises(error: BaseException) -> typer.Typer:
    made = typer.Typer(add_completion=False)

    @made.command()
    def command() -> int:
        raise error

    return made


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RefusedByBankError("No."), 1),
        (LedgerError("No."), 2),
        (ConfigurationError("no"), 2),
        (OSError(28, "No space"), 2),
        (ChannelError("no", FailureReason.CONNECTION), 3),
        (KeyboardInterrupt(), 3),
        *[
            (error, EXIT_INTERNAL)
            for error in (
                RuntimeError("4711"),
                MemoryError("4711"),
                RecursionError("4711"),
                SystemExit("4711"),
                SystemExit(0),
                SystemExit(1),
                EOFError("4711"),
                GeneratorExit("4711"),
                asyncio.CancelledError("4711"),
                ExceptionGroup("4711", [ValueError("4711")]),
            )
        ],
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_each_error_has_its_code_and_shows_no_text_of_a_stranger(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    monkeypatch.setattr("sys.argv", ["suitecase"])
    assert run(program_that_raises(error)) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("suitecase: ")
    assert len(err.splitlines()) == 1
    assert "4711" not in err
    if code == EXIT_INTERNAL:
        assert f"({type(error).__name__} at tests.unit.app.cli.test_refusals:" in err or "test_refusals:" in err


def test_our_own_end_by_a_signal_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["suitecase"])
    with pytest.raises(EndedBySignal):
        run(program_that_raises(EndedBySignal(3)))


def entries_of(table: type[CommandTable], *above: str) -> Iterator[tuple[list[str], Entry]]:
    for entry in table.entries:
        words = [*above, entry.name]
        yield words, entry
        group = getattr(import_module(entry.module), "Commands", None)
        if group is not None:
            yield from entries_of(group, *words)


ENTRIES = list(entries_of(Commands))


def test_the_table_has_every_module_of_a_command() -> None:
    assert len(ENTRIES) > 13
    folder = Path(app.cli.__file__).parent
    modules = {f"app.cli.{path.relative_to(folder).with_suffix('')}".replace("/", ".") for path in folder.rglob("*.py")}
    with_commands = {module for module in modules if isinstance(getattr(import_module(module), "app", None), Typer)}
    ours = {entry.module for _words, entry in ENTRIES if entry.module.startswith("app.")}
    assert with_commands == ours | {"app.cli.main"}


@pytest.mark.parametrize(("words", "entry"), ENTRIES, ids=[" ".join(words) for words, _entry in ENTRIES])
def test_every_command_is_guarded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], entry: Entry
) -> None:
    real = import_module(entry.module)
    broken = SimpleNamespace(app=program_that_raises(EOFError("4711")))
    monkeypatch.setattr(
        "app.cli.table.import_module", lambda name: broken if name == real.__name__ else import_module(name)
    )
    monkeypatch.setattr("sys.argv", ["suitecase", *words])
    assert run(program) == EXIT_INTERNAL
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("suitecase: suitecase itself failed (EOFError at ")
    assert "4711" not in err
