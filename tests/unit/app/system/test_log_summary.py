"""A line that repeats itself is written a few times, and then counted: a flood makes a small log."""

import logging
import sys
from types import TracebackType

from app.system.log_summary import BURST, MAX_KINDS, WINDOW_SECONDS, Summary, kind_of
from framework.events import FailureReason

Raised = tuple[type[BaseException], BaseException, TracebackType | None]


def record(
    message: str, *args: object, name: str = "suitecase.channel", error: Raised | None = None
) -> logging.LogRecord:
    return logging.LogRecord(name, logging.INFO, __file__, 1, message, args, error)


def offer(summary: Summary, each: logging.LogRecord, now: float) -> bool:
    return summary.admits(kind_of(each), each, now)


def refused(port: int, reason: FailureReason = FailureReason.LIMIT) -> logging.LogRecord:
    return record("channel with %s failed: %s (%s)", f"192.0.2.1:{port}", reason, f"no place for {port}")


def test_a_day_of_refused_connections_is_a_few_thousand_lines() -> None:
    summary, seconds, rate = Summary(), 3600, 20
    written = summed_up = counted = 0
    for tick in range(seconds * rate):
        now = tick / rate
        for said in summary.take(now):
            summed_up += 1
            counted += said.__dict__["repeated"]
        written += offer(summary, refused(tick % 60_000), now)
    counted += sum(said.__dict__["repeated"] for said in summary.take(seconds, all_of_them=True))
    assert written == BURST
    assert summed_up <= seconds / WINDOW_SECONDS
    assert written + counted == seconds * rate


def test_reasons_and_errors_are_kinds_of_their_own_and_peers_are_not() -> None:
    def raised(error: Exception) -> Raised:
        try:
            raise error
        except Exception:  # noqa: BLE001 - what is raised is any
            kind, value, traceback = sys.exc_info()
            assert kind is not None
            assert value is not None
            return kind, value, traceback

    alike = {kind_of(refused(1)), kind_of(refused(2)), kind_of(refused(3))}
    assert len(alike) == 1
    apart = [
        refused(1),
        refused(1, FailureReason.TIMEOUT),
        record("session ended"),
        record("session ended", name="other"),
        record("failed", error=raised(ValueError())),
        record("failed", error=raised(KeyError())),
    ]
    assert len({kind_of(each) for each in apart}) == len(apart)


def test_text_that_was_put_together_before_is_one_kind_all_the_same() -> None:
    kinds = {kind_of(record(f"Task {0x7F00 + at:#x} failed on port {at}\nfuture: <{at}>")) for at in range(50)}
    assert len(kinds) == 1


def test_kinds_without_end_take_bounded_room_and_are_summed_up_by_logger() -> None:
    summary = Summary()
    words = [f"{chr(97 + at % 26)}{chr(97 + at // 26 % 26)}{chr(97 + at // 676 % 26)}" for at in range(4 * MAX_KINDS)]
    written = sum(offer(summary, record(word), 0.0) for word in words)
    assert written == MAX_KINDS + BURST
    (said,) = summary.take(WINDOW_SECONDS)
    assert said.__dict__["repeated"] == 3 * MAX_KINDS - BURST


def test_a_calm_window_lets_lines_through_again() -> None:
    summary = Summary()
    for _ in range(3 * BURST):
        offer(summary, refused(1), 0.0)
    assert [said.__dict__["repeated"] for said in summary.take(WINDOW_SECONDS)] == [2 * BURST]
    assert not offer(summary, refused(2), WINDOW_SECONDS + 1)  # it went on
    assert [said.__dict__["repeated"] for said in summary.take(2 * WINDOW_SECONDS)] == [1]
    assert offer(summary, refused(3), 2 * WINDOW_SECONDS + 1)


def test_a_summary_says_the_last_of_them_how_many_and_in_how_long() -> None:
    summary = Summary()
    for port in range(BURST + 5):
        offer(summary, refused(port), 0.0)
    assert summary.due(10.0) == WINDOW_SECONDS - 10.0
    (said,) = summary.take(WINDOW_SECONDS)
    assert said.getMessage().startswith(f"channel with 192.0.2.1:{BURST + 4} failed: limit")
    assert (said.__dict__["repeated"], said.__dict__["seconds"]) == (5, WINDOW_SECONDS)
