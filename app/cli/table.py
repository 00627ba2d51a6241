"""The table of commands: what `--help` lists of each, and the module that is imported when it is called."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, ClassVar, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from app.system.output import abandon_output
from framework.docstrings import with_docstring


class Entry(NamedTuple):
    """A command as the help of its group lists it. The typer application `app` of the module is it, or has it."""

    name: str
    module: str
    short_help: str


class CommandTable(TyperGroup):
    """A group that knows its commands by their entries alone."""

    entries: ClassVar[tuple[Entry, ...]] = ()

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for entry in self.entries:
            self.add_command(Later(entry))


class Later(TyperCommand):
    """A command whose module is imported when it is called, or when its own help is asked for."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.name, short_help=entry.short_help)
        self._entry = entry

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Hand the arguments to the command itself: the context is its own, and so is what follows."""
        program = import_module(self._entry.module).app
        with writing_help():
            return command_of(program, self._entry.name).make_context(info_name, args, parent, **extra)


def new_program(**attributes: Any) -> typer.Typer:
    """Make the typer application of a command's module."""
    return typer.Typer(add_completion=False, rich_markup_mode=None, **attributes)


def command_of(program: typer.Typer, name: str) -> Any:
    """Give the command of this name in a typer application that has several, or else the application as a command."""
    for each in (program.registered_callback, *program.registered_commands):
        if each is not None and each.callback is not None:
            with_docstring(each.callback)
    made = typer.main.get_command(program)
    return getattr(made, "commands", {}).get(name, made)


@contextmanager
def writing_help() -> Iterator[None]:
    """Within, arguments are read and nothing is written but the help. Raises OutputError where that cannot be."""
    try:
        yield
    except OSError as error:
        raise abandon_output(error) from None
