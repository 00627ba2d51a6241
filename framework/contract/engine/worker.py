"""The process in which checks run: one line of JSON in, a check to run; one line out, its outcome.

What a plugin prints goes to standard error, so that it cannot be taken for an outcome.
"""

import json
import os
import sys
from importlib.metadata import EntryPoint

from framework.contract.engine.child import answers
from framework.contract.engine.collection import check_of
from framework.contract.engine.runner import CHECK_SECONDS, run_check
from framework.contract.model.target import Target
from framework.contract.model.trial import Effort, Session
from framework.registry import Registry, load_registry
from framework.registry.discovery import ENTRY_POINT_GROUP, discover


def main() -> None:
    """Serve until standard input ends."""
    back = answers()
    request = json.loads(sys.argv[1])
    target = Target.from_json(request["target"])
    session = Session.begin(target, request["seed"], Effort[request["effort"]], partners(request["partners"]))
    print("ready", file=back, flush=True)
    for line in sys.stdin:
        outcome = run_check(check_of(line.strip()), session, request.get("seconds", CHECK_SECONDS) * 2)
        try:
            print(json.dumps(outcome.to_dict()), file=back, flush=True)
        except BrokenPipeError:
            os._exit(1)  # who asked has been ended meanwhile, as a check that was too slow is: no fault to show


def partners(more: list[str]) -> Registry:
    """Give the primitives that the plugin meets in a channel: the built-in ones, and those of the plugins named."""
    built_in = [plugin.point for plugin in discover().plugins if plugin.built_in]
    extra = [EntryPoint(f"partner{index}", value, ENTRY_POINT_GROUP) for index, value in enumerate(more)]
    return load_registry(allow=[point.name for point in extra], installed=[*built_in, *extra])


if __name__ == "__main__":
    main()
