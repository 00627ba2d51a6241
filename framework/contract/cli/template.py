"""What `new-plugin` writes: a package that installs and is found, with the work left to its author."""

import re
import shutil
from pathlib import Path
from string import Template as Text

from framework.errors import ConfigurationError
from framework.kinds import AnyKind
from framework.registry import load_registry
from framework.registry.discovery import discover

SKELETONS = Path(__file__).with_name("skeletons")


def write_plugin(name: str, kind: AnyKind, directory: Path) -> Path:
    """Write the package `suitecase-<name>` below `directory` and give its folder.

    Raises ConfigurationError for a name that no primitive can have or that an installed plugin has, and if the folder
    is there already or cannot be made.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*", name):
        raise ConfigurationError(f"the name {name!r} is not of the form [a-z][a-z0-9]*")
    owner = owner_of(name)
    if owner:
        raise ConfigurationError(
            f"the name {name!r} is taken: the installed plugin {owner!r} has it; choose another one"
        )
    folder = directory / f"suitecase-{name}"
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise ConfigurationError(f"{folder} is there already; choose another name or --directory") from None
    except OSError as error:
        raise _cannot_make(folder, error) from None
    try:
        _fill(folder, name, kind)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)  # half a package would be in the way of the next attempt
        raise _cannot_make(folder, error) from None
    return folder


def _cannot_make(folder: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"{folder} cannot be made ({error.strerror}); choose another place with --directory")


def _fill(folder: Path, name: str, kind: AnyKind) -> None:
    package = f"suitecase_{name}"
    values = {"name": name, "package": package, "class_name": name.capitalize(), "kind": kind.name.replace("-", " ")}
    files = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        "test_contract.py": "tests/test_contract.py",
        "contract_vectors.json": f"src/{package}/contract_vectors.json",
        f"{kind.name}.py": f"src/{package}/__init__.py",
    }
    for source, place in files.items():
        text = Text((SKELETONS / f"{source}.txt").read_text("utf-8")).substitute(values)
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    (folder / f"src/{package}/py.typed").write_text("", "utf-8")


def owner_of(name: str) -> str:
    """The installed plugin of this name, or the built-in one with a primitive of this name; empty if there is none."""
    if any(plugin.name == name for plugin in discover().plugins):
        return name
    for record in load_registry().plugins:
        if name in {info.name for _, info in record.primitives}:
            return record.name
    return ""
