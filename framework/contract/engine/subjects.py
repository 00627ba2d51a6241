"""What the kit knows of each kind of primitive. A kind lays it beside its checks, in `checks/<kind>/subject.py`."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module

from framework.contract.model.check import Check
from framework.contract.model.subject import Subject
from framework.kinds import KINDS, AnyKind

CHECKS = "framework.contract.checks"


@cache
def subjects() -> tuple[Subject, ...]:
    """Give what the kit knows of each kind, in the order of the kinds."""
    return tuple(import_module(f"{CHECKS}.{kind.name.replace('-', '_')}.subject").SUBJECT for kind in KINDS)


def subject_of(kind: AnyKind) -> Subject:
    """Give what the kit knows of a kind."""
    return next(subject for subject in subjects() if subject.kind == kind)


@cache
def prefixes() -> dict[str, tuple[AnyKind, ...]]:
    """Give the first parts of the checks' ids, and the kinds that each is for."""
    return {
        "GEN": tuple(subject.kind for subject in subjects()),
        "CHN": tuple(subject.kind for subject in subjects() if subject.in_suites),
        **{subject.prefix: (subject.kind,) for subject in subjects()},
    }


def kinds_of(check: Check) -> tuple[AnyKind, ...]:
    """Give the kinds of primitive that a check is for."""
    return prefixes()[check.prefix]


def modules() -> Iterator[str]:
    """Give the modules of all checks, in the order in which they run: what is simple first."""
    folders = [("generic", _of_folder("generic")), *((each.package, each.modules) for each in subjects())]
    for folder, names in (*folders, ("channel", _of_folder("channel"))):
        yield from (f"{CHECKS}.{folder}.{name}" for name in names)


def _of_folder(name: str) -> tuple[str, ...]:
    """The modules of a folder of checks that are not for one kind alone."""
    given: tuple[str, ...] = import_module(f"{CHECKS}.{name}").MODULES
    return given
