"""Flood a bank on this machine, and see whether honest ATMs are served.

    python -m tests.flood [--seconds 60] [--silent 300] [--replayed 60] [--fresh 40] [--cardless 0] [--suite SUITE] …

The numbers are of new connections a second, from 16 addresses of the loopback together (127.0.0.100 and on, which Linux
has by itself). One ATM has an address of its own, another shares one with the flood. Ends with 1 where
an ATM waits for longer than two seconds, or the bank grows, logs or lives on too much.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.flood.attacker import add_plan
from tests.flood.flood import flooded
from tests.flood.plan import Plan


def main() -> int:
    """Run it, and say what came of it."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.flood", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--suite", default="des3-bg-hmac")
    parser.add_argument("--full-pipe", action="store_true", help="let the bank's log go to a pipe that nobody reads")
    parser.add_argument("--descriptors", type=int, help="the bank's hard limit of file descriptors")
    add_plan(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flood-") as folder:
        outcome = asyncio.run(
            flooded(
                Path(folder),
                Plan.from_options(options),
                suite=options.suite,
                full_pipe=options.full_pipe,
                descriptors=options.descriptors,
            )
        )
    sys.stdout.write("\n".join(outcome.lines()) + "\n")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
