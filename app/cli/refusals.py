"""What goes wrong for a person, as one sentence on standard error and an exit code."""

import sys
from typing import Protocol, TypeGuard

import typer

from app.cli.table import command_of, writing_help
from app.system.errors import EXIT_CHANNEL, EXIT_INTERNAL, EXIT_LOCAL, InternalError, UserError
from app.system.layout import folded
from app.system.output import ReaderGoneError, write_err, write_out
from app.system.signals import EndedBySignal
from framework import ChannelError, SuitecaseError
from framework.printable import printable

PROGRAM = "suitecase"


def run(program: typer.Typer) -> int:
    """Run the command line and give its exit code. Raises EndedBySignal.

    Not by typer's own way to run a program, which ends the process, or makes another error of some.
    """
    try:
        with writing_help():
            context = command_of(program, PROGRAM).make_context(PROGRAM, sys.argv[1:])
        with context:
            code = context.command.invoke(context)
        write_out("")
    except EndedBySignal:
        raise
    except typer.Exit as ending:
        return ending.exit_code
    except BaseException as error:  # noqa: BLE001 - whatever it is, it must not look like the bank's refusal
        return _refused(error)
    return code if isinstance(code, int) else 0


def _refused(error: BaseException) -> int:
    """Say what went wrong; gives the exit code."""
    if isinstance(error, ReaderGoneError):
        return error.exit_code
    if isinstance(error, UserError):
        return _refuse(str(error), error.exit_code)
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return _refuse("Interrupted.", EXIT_CHANNEL)
    if isinstance(error, OSError):
        return _refuse(f"The operating system refuses: {error}.", EXIT_LOCAL)
    if isinstance(error, ChannelError):
        return _refuse(f"The channel failed: {error}.", EXIT_CHANNEL)
    if isinstance(error, SuitecaseError):
        return _refuse(f"{error}.", EXIT_LOCAL)
    if _is_about_usage(error):
        said = " ".join(error.format_message().split()).removesuffix(".")  # it may come as a list, a line each
        return _refuse(f"{said}; {_help_for(error)} tells what there is.", EXIT_LOCAL)
    return _refuse(str(InternalError(error)), EXIT_INTERNAL)


def _refuse(sentence: str, code: int) -> int:
    write_err("\n".join([*folded(f"{PROGRAM}: {printable(sentence)}", sys.stderr), ""]))
    return code


class _UsageError(Protocol):
    """The exceptions of click, which newer releases of typer carry inside them, under another name."""

    def format_message(self) -> str: ...


def _is_about_usage(error: object) -> TypeGuard[_UsageError]:
    return hasattr(error, "format_message")


def _help_for(error: object) -> str:
    context = getattr(error, "ctx", None)
    return f"`{getattr(context, 'command_path', PROGRAM)} --help`"
