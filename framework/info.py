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
    `reference` the document that defines it. `purpose` says in at most 60 characters what one takes it for; it begins
    with a small letter, has no full stop, and is shown beside a suite.

    `takes_views` says that the calls that decrypt or verify (`AeadContext.open`, `Decryptor.decrypt`,
    `Authenticator.verify`) take a `memoryview` as they take `bytes`, read it during the call alone, and give `bytes`.
    Without it they are given `bytes`, which is a copy of each record.
    """

    name: str
    title: str
    security_bits: int
    status: Status
    reference: str
    purpose: str = ""
    takes_views: bool = False
