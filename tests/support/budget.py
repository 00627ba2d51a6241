"""How many examples a property is tried with: few by default, many when SUITECASE_DEEP=1 is set."""

import os

from hypothesis import HealthCheck, settings

DEEP = os.environ.get("SUITECASE_DEEP") == "1"

_DEEP_FACTOR = 20


def examples(count: int, steps: int = 50) -> settings:
    """Settings for `count` examples (of at most `steps` steps), or twenty times as many in a deep run.

    No example has a deadline: the machine may be busy.
    """
    return settings(
        max_examples=count * _DEEP_FACTOR if DEEP else count,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
