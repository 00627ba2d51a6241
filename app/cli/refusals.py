"""What goes wrong for a person, as one sentence on standard error and an exit code."""

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeGuard

import typer

from app.system.errors import EXIT_CHANNEL, EXIT_INTERNAL, EXIT_LOCAL, InternalError, UserError
from app.system.layout import folded
from app.system.output import ReaderGoneError, abandon_output, printable, write_err, write_out
from app.system.signals import EndedBySignal
from framework.docstrings import with_docstring

P = ParamSpec("P")


def refusing_with_a_sentence(function: Callable[P, int | None]) -> Callable[P, None]:
    """Let a command end with the exit code that it returns, or with that of what it raises."""

    @functools.wraps(with_docstring(function))
    def command(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = function(*args, **kwargs) or 0
        except ReaderGoneError as error:
            code = error.exit_code
        except UserError as error:
            code = _refuse(str(error), error.exit_code)
        except KeyboardInterrupt:
            code = _refuse("Interrupted.", EXIT_CHANNEL)
        except (EndedBySignal, typer.Exit, typer.Abort):
            raise
        except OSError as error:
            code = _refuse(f"The operating system refuses: {error}.", EXIT_LOCAL)
        except BaseException as error:
            if _is_about_usage(error):
                raise
            code = _refuse_unexpected(error)
        if code:
            raise typer.Exit(code)

    return command


def run(program: typer.Typer) -> int:
    """Run the command line and give its exit code. Raises EndedBySignal."""
    try:
        code = program(prog_name="suitecase", standalone_mode=False)
        write_out("")
    except ReaderGoneError as error:
        return error.exit_code
    except UserError as error:
        return _refuse(str(error), error.exit_code)
    except typer.Abort:
        return _refuse("Interrupted.", EXIT_CHANNEL)
    except EndedBySignal:
        raise
    except SystemExit:  # typer's own way out where nobody reads the help
        return ReaderGoneError.exit_code
    except OSError as error:  # typer's own output, as of --help
        return _refuse(str(abandon_output(error)), EXIT_LOCAL)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it must not look like the bank's refusal
        if not _is_about_usage(error):
            return _refuse_unexpected(error)
        said = " ".join(error.format_message().split()).removesuffix(".")  # it may come as a list, a line each
        return _refuse(f"{said}; {_help_for(error)} tells what there is.", EXIT_LOCAL)
    return code if isinstance(code, int) else 0


class _UsageError(Protocol):
    """The exceptions of click, which newer releases of typer carry inside them, under another name."""

    def format_message(self) -> str: ...


def _is_about_usage(error: object) -> TypeGuard[_UsageError]:
    return hasattr(error, "format_message")


def _refuse(sentence: str, code: int) -> int:
    write_err("\n".join([*folded(f"suitecase: {printable(sentence)}", sys.stderr), ""]))
    return code


def _refuse_unexpected(error: BaseException) -> int:
    """Refuse for what the framework raises; anything else is a fault of ours."""
    from framework import ChannelError, SuitecaseError  # imported by now, or the error is none of these

    if isinstance(error, ChannelError):
        return _refuse(f"The channel failed: {error}.", EXIT_CHANNEL)
    if isinstance(error, SuitecaseError):
        return _refuse(f"{error}.", EXIT_LOCAL)
    return _refuse(str(InternalError(error)), EXIT_INTERNAL)


def _help_for(error: object) -> str:
    context = getattr(error, "ctx", None)
    return f"`{getattr(context, 'command_path', 'suitecase')} --help`"
