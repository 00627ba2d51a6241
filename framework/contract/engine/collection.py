"""All checks, by their ids."""

from functools import cache
from importlib import import_module
from types import MappingProxyType

from framework.contract.engine.subjects import kinds_of, modules, prefixes
from framework.contract.model.check import Check
from framework.errors import ConfigurationError
from framework.kinds import AnyKind


@cache
def catalogue() -> MappingProxyType[str, Check]:
    """Give every check by its id. Ids are never used again for something else."""
    found: dict[str, Check] = {}
    for module in modules():
        for value in vars(import_module(module)).values():
            if not isinstance(value, Check):
                continue
            if found.setdefault(value.id, value) is not value:
                raise ConfigurationError(f"two checks have the id {value.id}")
    return MappingProxyType(found)


def checks_for(kind: AnyKind) -> tuple[Check, ...]:
    """Give the checks of a kind, in order."""
    return tuple(check for check in catalogue().values() if kind in kinds_of(check))


def check_of(check_id: str) -> Check:
    """Give the check of this id. Raises ConfigurationError, naming the ids that begin alike."""
    found = catalogue().get(check_id.upper())
    if found is None:
        begun = check_id.upper().partition("-")[0]
        alike = [each for each in by_id() if each.partition("-")[0] == begun]
        known = f"those of {begun} are {', '.join(alike)}" if alike else f"they begin with {', '.join(prefixes())}"
        raise ConfigurationError(f"there is no check {check_id!r}: {known}; `suitecase-contract explain all` lists all")
    return found


def by_id() -> dict[str, Check]:
    """Give every check as a person looks for it: by kind, and then by number."""
    kinds = list(prefixes())
    return dict(sorted(catalogue().items(), key=lambda item: (kinds.index(item[1].prefix), item[0])))
