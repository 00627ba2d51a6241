"""The protocol's own hash and key derivation functions, which do not change with the suite (PROTOCOL §2)."""

import hashlib
import hmac
from struct import pack

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

HASH_SIZE = 32
_LABEL_PREFIX = b"suitecase1 "

MAX_LABEL = 255 - len(_LABEL_PREFIX)
"""Characters in a label: its length is a u8 (PROTOCOL §2)."""

MAX_CONTEXT = 255
"""Bytes in a context: its length is a u8 (PROTOCOL §2)."""


def lp(value: bytes) -> bytes:
    """`u32(len) ‖ value` (PROTOCOL §1)."""
    return pack(">I", len(value)) + value


def sha256(*parts: bytes) -> bytes:
    """H of the concatenation, 32 bytes (PROTOCOL §2)."""
    return hashlib.sha256(b"".join(parts)).digest()


def hmac_digest(key: bytes, *parts: bytes) -> bytes:
    """HMAC of the concatenation, 32 bytes (PROTOCOL §2)."""
    return hmac.digest(key, b"".join(parts), "sha256")


def extract(salt: bytes, input_key: bytes) -> bytes:
    """`Ext(salt, ikm)`: HKDF-Extract, 32 bytes (PROTOCOL §2, RFC 5869)."""
    return HKDF.extract(SHA256(), salt, input_key)


def expand_label(secret: bytes, label: str, context: bytes, length: int) -> bytes:
    """`XL(secret, label, context, L)`: HKDF-Expand with a labelled info, `length` bytes (PROTOCOL §2).

    The label is ASCII of at most 244 bytes, the context at most 255 bytes, `length` at most 8,160 bytes.
    """
    full_label = _LABEL_PREFIX + label.encode("ascii")
    info = pack(">HB", length, len(full_label)) + full_label + pack(">B", len(context)) + context
    return HKDFExpand(SHA256(), length, info).derive(secret)
