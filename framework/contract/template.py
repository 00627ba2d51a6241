"""What `new-plugin` writes: a package that installs and is found, with the work left to its author."""

import re
from enum import StrEnum
from pathlib import Path
from string import Template as Text

from framework.errors import ConfigurationError

SKELETONS = Path(__file__).with_name("skeletons")


class Template(StrEnum):
    """The kinds, as they are written on a command line."""

    KEY_EXCHANGE = "key-exchange"
    BULK_CIPHER = "bulk-cipher"
    MAC = "mac"
    AEAD = "aead"


def write_plugin(name: str, kind: Template, directory: Path) -> Path:
    """Write the package `suitecase-<name>` below `directory` and give its folder.

    Raises ConfigurationError for a name that no primitive can have, and if the folder is there already.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*", name):
        raise ConfigurationError(f"the name {name!r} is not of the form [a-z][a-z0-9]*")
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
