"""The bank's static keys: one a suite, made once and kept, with the public halves in `bank.pub`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.credentials.bank_file import PUBLIC_FILE, key_there, read_bank_file
from app.credentials.identity import identity_under_lock, publish
from app.credentials.key_file import load_or_create_pair
from app.credentials.public_key import SUITE_NAME, fingerprint
from app.system.errors import FileError
from app.system.files import refusing
from app.system.private_directories import locked_directory, make_private_directory
from framework import KeyPair

_REMEDY: Final = "(If there is none, move it away: the bank then makes a new key, which every ATM must be told.)"

__all__ = ["PUBLIC_FILE", "KeyBefore", "load_or_create", "read_bank_key"]


@dataclass(frozen=True)
class KeyBefore:
    """What a data directory says of a suite's key before the bank starts: the file, and the key in `bank.pub`."""

    suite_name: str
    file_was_there: bool
    public_key: bytes | None

    @classmethod
    def of(cls, data_dir: Path, suite_name: str) -> "KeyBefore":
        """Look. Raises FileError for a `bank.pub` that cannot be read."""
        there = (data_dir / f"{suite_name}.key").exists()
        return cls(suite_name, there, key_there(data_dir / PUBLIC_FILE, suite_name))

    def about_the_change(self, public_key: bytes) -> str:
        """Tell the operator that the key of the suite is another one now. Empty where `bank.pub` named no other."""
        if self.public_key in (None, public_key):
            return ""
        now, before, name = fingerprint(public_key), fingerprint(self.public_key or b""), f"{self.suite_name}.key"
        if self.file_was_there:
            return (
                f"The key for {self.suite_name} is now {now}; {PUBLIC_FILE} said {before} before. If you have just put "
                f"{now} back, all is well. If not, end the bank, put the {name} with {before} back, and start the bank "
                "again."
            )
        return (
            f"This bank has a NEW KEY for {self.suite_name}, {now}: {name} was missing, and {PUBLIC_FILE} said "
            f"{before}. ATMs that know the old key cannot connect. End the bank, put the old {name} there, from a "
            f"backup, and start the bank again; or give the new {PUBLIC_FILE} to those who run an ATM."
        )


def load_or_create(
    data_dir: Path, suite_name: str, generate: Callable[[], KeyPair], *, public_key_size: int, private_key_size: int
) -> KeyPair:
    """Give the static key of a suite: the one in `data_dir`, or a new one from `generate`, which is kept there.

    A key serves one suite alone (PROTOCOL §3.2). So each suite has a file of its own, `<suite>.key`, 0600. Processes
    that start at once agree on one key. `bank.pub` shows the public half, signed by the bank's identity, when this
    returns. Sizes are in bytes.
    Raises FileError when the file is not private, damaged or of another suite; it is never made anew then.
    """
    if re.fullmatch(SUITE_NAME, suite_name) is None:
        raise ValueError("not the name of a suite")
    make_private_directory(data_dir, "data directory")
    path = data_dir / f"{suite_name}.key"
    with refusing(data_dir, "data directory", "used"), locked_directory(data_dir):
        pair, _ = load_or_create_pair(path, suite_name, generate, remedy=_REMEDY)
        if (len(pair.public_key), len(pair.private_key)) != (public_key_size, private_key_size):
            raise FileError(f"The key file {path} holds a key of another size; restore the right one from a backup.")
        identity, _ = identity_under_lock(data_dir)
        publish(data_dir, identity)
    return pair


def read_bank_key(path: Path, suite_name: str, *, public_key_size: int | None = None) -> bytes:
    """Read a bank's public key for a suite from a file such as `bank.pub`.

    Raises FileError as `read_bank_file` does, when the file has no key for the suite, or when the key is not
    `public_key_size` bytes long.
    """
    return read_bank_file(path).key_for(suite_name, public_key_size=public_key_size)
