"""What every primitive says of itself, and the randomness that it draws from."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

RandomBytes = Callable[[int], bytes]
"""A source of randomness: `random_bytes(n)` gives n bytes fit for keys. The default is `secrets.token_bytes`."""


class Status(StrEnum):
    """What a person should know before choosing a primitive; shown wherever a suite is."""

    RECOMMENDED = "RECOMMENDED"
    LEGACY = "LEGACY"
    EXPERIMENTAL = "EXPERIMENTAL"
    BROKEN = "BROKEN"


@dataclass(frozen=True)
class PrimitiveInfo:
    """What a primitive says of itself.

    `name` is its token in a suite name, `[a-z][a-z0-9]*`; `security_bits` the claimed strength in bits;
    `reference` the document that defines it.
    """

    name: str
    title: str
    security_bits: int
    status: Status
    reference: str
