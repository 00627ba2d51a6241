"""A bank's identity: the key pair that outlives its other keys, and signs them (PROTOCOL §13.3).

The private half signs when a suite's key is made or `bank.pub` is written. A bank drops it before it serves.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.credentials.bank_file import PUBLIC_FILE, SignedKey, identity_there, keys_there, signed_part, write_bank_file
from app.credentials.key_file import load_or_create_pair, read_pair
from app.credentials.public_key import SUITE_NAME, BankIdentity
from app.system.errors import FileError
from app.system.files import refusing
from app.system.private_directories import locked_directory, make_private_directory
from framework import KeyPair

IDENTITY_FILE: Final = "identity.key"
"""The name of the file with the private half in a data directory, 0600."""

_NAME: Final = "identity"
_SUFFIX: Final = ".key"
_REMEDY: Final = (
    "(If there is none, move it away: the bank then makes a new identity, and every card and every ATM must be given "
    "that.)"
)


class IdentityKey:
    """The private half of a bank's identity. It shows nothing of itself."""

    def __init__(self, pair: KeyPair) -> None:
        """Take the pair, two times 32 bytes. Raises ValueError when they do not belong together."""
        self._private = Ed25519PrivateKey.from_private_bytes(pair.private_key)
        self.identity = BankIdentity(pair.public_key)
        if self._private.public_key().public_bytes_raw() != pair.public_key:
            raise ValueError("the private and the public half are of different identities")

    @staticmethod
    def generate() -> KeyPair:
        """Draw a new pair, as it is kept on the disk."""
        private = Ed25519PrivateKey.generate()
        return KeyPair(private.public_key().public_bytes_raw(), private.private_bytes_raw())

    def sign(self, suite_name: str, public_key: bytes) -> SignedKey:
        """Sign a key as this bank's key for this suite."""
        return SignedKey(suite_name, public_key, self._private.sign(signed_part(suite_name, public_key)))

    def __repr__(self) -> str:
        return f"IdentityKey({self.identity.fingerprint})"


@dataclass(frozen=True)
class LoadedIdentity:
    """Who the bank is.

    `made_now` says that the directory had no identity. `instead_of` is the other identity that `bank.pub` named.
    """

    identity: BankIdentity
    made_now: bool = False
    instead_of: BankIdentity | None = None

    @property
    def is_new(self) -> bool:
        """Whether the bank was another one before, by a loss or by its operator, who put another identity there."""
        return self.made_now or self.instead_of is not None

    def about_the_loss(self) -> str:
        """Tell the operator that the bank is another one now. Empty where `bank.pub` named no other identity."""
        if self.instead_of is None:
            return ""
        now, before = self.identity.fingerprint, self.instead_of.fingerprint
        if not self.made_now:
            return (
                f"The identity of this bank is now {now}; {PUBLIC_FILE} said {before} before. If you have just put "
                f"{now} back, all is well. If not, end the bank, put the {IDENTITY_FILE} of {before} back, and start "
                "the bank again."
            )
        return (
            f"This bank has a NEW IDENTITY, {now}: {IDENTITY_FILE} was missing, and {PUBLIC_FILE} said {before}. "
            f"An ATM with the old {PUBLIC_FILE} or known-banks file still takes the old cards, and refuses new ones. "
            f"An ATM with the new {PUBLIC_FILE} refuses the old cards. To have the old identity back, end the bank, "
            f"put its {IDENTITY_FILE} there, from a backup, and start the bank again."
        )


Record = Callable[[LoadedIdentity], None]
"""Is told who the bank is before `identity.key` or `bank.pub` says so. What it raises keeps them from being written."""


def _record_nothing(_who: LoadedIdentity) -> None:
    pass


def load_or_create_identity(data_dir: Path, *, may_replace: bool = False) -> LoadedIdentity:
    """Give the identity that `data_dir` holds, or make one and keep it there. `bank.pub` shows it when this returns.

    A directory from before there were identities gets one. Where `bank.pub` names an identity and the file is missing
    or holds another one, the bank becomes another bank, and only if `may_replace`.
    Raises FileError where it may not, and when the file is not private or damaged: it is never made anew then.
    """
    make_private_directory(data_dir, "data directory")
    with refusing(data_dir, "data directory", "used"), locked_directory(data_dir):
        return identity_and_bank_file(data_dir, may_replace=may_replace)


def identity_and_bank_file(
    data_dir: Path, *, may_replace: bool = False, record: Record = _record_nothing
) -> LoadedIdentity:
    """Do what `load_or_create_identity` does, with the directory's lock held by the caller."""
    key, loaded = identity_under_lock(data_dir, may_replace=may_replace, record=record)
    publish(data_dir, key)
    return loaded


def identity_under_lock(
    data_dir: Path, *, may_replace: bool = True, record: Record = _record_nothing
) -> tuple[IdentityKey, LoadedIdentity]:
    """Do what `identity_and_bank_file` does, and leave `bank.pub` as it is."""
    path = data_dir / IDENTITY_FILE
    named = identity_there(data_dir / PUBLIC_FILE)
    if named is not None and not may_replace and not path.exists():
        raise _other_than(named, path, "is missing")

    def generate() -> KeyPair:
        pair = IdentityKey.generate()
        record(LoadedIdentity(BankIdentity(pair.public_key), made_now=True, instead_of=named))
        return pair

    pair, made_now = load_or_create_pair(path, _NAME, generate, remedy=_REMEDY)
    try:
        key = IdentityKey(pair)
    except ValueError:
        raise FileError(f"The key file {path} holds no identity; restore it from a backup. {_REMEDY}") from None
    if named == key.identity:
        named = None
    if named is not None and not may_replace:
        raise _other_than(named, path, "holds another identity")
    loaded = LoadedIdentity(key.identity, made_now, named)
    if not made_now:
        record(loaded)
    return key, loaded


def _other_than(named: BankIdentity, path: Path, what: str) -> FileError:
    return FileError(
        f"The key file {path} {what}, and {PUBLIC_FILE} names the identity {named.fingerprint}; restore that from a "
        "backup. (If there is none, start the bank: it becomes another one, and every card and every ATM must be given "
        "the new identity.)"
    )


def publish(data_dir: Path, key: IdentityKey) -> None:
    """Write `bank.pub`: the identity, and the key of every suite, signed by the identity. Raises FileError."""
    path = data_dir / PUBLIC_FILE
    kept = {each.suite_name: each for each in keys_there(path, key.identity)}
    ours = {name: key.sign(name, public_key) for name, public_key in _suite_keys(data_dir)}
    signed = kept | ours
    write_bank_file(path, key.identity, [signed[name] for name in sorted(signed)])


def _suite_keys(data_dir: Path) -> Iterator[tuple[str, bytes]]:
    """List the public keys that the directory has for suites. A file that is not fit for use is left out."""
    for path in data_dir.glob(f"*{_SUFFIX}"):
        if re.fullmatch(SUITE_NAME, path.stem):
            with suppress(FileError):
                yield path.stem, read_pair(path, path.stem).public_key
