"""Metadata as installers leave it behind, and as nobody should."""

from collections.abc import Callable
from pathlib import Path

OURS = "[suitecase.plugins]\n"
GOOD = "Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n"


def write_distribution(folder: Path, name: str, version: str = "1.0", entries: str = "", **modules: str) -> Path:
    """What a wheel leaves in a folder for modules; `entries` are lines of our group. Gives the metadata's folder."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"{OURS}{entries}\n")
    for module, source in modules.items():
        (folder / f"{module}.py").write_text(source)
    return info


def _files(**files: bytes | str) -> Callable[[Path], None]:
    def make(info: Path) -> None:
        info.mkdir()
        for name, content in files.items():
            file = info / {"entries": "entry_points.txt", "metadata": "METADATA"}[name]
            file.write_bytes(content.encode() if isinstance(content, str) else content)

    return make


def _metadata_is_a_folder(info: Path) -> None:
    _files(entries=f"{OURS}x = x")(info)
    (info / "METADATA").mkdir()


def _huge(info: Path) -> None:
    _files(metadata=GOOD)(info)
    with (info / "entry_points.txt").open("wb") as file:
        file.truncate(1 << 40)  # a hole: it takes no room


def _loop(info: Path) -> None:
    _files(metadata=GOOD)(info)
    (info / "entry_points.txt").symlink_to("entry_points.txt")


def _pipe(info: Path) -> None:
    import os

    _files(metadata=GOOD)(info)
    os.mkfifo(info / "entry_points.txt")


def _huge_metadata(info: Path) -> None:
    _files(entries=f"{OURS}x = x")(info)
    with (info / "METADATA").open("wb") as file:
        file.truncate(1 << 40)


BROKEN: dict[str, Callable[[Path], None]] = {
    "an entry without a value": _files(metadata=GOOD, entries="[console_scripts]\nother\n"),
    "our entry without a value": _files(metadata=GOOD, entries=f"{OURS}other\n"),
    "entries that are no text": _files(metadata=GOOD, entries=b"[suitecase.plugins]\nx = \xff\xfe\n"),
    "entries that have no end": _huge,
    "entries that are a pipe": _pipe,
    "entries that lead to themselves": _loop,
    "no metadata": _files(entries=f"{OURS}x = x"),
    "metadata that is a folder": _metadata_is_a_folder,
    "metadata that has no end": _huge_metadata,
    "metadata that is no text": _files(metadata=b"Name: stranger\nVersion: \xff\n", entries=f"{OURS}x = x"),
    "no name": _files(metadata="Version: 1.0\n", entries=f"{OURS}x = x"),
    "an empty name": _files(metadata="Name: \nVersion: 1.0\n", entries=f"{OURS}x = x"),
    "no version": _files(metadata="Name: stranger\n", entries=f"{OURS}x = x"),
    "a name that moves the cursor": _files(metadata="Name: a\x1b[2J\nVersion: 1.0\n", entries=f"{OURS}x = x"),
    "a version that turns the text": _files(metadata="Name: a\nVersion: 1.0\u202e\n", entries=f"{OURS}x = x"),
    "a name with a colon": _files(metadata="Name: good:x\nVersion: 1.0\n", entries=f"{OURS}x = x"),
}
"""Ways to write the metadata folder of a distribution that cannot be used; each gets the folder's path."""
