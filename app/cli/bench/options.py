"""The options that benchmarks share."""

from typing import Annotated

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a figure on standard output.")]
RunsOption = Annotated[
    int, typer.Option("--runs", metavar="N", min=1, help="How often each figure is measured; the median counts.")
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option("--allow-plugin", metavar="NAME", help="Use this plugin of another distribution."),
]
