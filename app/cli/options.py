"""The options that commands share. Each is text as it was typed; `app.configuration.settings` makes sense of it."""

from typing import Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand

SuiteOption = Annotated[
    str | None, typer.Option("--suite", metavar="SUITE", help="One that `suites` lists. [default: des3-bg-hmac]")
]
DataDirOption = Annotated[
    str | None,
    typer.Option(
        "--data-dir", metavar="DIR", help="Where the bank keeps ledger and keys. [default: the user's data directory]"
    ),
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-plugin",
        metavar="NAME",
        help="Use this plugin of another distribution: NAME, or DISTRIBUTION:NAME. May be repeated.",
    ),
]
ConfigOption = Annotated[
    str | None,
    typer.Option(
        "--config", metavar="FILE", help="The configuration file, in place of your own (see `suitecase --help`)."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer with JSON objects, one a line.")]
LogJsonOption = Annotated[bool, typer.Option("--log-json", help="Log JSON objects, one a line.")]
ListenOption = Annotated[
    str | None,
    typer.Option("--listen", metavar="HOST:PORT", help="Where to listen; port 0 picks one. [default: 127.0.0.1:0]"),
]
ConnectOption = Annotated[str | None, typer.Option("--connect", metavar="HOST:PORT", help="Where the bank listens.")]
KnownBanksOption = Annotated[
    str | None, typer.Option("--known-banks", metavar="FILE", help="The banks that are known, with their keys.")
]
BankKeyOption = Annotated[
    str | None, typer.Option("--bank-key", metavar="FILE", help="The bank's public key: its bank.pub.")
]
CardOption = Annotated[str | None, typer.Option("--card", metavar="FILE", help="The card.")]


class Command(TyperCommand):
    """A command whose usage line has the metavar of each argument as it stands, without typer's braces around it."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Leave out an argument without a metavar: that of the one before it speaks of both."""
        arguments = [each.metavar for each in self.params if isinstance(each, TyperArgument) and each.metavar]
        return [*super().collect_usage_pieces(ctx)[:1], *arguments]


EXIT_CODES = """\b
Exit codes:
  0  done
  1  the bank refused
  2  an option, a file or a line makes no sense
  3  the channel failed: wrong key, wrong suite, no answer, cut short
  70 suitecase itself failed
"""
