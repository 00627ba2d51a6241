"""Metadata as installers leave it behind, and as nobody should."""

import hashlib
import os
import socket
from collections.abc import Callable
from contextlib import chdir
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


def _folder(place: Path) -> None:
    place.mkdir()


def _loop(place: Path) -> None:
    place.symlink_to(place.name)


def _pipe(place: Path) -> None:
    os.mkfifo(place)


def _socket(place: Path) -> None:
    with chdir(place.parent), socket.socket(socket.AF_UNIX) as listener:  # a socket's path may have 100 characters
        listener.bind(place.name)


def _device(place: Path) -> None:
    place.symlink_to("/dev/zero")


def _terminal(place: Path) -> None:
    place.symlink_to("/dev/tty")


def _waits(place: Path) -> None:
    place.symlink_to("/proc/kmsg")  # a file by its type; root waits there for the kernel's next line


def _huge(place: Path) -> None:
    with place.open("wb") as file:
        file.truncate(1 << 40)  # a hole: it takes no room


def _noise(place: Path) -> None:
    place.write_bytes(hashlib.shake_128(place.name.encode()).digest(5000))


def _nested(place: Path) -> None:
    place.write_text("[" * 200_000)


ODD: dict[str, Callable[[Path], None]] = {
    "a folder": _folder,
    "a loop of links": _loop,
    "a pipe": _pipe,
    "a socket": _socket,
    "a device": _device,
    "a terminal": _terminal,
    "a file that waits": _waits,
    "a file without end": _huge,
    "noise": _noise,
    "nested brackets": _nested,
}
"""What may lie where a file of metadata is due; each gets the file's path."""

METADATA_FILES = (
    "METADATA",
    "PKG-INFO",
    "entry_points.txt",
    "direct_url.json",
    "RECORD",
    "SOURCES.txt",
    "installed-files.txt",
    "top_level.txt",
    "requires.txt",
)
"""Whatever installers and `importlib.metadata` know of."""


def _odd(name: str, odd: str, **others: bytes | str) -> Callable[[Path], None]:
    def make(info: Path) -> None:
        _files(**others)(info)
        ODD[odd](info / name)

    return make


BROKEN: dict[str, Callable[[Path], None]] = {
    "an entry without a value": _files(metadata=GOOD, entries="[console_scripts]\nother\n"),
    "our entry without a value": _files(metadata=GOOD, entries=f"{OURS}other\n"),
    "entries that are no text": _files(metadata=GOOD, entries=b"[suitecase.plugins]\nx = \xff\xfe\n"),
    "entries that have no end": _odd("entry_points.txt", "a file without end", metadata=GOOD),
    "entries that are a pipe": _odd("entry_points.txt", "a pipe", metadata=GOOD),
    "entries that lead to themselves": _odd("entry_points.txt", "a loop of links", metadata=GOOD),
    "entries that are a socket": _odd("entry_points.txt", "a socket", metadata=GOOD),
    "entries that are a device": _odd("entry_points.txt", "a device", metadata=GOOD),
    "a folder that leads to itself": _loop,
    "entries by the thousand": _files(metadata=GOOD, entries=f"{OURS}" + "x = x\n" * 1000),
    "no metadata": _files(entries=f"{OURS}x = x"),
    "metadata that is a folder": _odd("METADATA", "a folder", entries=f"{OURS}x = x"),
    "metadata that has no end": _odd("METADATA", "a file without end", entries=f"{OURS}x = x"),
    "metadata that is a device": _odd("METADATA", "a device", entries=f"{OURS}x = x"),
    "metadata that is a terminal": _odd("METADATA", "a terminal", entries=f"{OURS}x = x"),
    "older metadata that is a pipe": _odd("PKG-INFO", "a pipe", entries=f"{OURS}x = x"),
    "older metadata that is a device": _odd("PKG-INFO", "a device", entries=f"{OURS}x = x"),
    "metadata that is no text": _files(metadata=b"Name: stranger\nVersion: \xff\n", entries=f"{OURS}x = x"),
    "no name": _files(metadata="Version: 1.0\n", entries=f"{OURS}x = x"),
    "an empty name": _files(metadata="Name: \nVersion: 1.0\n", entries=f"{OURS}x = x"),
    "no version": _files(metadata="Name: stranger\n", entries=f"{OURS}x = x"),
    "a name that moves the cursor": _files(metadata="Name: a\x1b[2J\nVersion: 1.0\n", entries=f"{OURS}x = x"),
    "a version that turns the text": _files(metadata="Name: a\nVersion: 1.0\u202e\n", entries=f"{OURS}x = x"),
    "a name with a colon": _files(metadata="Name: good:x\nVersion: 1.0\n", entries=f"{OURS}x = x"),
}
"""Ways to write the metadata folder of a distribution that cannot be used; each gets the folder's path."""

MODULE = """
from framework import PrimitiveInfo, Status, hookimpl
from plugins.hmac_sha256.mac import HmacSha256

class Stranger(HmacSha256):
    info = PrimitiveInfo("NAME", "NAME", 128, Status.EXPERIMENTAL, "this test")

@hookimpl
def register_macs(register):
    register(Stranger())
"""
"""A module with a MAC, whose name stands in the place of NAME."""
