"""`python -m app`: the command line."""

import sys

from app.cli import app
from app.output import open_standard_streams
from app.refusals import run


def main() -> None:
    """Run the command line; the console script `suitecase` is the same."""
    open_standard_streams()
    sys.exit(run(app))


if __name__ == "__main__":
    main()
