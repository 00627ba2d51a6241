"""The kinds of primitive that the kit has checks for, in the order in which they are listed."""

from collections.abc import Mapping
from types import MappingProxyType

from framework.contract.checks.aead.subject import SUBJECT as AEAD
from framework.contract.checks.bulk_cipher.subject import SUBJECT as BULK_CIPHER
from framework.contract.checks.key_exchange.subject import SUBJECT as KEY_EXCHANGE
from framework.contract.checks.mac.subject import SUBJECT as MAC
from framework.contract.model.check import Check
from framework.contract.model.subject import Subject
from framework.kinds import AnyKind

GENERIC = ("metadata", "steady", "arguments", "secrecy", "copies", "remembers", "surroundings", "threads")

SUBJECTS: tuple[Subject, ...] = (KEY_EXCHANGE, BULK_CIPHER, MAC, AEAD)

PREFIXES: Mapping[str, tuple[AnyKind, ...]] = MappingProxyType(
    {
        "GEN": tuple(subject.kind for subject in SUBJECTS),
        "CHN": tuple(subject.kind for subject in SUBJECTS if subject.in_suites),
        **{subject.prefix: (subject.kind,) for subject in SUBJECTS},
    }
)
"""The first part of a check's id says what it is for."""

MODULES = (
    *(f"generic.{name}" for name in GENERIC),
    *(f"{subject.package}.{name}" for subject in SUBJECTS for name in subject.modules),
    "channel.suites",
)
"""Where the checks are, in the order in which they run: what is simple first."""


def kinds_of(check: Check) -> tuple[AnyKind, ...]:
    """Give the kinds of primitive that a check is for."""
    return PREFIXES[check.prefix]


def subject_of(kind: AnyKind) -> Subject:
    """Give what the kit knows of a kind."""
    return next(subject for subject in SUBJECTS if subject.kind == kind)
