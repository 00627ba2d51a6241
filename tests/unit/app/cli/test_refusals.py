"""Whatever a command raises becomes a sentence and an exit code; only the bank's refusal is 1."""

import asyncio
from collections.abc import Callable

import pytest
import typer

from app.cli.main import app as program
from app.cli.refusals import refusing_with_a_sentence, run
from app.system.errors import EXIT_INTERNAL, LedgerError, RefusedByBankError
from app.system.signals import EndedBySignal
from framework import ChannelError, ConfigurationError
from framework.events import FailureReason


def program_that_raises(error: BaseException) -> typer.Typer:
    made = typer.Typer()

    @made.command()
    @refusing_with_a_sentence
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
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    assert run(program_that_raises(error)) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("suitecase: ")
    assert len(err.splitlines()) == 1
    assert "4711" not in err
    if code == EXIT_INTERNAL:
        assert f"({type(error).__name__} at tests.unit.app.cli.test_refusals:" in err or "test_refusals:" in err


def test_our_own_end_by_a_signal_passes() -> None:
    with pytest.raises(EndedBySignal):
        run(program_that_raises(EndedBySignal(3)))


def test_every_command_is_guarded() -> None:
    def callbacks(made: typer.Typer) -> list[Callable[..., object] | None]:
        own = [command.callback for command in made.registered_commands]
        below = [
            each for group in made.registered_groups if group.typer_instance for each in callbacks(group.typer_instance)
        ]
        return own + below

    found = callbacks(program)
    assert len(found) > 8
    assert all(hasattr(each, "__wrapped__") for each in found)
