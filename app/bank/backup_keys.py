"""The keys of a backup: those that the bank of its ledger has, each of them whole."""

from pathlib import Path
from typing import Final

from app.credentials.bank_file import PUBLIC_FILE, read_bank_file
from app.credentials.identity import IDENTITY_FILE
from app.credentials.key_file import read_pair
from app.credentials.public_key import BankKeys
from app.system.errors import FileError
from app.system.files import PRIVATE_MODE, PUBLIC_MODE, read_file, write_new

KEYS: Final = "*.key"
"""The names of the files with private keys."""

_MAX_KEY_FILE: Final = 2**20


def copy_keys(source: Path, target: Path) -> None:
    """Copy every private key, and `bank.pub` if it is there, into a directory that has none. Raises FileError."""
    for path in sorted(source.glob(KEYS)):
        write_new(target / path.name, read_file(path, "key file", limit=_MAX_KEY_FILE), PRIVATE_MODE)
    public = source / PUBLIC_FILE
    if public.exists():
        write_new(target / PUBLIC_FILE, read_file(public, "bank key file", limit=_MAX_KEY_FILE), PUBLIC_MODE)


def missing_keys(copy: Path, original: Path, *, has_identity: bool) -> list[str]:
    """Name the key files that a copy of a directory lacks: the identity's, and that of each suite in its `bank.pub`.

    `has_identity`: whether the ledger says that its bank has one; a bank from before there were any has none.
    Raises FileError, which names the original, when `bank.pub` or one of the keys is there and damaged.
    """
    public = copy / PUBLIC_FILE
    bank = BankKeys()
    if public.exists():
        try:
            bank = read_bank_file(public).bank
        except FileError:
            raise FileError(
                f"The bank key file {original / PUBLIC_FILE} is damaged, so it does not tell which keys there should "
                "be; move it away and try again. A bank writes it anew when it starts."
            ) from None
    expected = {f"{suite}.key" for suite in bank.keys}
    if has_identity or bank.identity is not None:
        expected.add(IDENTITY_FILE)
    there = sorted(name for name in expected if (copy / name).exists())
    for name in there:
        try:
            read_pair(copy / name, name.removesuffix(".key"))
        except FileError as error:  # a person knows the original, and the copy goes
            raise FileError(str(error).replace(str(copy), str(original))) from None
    return sorted(expected.difference(there))
