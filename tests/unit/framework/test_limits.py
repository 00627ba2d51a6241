"""The limits: their documentation, and what Limits refuses. Their values are compared in tests/house."""

import ast
import inspect
from typing import Any

import pytest

from framework import ConfigurationError, limits
from framework.limits import Limits


def documented_constants() -> dict[str, str]:
    """Every constant of the module and the docstring behind it, in the manner of `NAME = value` and a string."""
    body = ast.parse(inspect.getsource(limits)).body
    found = {}
    for statement, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            found[statement.targets[0].id] = str(following.value.value) if is_text else ""  # type: ignore[union-attr]
    return found


@pytest.mark.parametrize("name", [name for name in documented_constants() if name != "DEFAULT_LIMITS"])
def test_every_limit_is_documented_with_its_reason(name: str) -> None:
    assert len(documented_constants()[name]) > 30


def test_the_default_limits_are_the_parameters_of_the_protocol() -> None:
    assert Limits() == limits.DEFAULT_LIMITS == Limits(65_536, None, 30_000, 256)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pad_quantum": 15},
        {"pad_quantum": 2**16, "max_inner": 2**16},
        {"pad_quantum": 0},
        {"max_inner": 65_537},
        {"max_inner": 0},
        {"max_inner": 128},
        {"max_inner": -256},
        {"max_inner": 2**31},
        {"skew_ms": 0},
        {"skew_ms": -1},
        {"skew_ms": 2**32},
        {"epoch_limit": 0},
        {"epoch_limit": -1},
        {"epoch_limit": 2**64},
    ],
    ids=str,
)
def test_parameters_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        Limits(**wrong)


@pytest.mark.parametrize(
    "right",
    [
        {"pad_quantum": 16, "max_inner": 16},
        {"pad_quantum": 2**16 - 1, "max_inner": 2**16 - 1},
        {"max_inner": 2**31 - 256},
        {"skew_ms": 1},
        {"skew_ms": 2**32 - 1},
        {"epoch_limit": 1},
        {"epoch_limit": 2**64 - 1},
    ],
    ids=str,
)
def test_the_largest_and_the_least_parameters_are_taken(right: dict[str, Any]) -> None:
    made = Limits(**right)
    assert {name: getattr(made, name) for name in right} == right
