"""`python -m app`: the command line."""

from app.cli import app


def main() -> None:
    """Run the command line; the console script `suitecase` is the same."""
    app(prog_name="suitecase")


if __name__ == "__main__":
    main()
