"""The options that commands share. Each is text as it was typed; `app.configuration.settings` makes sense of it."""

from difflib import get_close_matches
from itertools import takewhile
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from app.system.output import write_out


def _show_version(wanted: bool) -> None:
    if wanted:
        from framework import discover  # takes its time

        ours = [plugin.version for plugin in discover().plugins if plugin.built_in]
        write_out(f"suitecase {ours[0] if ours else 'of unknown version'}\n")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
]
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
    """A command whose usage line is what its `options_metavar` says, for arguments that depend on each other."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Leave the arguments out."""
        return super().collect_usage_pieces(ctx)[:1]


class AtmCommand(Command):
    """A command whose arguments may begin with `-`, as a negative amount does, and whose options are still checked."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse a word that begins with `--` and is no option; the parser would take it for an argument."""
        options = {name: option for option in self.get_params(ctx) for name in option.opts if name.startswith("--")}
        words = takewhile("--".__ne__, args)
        for word in words:
            name, is_whole, _ = word.partition("=")
            if name in options:
                if not is_whole and not getattr(options[name], "is_flag", False):
                    next(words, None)  # its value
            elif name.startswith("--"):
                near = get_close_matches(name, options, n=1)
                ctx.fail(f"No such option: {name}{f' (Possible options: {near[0]})' if near else ''}")
        return super().parse_args(ctx, args)


EXAMPLES = """\b
Examples:
  suitecase
  suitecase --suite des3-bg-hmac --data-dir /tmp/bank
  printf 'DEPOS 50\\nCHECK\\n' | suitecase --json
"""
EXIT_CODES = """\b
Exit codes:
  0  done
  1  the bank refused
  2  an option, a file or a line makes no sense
  3  the channel failed: wrong key, wrong suite, no answer, cut short
  70 suitecase itself failed
"""
ENVIRONMENT = """\b
Each option of a bank or an ATM may also stand in the environment, as
SUITECASE_SUITE for --suite, and all of them but --config, --json and --quiet
in a configuration file, as suite = "des3-bg-hmac". Options win over the
environment, and the environment over the file. Without --config that is
suitecase.toml in the user's configuration directory (~/.config/suitecase on
Linux). One in the current directory may set suite, listen and log_json alone.
"""
