"""The commands of the contract kit, mounted in ours; the kit itself is imported when one of them is asked for."""

from typing import Final

import typer

from app.cli.refusals import refusing_with_a_sentence

_COMMANDS: Final = {
    "check-plugin": "Hold a plugin against its contract.",
    "explain": "Tell what a check of the contract does, and why.",
    "new-plugin": "Write the package of a new plugin.",
}

_AS_THE_KIT_READS_THEM: Final = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


def mount(app: typer.Typer) -> None:
    """Add the kit's commands to `app`; their options and help are the kit's own."""
    for name, purpose in _COMMANDS.items():
        app.command(name, short_help=purpose, add_help_option=False, context_settings=_AS_THE_KIT_READS_THEM)(_run)


@refusing_with_a_sentence
def _run(ctx: typer.Context) -> int:
    from framework.contract.cli import app as kit

    code = kit([ctx.command.name or "", *ctx.args], prog_name="suitecase", standalone_mode=False)
    return code if isinstance(code, int) else 0
