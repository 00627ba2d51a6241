"""`bank.pub`: who the bank is, and under that identity's signature the public key of each suite (PROTOCOL §13.4)."""

import base64
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.credentials.mistaken import secret_file
from app.credentials.public_key import (
    BankIdentity,
    BankKeys,
    decode_base64,
    describe_identity,
    describe_key,
    parse_identity,
    parse_key,
)
from app.credentials.versions import heading, stated_version
from app.system.errors import FileError, MissingFileError
from app.system.files import OTHERS_WRITE, PUBLIC_MODE, read_file, replace_file
from app.system.neighbours import check_neighbours

PUBLIC_FILE: Final = "bank.pub"
"""The name of the file in a data directory; what `--bank-key` reads."""

MAX_PUBLIC_FILE: Final = 256 * 1024
"""The longest `bank.pub` in bytes, for the writer and for the reader."""

NOUN: Final = "bank key file"
_KIND: Final = "bank"
_IDENTITY: Final = "identity"
_LABEL: Final = b"suitecase bank key 1"
_HEADER: Final = "# The public keys of this bank, one a suite. Safe to give away: ATMs read this file with --bank-key."


@dataclass(frozen=True)
class BankFile:
    """What a `bank.pub` says. A file from before banks had identities names none, and its keys are not signed."""

    path: Path
    bank: BankKeys

    def key_for(self, suite_name: str, *, public_key_size: int | None = None) -> bytes:
        """Give the public key for a suite. Raises FileError when there is none, or one of another size in bytes."""
        if suite_name not in self.bank.keys:
            there = ", ".join(sorted(self.bank.keys)) or "none"
            raise FileError(
                f"The {NOUN} {self.path} has no key for the suite {suite_name} (it has: {there}); "
                "choose one of those, or start the bank with this suite first."
            )
        if public_key_size not in (None, len(self.bank.keys[suite_name])):
            raise FileError(
                f"The key for {suite_name} in the {NOUN} {self.path} has the wrong size; fetch the file again."
            )
        return self.bank.keys[suite_name]


@dataclass(frozen=True)
class SignedKey:
    """A line: the public key for a suite, and the identity's signature of `signed_part`, 64 bytes."""

    suite_name: str
    public_key: bytes
    signature: bytes

    @classmethod
    def parse(cls, line: str) -> "SignedKey":
        """Read a line. Accepts what `encode` writes and nothing else; raises ValueError with a phrase for a person."""
        fields = line.split(" ")
        if len(fields) != 4:
            raise ValueError("it should read `suite SHA256:fingerprint key signature`")
        return cls(*parse_key(fields[:3]), decode_base64(fields[3], "signature"))

    def encode(self) -> str:
        """Write the line, without its end."""
        return f"{describe_key(self.suite_name, self.public_key)} {base64.b64encode(self.signature).decode('ascii')}"

    def is_signed_by(self, identity: BankIdentity) -> bool:
        """Whether this identity has signed this key for this suite."""
        return identity.has_signed(signed_part(self.suite_name, self.public_key), self.signature)


def signed_part(suite_name: str, public_key: bytes) -> bytes:
    """What a bank's identity signs: label, suite and key, each behind its length (PROTOCOL §13.4)."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in (_LABEL, suite_name.encode("ascii"), public_key))


def read_bank_file(path: Path) -> BankFile:
    """Read a file such as `bank.pub`, signatures verified.

    Raises FileError when the file is missing, too large, malformed or open to changes by others, or its directory is.
    """
    check_neighbours(path, NOUN)
    data = read_file(
        path,
        NOUN,
        limit=MAX_PUBLIC_FILE,
        forbidden=OTHERS_WRITE,
        if_missing=f"check the path; the bank writes it as {PUBLIC_FILE}",
    )
    secret = secret_file(data)
    if secret:
        raise FileError(f"The {NOUN} {path} is {secret}; give the bank's {PUBLIC_FILE}, and keep this one secret.")
    return _parse(data, path)


def write_bank_file(path: Path, identity: BankIdentity, keys: list[SignedKey]) -> None:
    """Write the file so that it shows exactly this. Its comments stay. Where nothing changes, it is not touched.

    Raises FileError, and NewerFileError for one that a newer program wrote.
    """
    there = _text_there(path)
    comments = [line for line in there.split("\n") if line.startswith("#")] or [_HEADER]
    for line in there.split("\n"):
        stated_version(line, _KIND, path, NOUN)  # what a newer program wrote is not for us to replace
    shown = f"{_IDENTITY} {describe_identity(identity)}"
    text = "\n".join([*comments, heading(_KIND), shown, *(key.encode() for key in keys), ""])
    if text == there:
        return
    data = text.encode("utf-8", "surrogateescape")
    if len(data) > MAX_PUBLIC_FILE:
        raise FileError(f"The {NOUN} {path} would be longer than {MAX_PUBLIC_FILE} bytes; shorten its comments.")
    replace_file(path, data, NOUN, mode=PUBLIC_MODE)


def keys_there(path: Path, identity: BankIdentity) -> list[SignedKey]:
    """List the keys in the file that this identity has signed. Whatever else stands in it is left out.

    Raises FileError for a file that cannot be read at all.
    """
    found = []
    for line in _text_there(path).split("\n"):
        with suppress(ValueError):
            key = SignedKey.parse(line)
            if key.is_signed_by(identity):
                found.append(key)
    return found


def key_there(path: Path, suite_name: str) -> bytes | None:
    """Read the key of a suite off a file that need not be right otherwise. Gives None where none can be read.

    Nothing is verified, for the question is which key was given away. Raises FileError.
    """
    for line in _text_there(path).split("\n"):
        with suppress(ValueError):
            name, public_key = parse_key(line.split()[:3])
            if name == suite_name:
                return public_key
    return None


def identity_there(path: Path) -> BankIdentity | None:
    """Read the identity off a file that need not be right otherwise. None where there is none. Raises FileError."""
    for line in _text_there(path).split("\n"):
        with suppress(ValueError):
            return _parse_identity(line)
    return None


def _text_there(path: Path) -> str:
    with suppress(MissingFileError):
        text = read_file(path, NOUN, limit=MAX_PUBLIC_FILE).decode("utf-8", "surrogateescape")
        return text.removeprefix("\ufeff").replace("\r\n", "\n")  # as an editor of Windows leaves them
    return ""


def _parse(data: bytes, path: Path) -> BankFile:
    lines = list(_lines(data, path))
    version = stated_version(lines[0][1], _KIND, path, NOUN) if lines else 0
    keys: dict[str, bytes] = {}
    identity: BankIdentity | None = None
    for number, line in lines[1:] if version else lines:
        try:
            if version == 0:
                name, public_key = parse_key(line.split())
            elif identity is None:
                identity = _parse_identity(line)
                continue
            else:
                name, public_key = _verified(line, identity)
        except ValueError as error:
            raise FileError(
                f"Line {number} of the {NOUN} {path} is malformed: {error}; fetch the file again."
            ) from None
        if name in keys:
            raise FileError(f"Line {number} of the {NOUN} {path} is a second key for {name}; fetch the file again.")
        keys[name] = public_key
    if version and identity is None:
        raise FileError(f"The {NOUN} {path} is cut short: it does not say which bank it is of; fetch the file again.")
    return BankFile(path, BankKeys(identity, keys, str(path)))


def _verified(line: str, identity: BankIdentity) -> tuple[str, bytes]:
    key = SignedKey.parse(line)
    if not key.is_signed_by(identity):
        raise ValueError("the key is not signed by the bank's identity")
    return key.suite_name, key.public_key


def _parse_identity(line: str) -> BankIdentity:
    word, *fields = line.split(" ")
    if word != _IDENTITY:
        raise ValueError("it should read `identity SHA256:fingerprint key`")
    return parse_identity(fields)


def _lines(data: bytes, path: Path) -> Iterator[tuple[int, str]]:
    """Number the lines, without comments and empty ones. Raises FileError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileError(f"The {NOUN} {path} is not a text file; check the path.") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith("#"):
            yield number, line.removesuffix("\r")
