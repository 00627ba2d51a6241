"""A private key on the disk: one line with a checksum, 0600, made once and never anew (PROTOCOL §13.2)."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Final

from app.credentials.public_key import decode_base64
from app.credentials.versions import heading, stated_version
from app.system.errors import FileError, MissingFileError
from app.system.files import OTHERS_ANY, create_file, read_file
from framework import KeyPair

MAX_KEY_FILE: Final = 64 * 1024
"""The longest key file in bytes, for the writer and for the reader."""

_NOUN: Final = "key file"
_KIND: Final = "key"


def load_or_create_pair(path: Path, name: str, generate: Callable[[], KeyPair], *, remedy: str) -> tuple[KeyPair, bool]:
    """Give the key pair called `name` that the file holds, and whether it is new: where there is no file, one is made.

    Call this with the lock of the directory held. `remedy` says what to do when a damaged file has no backup.
    Raises FileError when the file is not private, damaged or of another name: a key is never made anew then.
    """
    try:
        return read_pair(path, name, remedy=remedy), False
    except MissingFileError:
        pair = generate()
    data = _encode(name, pair)
    if len(data) > MAX_KEY_FILE:
        raise FileError(f"The key for {name} is too long for the {_NOUN} {path}; choose another suite.")
    try:
        create_file(path, data, _NOUN)
    except FileExistsError:  # a symbolic link to nowhere, or a program that does not take the lock
        raise FileError(f"The {_NOUN} {path} is in the way and cannot be read; check what it is.") from None
    return pair, True


def read_pair(path: Path, name: str, *, remedy: str = "") -> KeyPair:
    """Read the key pair called `name`. Raises FileError, and MissingFileError where there is no such file."""
    data = read_file(path, _NOUN, limit=MAX_KEY_FILE, forbidden=OTHERS_ANY)
    pair = _parse(data, name, path)
    if pair is None:  # raised here, not while parsing: a parser's exception keeps what it read
        raise FileError(
            f"The {_NOUN} {path} is damaged or not a key for {name}; restore it from a backup. {remedy}".rstrip()
        )
    return pair


def _encode(name: str, pair: KeyPair) -> bytes:
    """Write the line; its checksum tells a damaged file from a wrong key."""
    keys = (base64.b64encode(key).decode("ascii") for key in (pair.public_key, pair.private_key))
    body = " ".join([heading(_KIND), name, *keys])
    return f"{body} {_checksum(body)}\n".encode("ascii")


def _parse(data: bytes, name: str, path: Path) -> KeyPair | None:
    """Read the line. A file from before there were versions has no heading, and is the same otherwise."""
    text = data.decode("ascii", errors="replace").removesuffix("\n").removesuffix("\r")
    version = stated_version(text, _KIND, path, _NOUN)
    body, _, checksum = text.rpartition(" ")
    fields = body.removeprefix(f"{heading(_KIND)} " if version else "").split(" ")
    if len(fields) != 3 or fields[0] != name or not hmac.compare_digest(_checksum(body).encode(), checksum.encode()):
        return None
    try:
        return KeyPair(decode_base64(fields[1]), decode_base64(fields[2]))
    except ValueError:
        return None


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8")).hexdigest()
