"""The commands `check-plugin`, `explain` and `new-plugin`: `app` is a typer application that others can mount."""

import shlex
import sys
from contextlib import nullcontext, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from framework.contract.cli.ending import (
    FLAW,
    GREEN,
    INTERNAL,
    ending_in_order,
    refuse_useless,
    run,
    write,
    write_report,
)
from framework.contract.cli.template import write_plugin
from framework.contract.engine.collection import by_id, check_of, checks_for
from framework.contract.engine.finding import targets
from framework.contract.engine.run import DEFAULT_SEED, run_target
from framework.contract.engine.subjects import kinds_of
from framework.contract.engine.waiver import Waiver, load_waivers
from framework.contract.model.check import Check
from framework.contract.model.outcome import Outcome, Verdict
from framework.contract.model.report import Report
from framework.contract.model.target import Target
from framework.contract.model.trial import Effort
from framework.contract.report import render
from framework.contract.report.escape import line
from framework.contract.report.grouping import may_follow, root_of, tell_the_same, unwritten
from framework.errors import ConfigurationError
from framework.kinds import KINDS, kind_of

app = typer.Typer(
    name="suitecase-contract",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
)


class Form(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    BADGE = "badge"


@app.command("check-plugin")
@ending_in_order
def check_plugin(
    name: Annotated[str, typer.Argument(metavar="NAME", hidden=True)],
    *,
    only: Annotated[
        list[str] | None, typer.Option(metavar="CHECK", help="Run this check alone; may be repeated.")
    ] = None,
    seed: Annotated[str, typer.Option(metavar="SEED", help="What the inputs are made of.")] = DEFAULT_SEED,
    deep: Annotated[bool, typer.Option("--deep", help="Forty times the effort.")] = False,
    form: Annotated[
        Form, typer.Option("--format", metavar="text|json|junit|badge", help="How to write the report.")
    ] = Form.TEXT,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report to this file.")] = None,
    vectors: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Known answers, if not beside the plugin.")
    ] = None,
    oracle: Annotated[
        str, typer.Option(metavar="MODULE:FUNCTION", help="A function that computes the same by other means.")
    ] = "",
    waivers: Annotated[Path | None, typer.Option(metavar="FILE", help="A TOML file of waivers.")] = None,
) -> int:
    """Hold a plugin against its contract and say what is wrong, why it matters and how to see it again.

    NAME is a plugin, PLUGIN/PRIMITIVE for one primitive of it, or a primitive of a built-in plugin. It is loaded in a
    process of its own, allowed or not, and no other one with it.

    Exit codes: 0 no flaw was found, 1 the plugin is not green, 2 the command makes no sense here or the report cannot
    be written, 70 the kit or an oracle failed, 130 interrupted.
    """
    if output:
        refuse_useless(output)
    given = load_waivers(waivers) if waivers else ()
    if oracle:
        _look_here()
    found = targets(name, vectors=str(vectors.resolve()) if vectors else "", oracle=oracle)
    effort = Effort.DEEP if deep else Effort.NORMAL
    console = Console(stderr=True)
    reports = [_run(target, seed, effort, only or [], given, console) for target in found]
    written = _written(reports, form) + "\n"
    if output:
        try:
            write_report(output, written)
        except ConfigurationError:
            write(written)  # it has taken minutes
            raise
    else:
        write(written)
    if all(report.green for report in reports):
        return GREEN
    unknown = any(report.counts[Verdict.ERROR] for report in reports)
    return INTERNAL if unknown and not any(report.counts[Verdict.FAILED] for report in reports) else FLAW


def _look_here() -> None:
    """Find an author's own module where the command is given, before all others, unless it would hide ours."""
    here = Path.cwd()
    hides = any((here / name).exists() for name in ("framework", "framework.py", "plugins", "plugins.py"))
    sys.path.insert(len(sys.path) if hides else 0, str(here))


def _run(
    target: Target, seed: str, effort: Effort, only: list[str], waivers: tuple[Waiver, ...], console: Console
) -> Report:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    progress = Progress(*columns, console=console, transient=True)
    task = progress.add_task(target.name, total=len(only) or len(checks_for(target.kind)))
    told: list[Outcome] = []

    def tell(check: Check, outcome: Outcome | None) -> None:
        if outcome is None:
            progress.update(task, description=f"{target.name} {check.id} {check.title}")
        else:
            progress.advance(task)
            if outcome.verdict in (Verdict.FAILED, Verdict.ERROR):
                follows = root_of(told) is not None and may_follow(outcome)
                if not follows and not any(tell_the_same(before, outcome) for before in told):
                    with suppress(OSError):  # the report tells it again
                        console.print(_in_short(outcome), style="red", markup=False, soft_wrap=True)
                told.append(outcome)

    with progress if console.is_terminal else nullcontext():
        return run_target(target, seed=seed, effort=effort, only=only, waivers=waivers, tell=tell)


def _in_short(outcome: Outcome) -> str:
    missing = unwritten(outcome.finding) if outcome.finding else ""
    return line(f"{outcome.check} {outcome.verdict}{missing and f': {missing}'}")


def _written(reports: list[Report], form: Form) -> str:
    if form is Form.JSON:
        return render.as_json(reports)
    if form is Form.JUNIT:
        return render.as_junit(reports)
    return "\n\n".join(map(render.badge if form is Form.BADGE else render.text, reports))


@app.command()
@ending_in_order
def explain(check_id: Annotated[str, typer.Argument(metavar="CHECK", hidden=True)]) -> int:
    """Tell what a check does, why, and where its flaw has been seen.

    CHECK is its name, such as MAC-04; `all` lists them.
    """
    if check_id == "all":
        write("".join(f"{check.id:<8} {check.title}\n" for check in by_id().values()))
        return GREEN
    found = check_of(check_id)
    waiver = "no waiver: it is about forgery or secrecy" if found.forbids_waiver else "may be waived, with a reason"
    write(
        f"{found.id}  {found.title}\n\n"
        f"what it does  {found.how}\n"
        f"why           {found.why}\n"
        f"seen before   {found.precedent}\n"
        f"flaw classes  {'; '.join(found.flaws)}\n"
        f"layer         {found.layer}, for {', '.join(map(str, kinds_of(found)))}\n"
        f"waiver        {waiver}\n"
    )
    return GREEN


if TYPE_CHECKING:
    KindName = str  # a member of a StrEnum is one
else:
    KindName = StrEnum("KindName", {kind.name: kind.name for kind in KINDS})  # of which typer lists the values


@app.command("new-plugin")
@ending_in_order
def new_plugin(
    name: Annotated[str, typer.Argument(metavar="NAME", hidden=True)],
    *,
    kind: Annotated[KindName, typer.Option(metavar="|".join(kind.name for kind in KINDS), help="What it is.")],
    directory: Annotated[Path, typer.Option(metavar="DIR", help="Where to put the package.")] = Path(),
) -> int:
    """Write a package for a plugin: it installs, is found, and fails where there is work to do.

    NAME is the primitive's name in a suite: lower-case letters and digits.
    """
    folder = write_plugin(name, kind_of(kind), directory)
    install = f"pip install --editable {shlex.quote(f'{folder.absolute()}[test]')}"
    write(f"{line(str(folder))}\n\nNext:\n  {line(install)}\n  suitecase-contract check-plugin {name}\n")
    return GREEN


def main() -> None:
    """The console script of the kit."""
    run(app)
