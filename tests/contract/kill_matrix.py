"""Writes docs/kill-matrix.md: which check finds which broken plugin. It takes some minutes.

python -m tests.contract.kill_matrix            every check against every broken plugin
python -m tests.contract.kill_matrix --named    only what each plugin names, as test_zoo.py runs it each time
"""

import sys
from collections import Counter
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from framework.contract.engine.collection import catalogue, check_of, checks_for
from framework.contract.engine.runner import run_check
from framework.contract.model.outcome import Verdict
from framework.contract.model.trial import Effort, Session
from framework.registry import ENTRY_POINT_GROUP, Registry, load_registry
from tests.zoo.species import ROOT, Exhibit, exhibits

PLACE = ROOT / "docs" / "kill-matrix.md"
SECONDS = 10.0
HANG_SECONDS = 2.0

FULL = "The checks that start processes are tried only on the plugins that name them."
NAMED = "Only the checks that a plugin names are shown: those that `tests/contract/test_zoo.py` holds it to."

Row = tuple[Exhibit, list[str]]


def partners() -> Registry:
    points = [point for point in entry_points(group=ENTRY_POINT_GROUP) if point.name == "hmac_sha256"]
    peers = EntryPoint("peers", "tests.support.peers", ENTRY_POINT_GROUP)
    return load_registry(allow=["peers"], installed=[*points, peers])


def killers(exhibit: Exhibit, registry: Registry) -> list[str]:
    """The checks that find this one; those that start processes are tried only where it names them."""
    target = exhibit.target()
    found = []
    seconds = HANG_SECONDS if exhibit.specimen.hangs else SECONDS
    session = Session.begin(target, "zoo", Effort.QUICK, registry)
    for check in checks_for(target.kind):
        if check.processes and check.id not in exhibit.specimen.found_by:
            continue
        if run_check(check, session, seconds).verdict is Verdict.FAILED:
            found.append(check.id)
    return found


def page(rows: list[Row], *, named: bool) -> str:
    """The page in Markdown."""
    kinds = Counter(exhibit.specimen.kind.words for exhibit, _ in rows)
    killed = Counter(exhibit.specimen.kind.words for exhibit, found in rows if found)
    layers: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    for _, found in rows:
        seen = {check_of(check_id).layer.value for check_id in found}
        layers.update(seen)
        if len(seen) == 1:
            alone.update(seen)
    by_check = Counter(check_id for _, found in rows for check_id in found)
    lines = [
        "# The kill matrix",
        "",
        "Written by `python -m tests.contract.kill_matrix`: the broken plugins of `tests/zoo`, and the checks that",
        f"find them at the lowest effort. {NAMED if named else FULL}",
        "",
        "| kind | broken plugins | found |",
        "|---|---|---|",
        *(f"| {kind} | {count} | {killed[kind]} |" for kind, count in sorted(kinds.items())),
        f"| all | {len(rows)} | {sum(killed.values())} |",
        "",
        "| layer | finds | finds alone |",
        "|---|---|---|",
        *(f"| {layer} | {count} | {alone[layer]} |" for layer, count in sorted(layers.items())),
        "",
        "| check | finds | what must hold |",
        "|---|---|---|",
        *(f"| {found.id} | {by_check[found.id]} | {found.title} |" for found in catalogue().values()),
        "",
        "| broken plugin | its flaw | found by |",
        "|---|---|---|",
        *(f"| {exhibit.name} | {exhibit.flaw} | {', '.join(found)} |" for exhibit, found in rows),
        "",
    ]
    return "\n".join(lines)


def main(place: Path = PLACE) -> None:
    registry, named = partners(), "--named" in sys.argv
    rows = [(each, list(each.specimen.found_by) if named else killers(each, registry)) for each in exhibits()]
    place.write_text(page(rows, named=named), "utf-8")


if __name__ == "__main__":
    main()
