"""Run attacks without a test runner: `python -m tests.attacks [number …] [--steps]`."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.attacks.attack import Attack, Case, NoSuchAddressError, Step, unobserved
from tests.attacks.catalogue import ATTACKS
from tests.attacks.document import PAGE, page
from tests.attacks.stage import Props, temporary_stage


def main(arguments: list[str]) -> int:
    """Give the exit code: 0 if all were withstood, 1 if one was not, 2 for arguments that cannot be."""
    parser = argparse.ArgumentParser(prog="python -m tests.attacks", description=__doc__)
    parser.add_argument("numbers", nargs="*", type=int, metavar="number", help="an attack; without any, all of them")
    parser.add_argument("--steps", action="store_true", help="show what the attacker, the bank and the client do")
    parser.add_argument("--document", action="store_true", help="write docs/attacks.md, and run nothing")
    options = parser.parse_args(arguments)
    if options.document:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if unknown := set(options.numbers) - {attack.number for attack in ATTACKS}:
        numbers = ", ".join(map(str, sorted(unknown)))
        parser.error(f"there is no attack {numbers} that can be run; docs/attacks.md has the list")
    chosen = [attack for attack in ATTACKS if not options.numbers or attack.number in options.numbers]
    props = Props()
    with kept_from_the_log():
        withstood = [asyncio.run(run(attack, props, steps=options.steps)) for attack in chosen]
    print(f"{sum(withstood)} of {len(chosen)} attacks were withstood.")
    return 0 if all(withstood) else 1


@contextmanager
def kept_from_the_log() -> Iterator[None]:
    """What the channels log is told as a step, and not on standard error too."""
    ours = logging.getLogger("suitecase")
    before, ours.propagate = ours.propagate, False
    try:
        yield
    finally:
        ours.propagate = before


async def run(attack: Attack, props: Props, *, steps: bool) -> bool:
    """Run every case of an attack, print a line for each that was not withstood, and one for all."""
    print(f"{attack.number} {attack.title}: the attacker {attack.does}.")
    lines = [await told(case, props, steps=steps) for case in attack.cases]
    failed = [line for line in lines if line]
    for line in failed:
        print(f"   {line}")
    print(f"   {len(lines) - len(failed)} of {len(lines)} cases were withstood. {attack.shows}")
    return not failed


async def told(case: Case, props: Props, *, steps: bool) -> str:
    """Run a case; a line if it was not withstood, and an empty one if it was."""
    if steps:
        print(f" - {case.name}", *case.about.splitlines()[:1], sep="\n   ")
    async with temporary_stage(props, show if steps else unobserved) as stage:
        try:
            verdict = await case.run(stage)
        except NoSuchAddressError as missing:
            return f"{case.name} cannot be run: {missing}"
        except Exception as error:  # noqa: BLE001 - a defect of the system under attack is a result
            return f"{case.name} ended with {type(error).__name__}: {error}"
    if steps:
        print(f"     = {verdict}")
    return "" if verdict.as_expected else f"{case.name}: {verdict}"


def show(step: Step) -> None:
    """Print one step."""
    print(f"     {step.who} {step.does}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
