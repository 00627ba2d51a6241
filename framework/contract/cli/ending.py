"""How a command of the kit ends: a report has 0 or 1, and what goes wrong with the tool itself is neither."""

import functools
import os
import secrets
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, ParamSpec

import typer

from framework.docstrings import with_docstring
from framework.errors import ConfigurationError
from framework.printable import printable, told

P = ParamSpec("P")

GREEN = 0
"""Exit code: no flaw was found."""
FLAW = 1
"""Exit code: the plugin is not green."""
MISUSE = 2
"""Exit code: the command cannot be carried out as it was given; the sentence says what to change."""
INTERNAL = 70
"""Exit code: the kit, or an oracle, failed (EX_SOFTWARE of sysexits.h); nothing is known of the plugin."""
INTERRUPTED = 128 + signal.SIGINT
"""Exit code: Ctrl-C, as a shell has it; other signals likewise."""

_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Interrupted(KeyboardInterrupt):
    """A signal asks for the end; the workers, which no terminal reaches, are ended on the way out."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


def ending_in_order(command: Callable[P, int]) -> Callable[P, None]:
    """Let a command end with the code that it returns, or with a sentence and the code of what went wrong."""

    @functools.wraps(with_docstring(command))
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with _hearing_signals():
                code = command(*args, **kwargs)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - each has its own end below
            code = _refuse(error)
        if code:
            raise typer.Exit(code)

    return run


def run(program: Callable[..., Any]) -> NoReturn:
    """Run the command line of the kit, and leave with its code."""
    if sys.stdout is None:
        _say("Standard output is closed, so there is no place for a report: open it, or send it to a file.")
        sys.exit(MISUSE)
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = program(prog_name="suitecase-contract", standalone_mode=False)
        write("")
    except SystemExit:  # typer's own way out where nobody reads the help
        code = MISUSE
    except OSError as error:  # of the help, which the commands' own way out does not write
        code = _refuse(_no_more(error))
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - as above
        code = _refuse(error)
    sys.exit(code if isinstance(code, int) else GREEN)


@contextmanager
def _hearing_signals() -> Iterator[None]:
    """Within, a signal that asks for the end raises, once. What is ignored stays ignored."""

    def end(number: int, _: FrameType | None) -> None:
        for each in heard:
            signal.signal(each, lambda *_: None)  # a second one would cut the tidying up short
        raise _Interrupted(number)

    before = {number: signal.getsignal(number) for number in _ENDING_SIGNALS}
    heard = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    for number in heard:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])


def write(text: str) -> None:
    """Write to standard output, at once. Raises ConfigurationError, or BrokenPipeError where nobody reads."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        raise _no_more(error) from None


def write_report(path: Path, text: str) -> None:
    """Put a report in the place of whatever the file holds, or leave that as it is. Raises ConfigurationError."""
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_text(text, "utf-8")  # a pipe or a device
            return
        part = target.with_name(f".{secrets.token_hex(8)}.part")
        with part.open("x", encoding="utf-8") as stream:  # a new file: nobody's link is followed, no run shares it
            try:
                stream.write(text)
                stream.close()
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"the report cannot be written to {path} ({_reason(error)}); name another file"
        ) from None


def refuse_useless(path: Path) -> None:
    """Raise ConfigurationError for a file that no report can be written to, before the work is done."""
    if path.is_dir():
        raise ConfigurationError(f"the report cannot be written to {path}, which is a folder; name a file in it")
    if not path.resolve().parent.is_dir():
        raise ConfigurationError(f"the report cannot be written to {path}, for its folder is missing; make that first")
    place = path if path.exists() else path.resolve().parent
    if not os.access(place, os.W_OK):
        raise ConfigurationError(f"the report cannot be written to {path} (no permission); name another file")


def _refuse(error: BaseException) -> int:
    """Say what went wrong, and give the exit code."""
    show = getattr(error, "show", None)
    if show is not None:  # a mistake on the command line; click and typer have each a class of their own for it
        with suppress(OSError):
            show()
        return MISUSE
    if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "Abort":
        return _say("Interrupted.", getattr(error, "code", INTERRUPTED))
    if isinstance(error, ConfigurationError):
        return _say(str(error), MISUSE)
    if isinstance(error, BrokenPipeError):
        return MISUSE  # whoever read has gone, as `head` does; nobody needs to be told
    if isinstance(error, OSError):
        return _say(f"The operating system refuses: {_reason(error)}. Nothing is known of the plugin.", MISUSE)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{frame.filename}:{frame.lineno}"
    return _say(f"The contract kit itself failed, which says nothing of the plugin: {told(error)} ({where}).", INTERNAL)


def _no_more(error: OSError) -> Exception:
    """Write nothing more to standard output, which refused; gives what to raise."""
    with suppress(OSError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)  # what is buffered goes there: the interpreter flushes once more at its end
        os.close(nothing)
    if isinstance(error, BrokenPipeError):
        return error
    return ConfigurationError(f"standard output takes no more ({_reason(error)}); make room, or send it elsewhere")


def _reason(error: OSError) -> str:
    return f"{error.strerror or type(error).__name__}{f': {error.filename}' if error.filename else ''}"


def _say(sentence: str, code: int = MISUSE) -> int:
    with suppress(OSError, AttributeError):  # what cannot be written there cannot be told
        sys.stderr.write(f"{printable(sentence)}\n")
        sys.stderr.flush()
    return code
