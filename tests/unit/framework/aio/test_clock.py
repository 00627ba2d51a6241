"""The clock of a channel: the wall clock of the beginning, and the monotonic time since (PROTOCOL §6.6)."""

import time

import pytest

from framework.aio.clock import ChannelClock


def test_it_begins_with_the_wall_clock() -> None:
    assert abs(ChannelClock().now() - time.time() * 1000) < 1000
    assert type(ChannelClock().now()) is int


def test_setting_the_wall_clock_in_mid_session_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monotonic = [500.0]
    wall = [1_800_000_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: monotonic[0])
    clock = ChannelClock(lambda: wall[0])
    assert clock.now() == 1_800_000_000_000
    wall[0] += 3600
    monotonic[0] += 1.25
    assert clock.now() == 1_800_000_001_250
    wall[0] -= 7200
    assert clock.now() == 1_800_000_001_250
    assert ChannelClock(lambda: wall[0]).now() == 1_799_996_400_000, "a new channel takes the new time"


def test_it_never_goes_back() -> None:
    clock = ChannelClock()
    times = [clock.now() for _ in range(1000)]
    assert times == sorted(times)
