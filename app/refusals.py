"""What goes wrong for a person, as one sentence on standard error and an exit code."""

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec

import typer

from app.errors import EXIT_CHANNEL, EXIT_LOCAL, UserError
from framework import ChannelError, SuitecaseError

P = ParamSpec("P")


def refusing_with_a_sentence(function: Callable[P, int | None]) -> Callable[P, None]:
    """Let a command end with the exit code that it returns, or with that of what it raises."""

    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = function(*args, **kwargs)
        except UserError as error:
            sentence, code = str(error), error.exit_code
        except ChannelError as error:
            sentence, code = f"The channel failed: {error}.", EXIT_CHANNEL
        except SuitecaseError as error:
            sentence, code = f"{error}.", EXIT_LOCAL
        except KeyboardInterrupt:
            sentence, code = "Interrupted.", EXIT_CHANNEL
        else:
            if code:
                raise typer.Exit(code)
            return
        sys.stderr.write(f"suitecase: {sentence}\n")
        raise typer.Exit(code)

    return command
