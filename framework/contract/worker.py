"""The process in which checks run: one line of JSON in, a check to run; one line out, its outcome.

What a plugin prints goes to standard error, so that it cannot be taken for an outcome.
"""

import json
import os
import sys

from framework.contract.catalogue import check_of
from framework.contract.runner import CHECK_SECONDS, run_check
from framework.contract.target import Target
from framework.contract.trial import Effort, Session
from framework.registry import ENTRY_POINT_GROUP, Registry, load_registry


def main() -> None:
    """Serve until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    request = json.loads(sys.argv[1])
    target = Target.from_json(request["target"])
    session = Session.begin(target, request["seed"], Effort[request["effort"]], partners(request["partners"]))
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        outcome = run_check(check_of(line.strip()), session, request.get("seconds", CHECK_SECONDS) * 2)
        try:
            print(json.dumps(outcome.to_dict()), file=answers, flush=True)
        except BrokenPipeError:
            os._exit(1)  # who asked has been ended meanwhile, as a check that was too slow is: no fault to show


def partners(more: list[str]) -> Registry:
    """Give the primitives that the plugin meets in a channel: the built-in ones, and those of the plugins named."""
    from importlib.metadata import EntryPoint, entry_points

    points = [*entry_points(group=ENTRY_POINT_GROUP)]
    extra = [EntryPoint(f"partner{index}", value, ENTRY_POINT_GROUP) for index, value in enumerate(more)]
    return load_registry(allow=[point.name for point in [*points, *extra]], installed=[*points, *extra])


if __name__ == "__main__":
    main()
