"""The clock of checks that go on for a while: how much they try should not hang on what else the machine does."""

import time

MANY = (1 << 16) + 4
"""Calls after which a counter of 16 bits has come round."""


def working_seconds() -> float:
    """Seconds from some moment on, as this process works; where it waits, be it for a processor, ten times as slow."""
    return 0.9 * time.process_time() + 0.1 * time.monotonic()
