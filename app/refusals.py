"""What goes wrong for a person, as one sentence on standard error and an exit code."""

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec

import typer

from app.errors import EXIT_CHANNEL, EXIT_LOCAL, UserError
from app.output import ReaderGoneError, abandon_output, folded, printable, write_err, write_out

P = ParamSpec("P")


def refusing_with_a_sentence(function: Callable[P, int | None]) -> Callable[P, None]:
    """Let a command end with the exit code that it returns, or with that of what it raises."""

    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = function(*args, **kwargs) or 0
        except ReaderGoneError as error:
            code = error.exit_code
        except UserError as error:
            code = _refuse(str(error), error.exit_code)
        except KeyboardInterrupt:
            code = _refuse("Interrupted.", EXIT_CHANNEL)
        except OSError as error:
            code = _refuse(f"The operating system refuses: {error}.", EXIT_LOCAL)
        except Exception as error:  # noqa: BLE001 - raised again if it is none of the framework's
            code = _refuse_for_the_framework(error)
        if code:
            raise typer.Exit(code)

    return command


def run(program: typer.Typer) -> int:
    """Run the command line and give its exit code."""
    try:
        code = program(prog_name="suitecase", standalone_mode=False)
        write_out("")
    except ReaderGoneError as error:
        return error.exit_code
    except UserError as error:
        return _refuse(str(error), error.exit_code)
    except OSError as error:  # typer's own output, as of --help
        return _refuse(str(abandon_output(error)), EXIT_LOCAL)
    except Exception as error:
        format_message = getattr(error, "format_message", None)
        if format_message is None:
            raise
        # The exceptions of click, which newer releases of typer carry inside them, under another name.
        said = " ".join(format_message().split()).removesuffix(".")  # it may come as a list, a line each
        return _refuse(f"{said}; {_help_for(error)} tells what there is.", EXIT_LOCAL)
    return code if isinstance(code, int) else 0


def _refuse(sentence: str, code: int) -> int:
    write_err("\n".join([*folded(f"suitecase: {printable(sentence)}", sys.stderr), ""]))
    return code


def _refuse_for_the_framework(error: Exception) -> int:
    from framework import ChannelError, SuitecaseError  # imported by now, or the error is none of these

    if isinstance(error, ChannelError):
        return _refuse(f"The channel failed: {error}.", EXIT_CHANNEL)
    if isinstance(error, SuitecaseError):
        return _refuse(f"{error}.", EXIT_LOCAL)
    raise error


def _help_for(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return f"`{getattr(context, 'command_path', 'suitecase')} --help`"
