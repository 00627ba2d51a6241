"""`suitecase` without a command."""

import typer

from app.cli.demo.child import bank_child
from app.cli.preparation import settings_of, suite_of


def run_main_job(ctx: typer.Context) -> int:
    """Start a bank, and be its ATM; gives the exit code. Raises UserError."""
    settings = settings_of(ctx)
    suite = suite_of(settings)
    with bank_child(suite, settings) as child:
        from app.cli.demo.atm import converse  # only now: the bank starts meanwhile, on the other core

        return converse(child, suite, settings, as_json=ctx.obj["as_json"])
