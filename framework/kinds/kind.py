"""What a kind of primitive is, as one value: whoever treats all kinds alike asks it, and no kind by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from framework.kinds.guarding import Guarded

MAX_DERIVED = 255 * 32
"""Bytes that HKDF-Expand gives at most: 255 outputs of SHA-256 (RFC 5869 §2.3)."""

DERIVED_SIZES = range(1, MAX_DERIVED + 1)
"""Bytes in what the framework derives: a key or an IV (PROTOCOL §6.4)."""

TAG_SIZES = range(1, 2**16)
"""Bytes in a tag."""

KEY_LIMITS = range(1, 2**63)
"""What one key may carry, in bytes or in records."""

G = TypeVar("G", bound=Guarded[Any])


@dataclass(frozen=True, repr=False)
class Kind(Generic[G]):
    """A kind of primitive, and what the framework does with it.

    `name` is how it is written on a command line, and `words` how it is told to people. A plugin registers such a
    primitive by `hook`. `interface` is the protocol that the primitive implements, and `guard` the class that stands
    around it. `claims` are the sizes and limits that it states, with the values that each may have. Kinds of one
    `namespace` share their names: no two primitives in it have the same.
    """

    name: str
    words: str = field(compare=False)
    hook: str = field(compare=False)
    interface: type = field(compare=False)
    guard: type[G] = field(compare=False)
    claims: Mapping[str, range] = field(compare=False)
    namespace: str = field(compare=False)

    def __str__(self) -> str:
        return self.words

    def __repr__(self) -> str:
        return f"<Kind {self.words!r}>"
