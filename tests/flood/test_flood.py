"""The flood for a few seconds: `python -m tests.flood` is the whole of it."""

import socket
from pathlib import Path

import pytest

from tests.e2e.programs import QUICK_SUITE
from tests.flood.flood import flooded
from tests.flood.plan import Plan

PLAN = Plan(seconds=8.0, silent=120, replayed=24, fresh=10)
"""As much as a bank can stand that has a tenth of a processor, beside other tests."""


@pytest.fixture(autouse=True)
def addresses() -> None:
    """Skip where the loopback has one address alone."""
    with socket.socket() as sock:
        try:
            sock.bind((PLAN.sources[0], 0))
        except OSError:
            pytest.skip(f"this system has no loopback address {PLAN.sources[0]}")


@pytest.mark.parametrize("full_pipe", [False, True], ids=["log in a file", "log in a pipe that nobody reads"])
async def test_honest_atms_are_served_and_the_bank_ends(tmp_path: Path, *, full_pipe: bool) -> None:
    outcome = await flooded(tmp_path, PLAN, suite=QUICK_SUITE, full_pipe=full_pipe)
    assert outcome.faults == [], "\n".join(outcome.lines())
    assert all(len(atm.seconds) >= 2 for atm in outcome.atms)
