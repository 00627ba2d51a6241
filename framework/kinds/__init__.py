"""The kinds of primitive: one file each, with its interface and the guard around it. No kind knows another."""

from typing import Any

from framework.errors import ConfigurationError
from framework.kinds.aead import AEAD
from framework.kinds.bulk_cipher import BULK_CIPHER
from framework.kinds.key_exchange import KEY_EXCHANGE
from framework.kinds.kind import Kind
from framework.kinds.mac import MAC

AnyKind = Kind[Any]

KINDS: tuple[AnyKind, ...] = (KEY_EXCHANGE, BULK_CIPHER, MAC, AEAD)
"""All of them, in the order in which they are shown."""


def kind_of(name: str) -> AnyKind:
    """Give the kind of this `name`. Raises ConfigurationError, listing the names."""
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise ConfigurationError(f"there is no kind {name!r}: it is one of {', '.join(kind.name for kind in KINDS)}")


__all__ = ["AEAD", "BULK_CIPHER", "KEY_EXCHANGE", "KINDS", "MAC", "AnyKind", "Kind", "kind_of"]
