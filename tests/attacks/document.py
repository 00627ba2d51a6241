"""The list of attacks as a page of the documentation: docs/attacks.md."""

import inspect
from pathlib import Path

from tests.attacks.attack import Attack, Elsewhere
from tests.attacks.catalogue import ENTRIES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "attacks.md"

INTRODUCTION = """\
# Attacks

<!-- Made by `python -m tests.attacks --document`, from the attacks themselves. -->

Each attack is run against a real bank, over real sockets, with an attacker on the network between it and its clients.
Meanwhile a bystander talks to the bank, who must notice nothing. At the end the ledger must add up. Sections are those
of [PROTOCOL.md](../PROTOCOL.md).

```sh
python -m tests.attacks            # run all of them; the exit code is 1 if one is not withstood
python -m tests.attacks 7 26       # run some
python -m tests.attacks 7 --steps  # and show what the attacker, the bank and the client do
```
"""


def page() -> str:
    """The whole page."""
    numbers = [entry.number for entry in ENTRIES]
    runs = [entry for entry in ENTRIES if isinstance(entry, Attack)]
    elsewhere = [entry for entry in ENTRIES if isinstance(entry, Elsewhere)]
    cases = sum(len(attack.cases) for attack in runs)
    return "\n".join(
        [
            INTRODUCTION,
            f"Of the numbers {numbers[0]} to {numbers[-1]}, {len(runs)} are attacks that are run, in {cases} cases.",
            "",
            "| attack | § | the attacker | a correct system | cases |",
            "|---|---|---|---|---|",
            *map(_row, runs),
            "",
            "The other numbers are these.",
            "",
            "| attack | why it is not run here | covered by |",
            "|---|---|---|",
            *map(_row_elsewhere, elsewhere),
            "",
        ]
    )


def _row(attack: Attack) -> str:
    path = Path(inspect.getfile(attack.cases[0].play)).relative_to(ROOT)
    cases = f"[{len(attack.cases)}](../{path.as_posix()})"
    sections = attack.sections.replace(", ", " ") or "—"
    return f"| {attack.number} {attack.title} | {sections} | {attack.does} | {attack.shows} | {cases} |"


def _row_elsewhere(entry: Elsewhere) -> str:
    where = ", ".join(f"[{Path(path).name}](../{path})" for path in entry.where) or "nothing"
    return f"| {entry.number} {entry.title} | {entry.why} | {where} |"
