"""`python -m app`: the command line.

It imports step by step: before anything else Ctrl-C must end the process without a traceback, then the standard
streams must be fit to use, and `framework` must be known to be ours.
"""

import os
from contextlib import suppress
from typing import NoReturn

from app.system.module_path import hidden, leave_the_current_directory, leave_what_is_never_read

_INTERRUPTED = 128 + 2
"""The exit code that a shell gives to what SIGINT has ended."""

_INTERNAL = 70
"""As `app.system.errors.EXIT_INTERNAL`, which may be what cannot be imported."""


def main() -> NoReturn:
    """Run the command line; the console script `suitecase` is the same.

    The process ends here. What the interpreter would do at its end, as waiting for threads and flushing streams, could
    only delay or change an exit code that others rely on.
    """
    code = _INTERNAL
    try:
        code = _run()
    except KeyboardInterrupt:  # the one import that Ctrl-C can cut short
        code = _INTERRUPTED
    except BaseException as error:  # noqa: BLE001 - nothing may be told by a traceback, nor leave with 1
        _tell_without_anything(error)
    finally:
        os._exit(code)


def _run() -> int:
    from app.system.first_signals import end_at_once

    end_at_once()
    from app.system.streams import open_standard_streams

    open_standard_streams()
    leave_what_is_never_read()
    if sentence := hidden():
        # With what Python has: the framework's own way of showing strange letters is hidden.
        return _refuse("".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in sentence))
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # code of others that nobody has allowed
    try:
        from app.cli.main import app  # only now: it takes its time
        from app.cli.refusals import run
        from app.system.signals import EndedBySignal
    except ModuleNotFoundError as error:
        return _refuse_to_start(error)
    try:
        return run(app)
    except EndedBySignal as ending:
        return ending.code if isinstance(ending.code, int) else 0


def _refuse_to_start(error: ModuleNotFoundError) -> int:
    """Say which package this Python lacks. Raises the error again where it is one of ours."""
    package, *_ = (error.name or "").split(".")
    if package in ("", "app", "framework", "plugins"):
        raise error
    return _refuse(
        f"The package {package} is not installed for this Python; start the program in the environment "
        "that suitecase was installed in, or install it anew."
    )


def _refuse(sentence: str) -> int:
    from app.system.errors import EXIT_LOCAL
    from app.system.output import write_err

    write_err(f"suitecase: {sentence}\n")
    return EXIT_LOCAL


def _tell_without_anything(error: BaseException) -> None:
    """Say that something failed, with nothing but the system: memory may be short, or the program not whole."""
    sentence = f"suitecase: suitecase itself failed ({type(error).__name__}); please report these words.\n"
    with suppress(OSError):
        os.write(2, sentence.encode("ascii", "backslashreplace"))


if __name__ == "__main__":
    leave_the_current_directory()
    main()
