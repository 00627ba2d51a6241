"""All checks, by their ids."""

from functools import cache
from importlib import import_module
from types import MappingProxyType

from framework.contract.model.check import PREFIXES, Check
from framework.errors import ConfigurationError
from framework.kinds import AnyKind

MODULES = (
    "generic.metadata",
    "generic.steady",
    "generic.arguments",
    "generic.secrecy",
    "generic.copies",
    "generic.remembers",
    "generic.surroundings",
    "generic.threads",
    "mac.tags",
    "mac.messages",
    "mac.long_use",
    "mac.keys",
    "mac.comparison",
    "mac.constructions",
    "mac.answers",
    "bulk_cipher.stream",
    "bulk_cipher.continuity",
    "bulk_cipher.mode",
    "bulk_cipher.keystream",
    "bulk_cipher.long_use",
    "bulk_cipher.keys",
    "bulk_cipher.structured_keys",
    "bulk_cipher.counter",
    "bulk_cipher.answers",
    "key_exchange.exchange",
    "key_exchange.randomness",
    "key_exchange.shapes",
    "key_exchange.ciphertexts",
    "key_exchange.comparison",
    "key_exchange.keys",
    "key_exchange.points",
    "key_exchange.private_keys",
    "key_exchange.answers",
    "aead.sealing",
    "aead.tampering",
    "aead.keys",
    "aead.contexts",
    "aead.coverage",
    "aead.tags",
    "aead.claims",
    "aead.long_use",
    "aead.answers",
    "channel.suites",
)
"""Where the checks are, in the order in which they run: what is simple first."""


@cache
def catalogue() -> MappingProxyType[str, Check]:
    """Give every check by its id. Ids are never used again for something else."""
    found: dict[str, Check] = {}
    for module in MODULES:
        for value in vars(import_module(f"framework.contract.checks.{module}")).values():
            if not isinstance(value, Check):
                continue
            if found.setdefault(value.id, value) is not value:
                raise ConfigurationError(f"two checks have the id {value.id}")
    return MappingProxyType(found)


def checks_for(kind: AnyKind) -> tuple[Check, ...]:
    """Give the checks of a kind, in order."""
    return tuple(check for check in catalogue().values() if kind in check.kinds)


def check_of(check_id: str) -> Check:
    """Give the check of this id. Raises ConfigurationError, naming the ids that begin alike."""
    found = catalogue().get(check_id.upper())
    if found is None:
        begun = check_id.upper().partition("-")[0]
        alike = [each for each in by_id() if each.partition("-")[0] == begun]
        known = f"those of {begun} are {', '.join(alike)}" if alike else f"they begin with {', '.join(PREFIXES)}"
        raise ConfigurationError(f"there is no check {check_id!r}: {known}; `suitecase-contract explain all` lists all")
    return found


def by_id() -> dict[str, Check]:
    """Give every check as a person looks for it: by kind, and then by number."""
    kinds = list(PREFIXES)
    return dict(sorted(catalogue().items(), key=lambda item: (kinds.index(item[0].partition("-")[0]), item[0])))
