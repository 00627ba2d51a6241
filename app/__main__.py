"""`python -m app`: the command line."""

import sys

_INTERRUPTED = 128 + 2
"""The exit code that a shell gives to what SIGINT has ended."""


def main() -> None:
    """Run the command line; the console script `suitecase` is the same."""
    try:
        from app.signals import end_at_once

        end_at_once()
    except KeyboardInterrupt:  # the one import that Ctrl-C can cut short
        sys.exit(_INTERRUPTED)
    from app.cli import app  # only now: it takes its time
    from app.output import open_standard_streams
    from app.refusals import run

    open_standard_streams()
    sys.exit(run(app))


if __name__ == "__main__":
    main()
