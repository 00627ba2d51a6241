"""The limits: their values, their documentation, and what Limits refuses."""

import ast
import inspect
from typing import Any

import pytest

from framework import ConfigurationError, limits
from framework.limits import Limits

VALUES = {
    # PROTOCOL §3.3, §6.4, §6.5
    "MAX_INNER": 65_536,
    "SKEW_MS": 30_000,
    "PAD_QUANTUM": 256,
    "MAX_EPOCH": 2**32 - 1,
    "MAX_SEQUENCE": 2**64 - 1,
    "MAX_KEY_ATTEMPTS": 256,
    # PROTOCOL §8.1, §8.2
    "HANDSHAKE_SECONDS": 5.0,
    "FIRST_MESSAGE_SECONDS": 2.0,
    "MAX_SILENT": 512,
    "MAX_WAITING": 128,
    "MAX_HALF_OPEN": 768,
    "MAX_CHANNELS": 1_024,
    "MAX_CHANNELS_PER_ADDRESS": 512,
    "MAX_UNAUTHENTICATED": 256,
    "MAX_FIRST_MESSAGES": 32_768,
    "HANDSHAKE_WORKERS": 1,
    "IDLE_SECONDS": 15 * 60.0,
    "LIFETIME_SECONDS": 60 * 60.0,
    "FAILURE_TICK_SECONDS": 0.05,
    # of this implementation alone
    "MAX_CONNECTIONS": 4_096,
    "SPARE_DESCRIPTORS": 16,
    "BACKLOG": 128,
    "ACCEPTS_AT_ONCE": 32,
    "ACCEPT_PAUSE_SECONDS": 0.2,
    "KEEPALIVE_IDLE_SECONDS": 30,
    "KEEPALIVE_INTERVAL_SECONDS": 10,
    "KEEPALIVE_PROBES": 3,
    "CLOSE_SECONDS": 2.0,
    "READ_SIZE": 65_536,
    "MAX_QUEUED_MESSAGES": 64,
    "MAX_QUEUED_BYTES": 262_144,
    "MAX_AFTER_CLOSE": 4_194_304,
    "POOL_SIZE": 2,
}


def documented_constants() -> dict[str, str]:
    """Every constant of the module and the docstring behind it, in the manner of `NAME = value` and a string."""
    body = ast.parse(inspect.getsource(limits)).body
    found = {}
    for statement, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            found[statement.targets[0].id] = str(following.value.value) if is_text else ""  # type: ignore[union-attr]
    return found


def test_every_limit_has_the_value_of_the_specification() -> None:
    constants = {name: getattr(limits, name) for name in documented_constants() if name != "DEFAULT_LIMITS"}
    assert constants == VALUES


@pytest.mark.parametrize("name", VALUES)
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
