"""The command line of the kit: `app` can be mounted by others, `main` is the console script."""

from framework.contract.cli.commands import app, main

__all__ = ["app", "main"]
