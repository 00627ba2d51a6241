"""What `new-plugin` writes: a package that installs and is found, with the work left to its author."""

import re
from enum import StrEnum
from importlib.metadata import entry_points
from pathlib import Path
from string import Template as Text

from framework.contract.target import targets
from framework.errors import ConfigurationError
from framework.registry import ENTRY_POINT_GROUP

SKELETONS = Path(__file__).with_name("skeletons")


class Template(StrEnum):
    """The kinds, as they are written on a command line."""

    KEY_EXCHANGE = "key-exchange"
    BULK_CIPHER = "bulk-cipher"
    MAC = "mac"
    AEAD = "aead"


def write_plugin(name: str, kind: Template, directory: Path) -> Path:
    """Write the package `suitecase-<name>` below `directory` and give its folder.

    Raises ConfigurationError for a name that no primitive can have or that an installed plugin has, and if the folder
    is there already.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*", name):
        raise ConfigurationError(f"the name {name!r} is not of the form [a-z][a-z0-9]*")
    owner = owner_of(name)
    if owner:
        raise ConfigurationError(
            f"the name {name!r} is taken: the installed plugin {owner!r} has it; choose another one"
        )
    folder = directory / f"suitecase-{name}"
    if folder.exists():
        raise ConfigurationError(f"{folder} is there already")
    package = f"suitecase_{name}"
    values = {"name": name, "package": package, "class_name": name.capitalize(), "kind": kind.value.replace("-", " ")}
    files = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        "test_contract.py": "tests/test_contract.py",
        "contract_vectors.json": f"src/{package}/contract_vectors.json",
        f"{kind.value}.py": f"src/{package}/__init__.py",
    }
    for source, place in files.items():
        text = Text((SKELETONS / f"{source}.txt").read_text("utf-8")).substitute(values)
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    (folder / f"src/{package}/py.typed").write_text("", "utf-8")
    return folder


def owner_of(name: str) -> str:
    """The installed plugin that is called this, or offers a primitive that is; empty if there is none."""
    if name in entry_points(group=ENTRY_POINT_GROUP).names:
        return name
    try:
        return targets(name)[0].plugin
    except ConfigurationError:
        return ""
