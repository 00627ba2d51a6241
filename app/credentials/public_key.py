"""A public key as text: its fingerprint, and the `suite SHA256:fingerprint base64` that files show it as."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SUITE_NAME: Final = "[a-z][a-z0-9]*(?:-[a-z][a-z0-9]*){1,2}"
"""What a suite may be called, as a regular expression for the whole name (PROTOCOL §3.1)."""


def fingerprint(public_key: bytes) -> str:
    """`SHA256:` and the unpadded base64 of the SHA-256 of the key, 50 characters, in the manner of OpenSSH."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(public_key).digest()).decode("ascii").rstrip("=")


@dataclass(frozen=True)
class BankIdentity:
    """Which bank it is, whatever keys it uses: an Ed25519 public key of 32 bytes (PROTOCOL §13.3)."""

    SIZE: ClassVar[int] = 32
    public_key: bytes

    def __post_init__(self) -> None:
        if len(self.public_key) != self.SIZE:
            raise ValueError("the identity of a bank has 32 bytes")

    @property
    def fingerprint(self) -> str:
        """What a person compares: `SHA256:` and 43 characters."""
        return fingerprint(self.public_key)

    def encode(self) -> str:
        """Write it in base64, 44 characters."""
        return base64.b64encode(self.public_key).decode("ascii")

    @classmethod
    def decode(cls, text: str) -> "BankIdentity":
        """Read what `encode` writes, and nothing else. Raises ValueError with a phrase for a person."""
        return cls(decode_base64(text))

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature (Ed25519, RFC 8032) is this identity's for the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class BankKeys:
    """What is known of one bank: its identity, if that is known, and its public keys by the name of the suite.

    `said_by` names where the identity stands, for a person: a file, or a line of one.
    """

    identity: BankIdentity | None = None
    keys: Mapping[str, bytes] = field(default_factory=dict)
    said_by: str = field(default="", compare=False)


def describe_key(suite_name: str, public_key: bytes) -> str:
    """Write `suite SHA256:fingerprint base64`, which `parse_key` reads."""
    return f"{suite_name} {fingerprint(public_key)} {base64.b64encode(public_key).decode('ascii')}"


def describe_identity(identity: BankIdentity) -> str:
    """Write `SHA256:fingerprint base64`, which `parse_identity` reads."""
    return f"{identity.fingerprint} {identity.encode()}"


def parse_identity(fields: list[str]) -> BankIdentity:
    """Read the two fields of `describe_identity`, and nothing else. Raises ValueError with a phrase for a person."""
    if len(fields) != 2:
        raise ValueError("it should read `SHA256:fingerprint identity`")
    identity = BankIdentity.decode(fields[1])
    if identity.fingerprint != fields[0]:
        raise ValueError("the fingerprint is not that of the identity")
    return identity


def parse_key(fields: list[str]) -> tuple[str, bytes]:
    """Read the three fields of `describe_key`; gives suite name and public key.

    Accepts what `describe_key` writes and nothing else. Raises ValueError with a phrase for a person.
    """
    if len(fields) != 3:
        raise ValueError("it should read `suite SHA256:fingerprint key`")
    suite_name, shown, text = fields
    if re.fullmatch(SUITE_NAME, suite_name) is None:
        raise ValueError("it does not begin with the name of a suite")
    public_key = decode_base64(text)
    if fingerprint(public_key) != shown:
        raise ValueError("the fingerprint is not that of the key")
    return suite_name, public_key


def decode_base64(text: str, noun: str = "key") -> bytes:
    """Read base64 in its one canonical form, not empty. Raises ValueError with a phrase for a person."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"the {noun} is not base64") from None
    if not data or base64.b64encode(data).decode("ascii") != text:
        raise ValueError(f"the {noun} is not base64")
    return data
