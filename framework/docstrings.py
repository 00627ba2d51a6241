"""Docstrings that a person reads at run time, as help or as the description of a check."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def with_docstring(function: F) -> F:
    """Give a function back the docstring that `python -OO` leaves out, from its source where that is there."""
    if function.__doc__ is None:
        with suppress(OSError, TypeError, SyntaxError):
            (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
            if isinstance(definition, ast.FunctionDef):
                function.__doc__ = ast.get_docstring(definition)
    return function
