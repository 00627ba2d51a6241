"""`python -m app`: the command line."""

import sys

from app.signals import end_at_once


def main() -> None:
    """Run the command line; the console script `suitecase` is the same."""
    end_at_once()
    from app.cli import app  # only now: it takes its time
    from app.output import open_standard_streams
    from app.refusals import run

    open_standard_streams()
    sys.exit(run(app))


if __name__ == "__main__":
    main()
