"""The bank's static keys: one a suite, made once and kept, with the public halves in `bank.pub`."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from app.errors import FileError, MissingFileError
from app.files import (
    OTHERS_ANY,
    OTHERS_WRITE,
    PUBLIC_MODE,
    check_neighbours,
    create_file,
    locked_directory,
    make_private_directory,
    read_file,
    refusing,
    replace_file,
)
from app.public_key import SUITE_NAME, decode_base64, describe_key, fingerprint, parse_key
from framework import KeyPair

PUBLIC_FILE: Final = "bank.pub"
"""The name of the file with the public keys in a data directory; what `--bank-key` reads."""

MAX_KEY_FILE: Final = 64 * 1024
MAX_PUBLIC_FILE: Final = 256 * 1024

_NOUN = "key file"
_HEADER = b"# The public keys of this bank, one a suite. Safe to give away: ATMs read this file with --bank-key.\n"

__all__ = ["PUBLIC_FILE", "fingerprint", "load_or_create", "read_bank_key"]


def load_or_create(
    data_dir: Path, suite_name: str, generate: Callable[[], KeyPair], *, public_key_size: int, private_key_size: int
) -> KeyPair:
    """Give the static key of a suite: the one in `data_dir`, or a new one from `generate` that is kept there.

    A key serves one suite alone (PROTOCOL §3.2), so each has its file, `<suite>.key`, 0600. Processes
    that start at once agree on one key. `bank.pub` shows the public half when this returns. Sizes are in bytes.
    Raises FileError when the file is not private, damaged or of another suite; it is never made anew then.
    """
    if re.fullmatch(SUITE_NAME, suite_name) is None:
        raise ValueError("not the name of a suite")
    make_private_directory(data_dir, "data directory")
    path = data_dir / f"{suite_name}.key"
    with refusing(data_dir, "data directory", "used"), locked_directory(data_dir):
        try:
            text = read_file(path, _NOUN, limit=MAX_KEY_FILE, forbidden=OTHERS_ANY)
        except MissingFileError:
            pair = generate()
            _keep(path, suite_name, pair)
        else:
            pair = _decode(text, suite_name, path)
        if (len(pair.public_key), len(pair.private_key)) != (public_key_size, private_key_size):
            raise FileError(f"The {_NOUN} {path} holds a key of another size; restore the right one from a backup.")
        _publish(data_dir / PUBLIC_FILE, suite_name, pair.public_key)
    return pair


def read_bank_key(path: Path, suite_name: str, *, public_key_size: int | None = None) -> bytes:
    """Read a bank's public key for a suite from a file such as `bank.pub`.

    Raises FileError when the file is missing, too large, malformed or open to changes by others, when its directory
    is, when it has no key for the suite, or when the key is not `public_key_size` bytes long.
    """
    noun = "bank key file"
    check_neighbours(path, noun)
    data = read_file(
        path,
        noun,
        limit=MAX_PUBLIC_FILE,
        forbidden=OTHERS_WRITE,
        if_missing=f"check the path; the bank writes it as {PUBLIC_FILE}",
    )
    keys: dict[str, bytes] = {}
    for number, fields in _lines(data, path, noun):
        try:
            name, public_key = parse_key(fields)
        except ValueError as error:
            raise FileError(
                f"Line {number} of the {noun} {path} is malformed: {error}; fetch the file again."
            ) from None
        if name in keys:
            raise FileError(f"Line {number} of the {noun} {path} is a second key for {name}; fetch the file again.")
        keys[name] = public_key
    if suite_name not in keys:
        there = ", ".join(sorted(keys)) or "none"
        raise FileError(
            f"The {noun} {path} has no key for the suite {suite_name} (it has: {there}); "
            "choose one of those, or start the bank with this suite first."
        )
    if public_key_size not in (None, len(keys[suite_name])):
        raise FileError(f"The key for {suite_name} in the {noun} {path} has the wrong size; fetch the file again.")
    return keys[suite_name]


def _lines(data: bytes, path: Path, noun: str) -> Iterator[tuple[int, list[str]]]:
    """Number the lines and split them into fields, without comments and empty lines. Raises FileError."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise FileError(f"The {noun} {path} is not a text file; check the path.") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith("#"):
            yield number, line.split()


def _publish(path: Path, suite_name: str, public_key: bytes) -> None:
    """See that `bank.pub` shows this key for the suite; the other lines stay as they are."""
    try:
        text = read_file(path, "bank key file", limit=MAX_PUBLIC_FILE)
    except MissingFileError:
        text = _HEADER
    shown = describe_key(suite_name, public_key).encode("ascii")
    lines = text.removesuffix(b"\n").split(b"\n")
    wanted = [line for line in lines if line.split()[:1] != [suite_name.encode("ascii")]] + [shown]
    if sorted(lines) != sorted(wanted):
        replace_file(path, b"\n".join(wanted) + b"\n", "bank key file", mode=PUBLIC_MODE)


def _keep(path: Path, suite_name: str, pair: KeyPair) -> None:
    try:
        create_file(path, _encode(suite_name, pair), _NOUN)
    except FileExistsError:  # a symbolic link to nowhere, or a program that does not take the lock
        raise FileError(f"The {_NOUN} {path} is in the way and cannot be read; check what it is.") from None


def _encode(suite_name: str, pair: KeyPair) -> bytes:
    """Write `suite public private checksum`, in base64; the checksum tells a damaged file from a wrong key."""
    body = " ".join(
        [suite_name, *(base64.b64encode(key).decode("ascii") for key in (pair.public_key, pair.private_key))]
    )
    return f"{body} {_checksum(body)}\n".encode("ascii")


def _decode(data: bytes, suite_name: str, path: Path) -> KeyPair:
    pair = _parse(data, suite_name)
    if pair is None:  # raised here, not while parsing: a parser's exception keeps what it read
        raise FileError(
            f"The {_NOUN} {path} is damaged or not a key for {suite_name}; restore it from a backup. "
            "(If there is none, move it away: the bank then makes a new key, which every ATM must be told.)"
        )
    return pair


def _parse(data: bytes, suite_name: str) -> KeyPair | None:
    body, _, checksum = data.decode("ascii", errors="replace").removesuffix("\n").rpartition(" ")
    fields = body.split(" ")
    if (
        len(fields) != 3
        or fields[0] != suite_name
        or not hmac.compare_digest(_checksum(body).encode(), checksum.encode())
    ):
        return None
    try:
        return KeyPair(decode_base64(fields[1]), decode_base64(fields[2]))
    except ValueError:
        return None


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8")).hexdigest()
