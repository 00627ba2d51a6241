"""What the kit knows of a kind of primitive, as one value: the checks that are for every kind ask it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from framework.contract.inputs.drbg import Drbg
from framework.contract.model.adapters import invoke
from framework.contract.model.trial import Session
from framework.kinds import AnyKind

RECORD = b"forty octets of a record, said in secret"
"""What is said in the calls, where they take a record."""


@dataclass(frozen=True)
class Call:
    """`function` takes the arguments, all octets, and gives octets or nothing.

    `secret` are the places of those that are, `names` what they are called.
    """

    name: str
    function: Callable[..., Any]
    arguments: tuple[bytes, ...]
    secret: tuple[int, ...]
    names: tuple[str, ...]

    def __call__(self, *given: object, allow: object = ()) -> Any:
        """Call it, with its own arguments or those given; an exception outside `allow` is a violation."""
        return invoke(self.name, self.function, *(given or self.arguments), allow=allow, names=self.names)

    def shown(self, *given: object) -> dict[str, object]:
        """The arguments, for a finding."""
        return dict(zip(self.names, given or self.arguments, strict=True))


@dataclass(frozen=True)
class Keyed:
    """An object that holds a secret: how to make it from octets, which `names` names, and what it then gives."""

    name: str
    make: Callable[..., Any]
    arguments: tuple[bytes, ...]
    use: Callable[[Any], bytes]
    names: tuple[str, ...] = ("key",)

    def __call__(self, *given: object, allow: object = ()) -> Any:
        """Make one, of its own arguments or of those given; an exception outside `allow` is a violation."""
        return invoke(self.name, self.make, *(given or self.arguments), allow=allow, names=self.names)


@dataclass(frozen=True)
class Subject:
    """A kind of primitive under test.

    `prefix` begins the ids of its checks. They are in `modules`, in the order in which they run. `claims` are what an
    author may claim beside the known answers. `calls` gives every
    call of the interface with valid arguments, of which the secret ones are fresh. `keyed` gives every object of the
    plugin's that holds a secret. `bounds` gives what bounds the strength of a primitive, in bits, by name. `in_suites`
    says whether channels are made of it.
    """

    kind: AnyKind
    prefix: str
    modules: tuple[str, ...]
    claims: frozenset[str]
    calls: Callable[[Session, Drbg, bytes], list[Call]]
    keyed: Callable[[Session, Drbg], list[Keyed]]
    bounds: Callable[[Any], dict[str, int]]
    in_suites: bool = True

    @property
    def package(self) -> str:
        """The folder of its checks, and of its skeleton."""
        return self.kind.name.replace("-", "_")


def usable_key(session: Session, rng: Drbg) -> bytes:
    """A random key that the primitive takes."""
    for _ in range(256):
        key = rng.bytes(session.primitive.key_size)
        if not hasattr(session.primitive, "check_key"):
            return key
        try:
            session.primitive.check_key(key)
        except Exception:  # noqa: BLE001, S112 - a weak key; other checks ask for more
            continue
        return key
    return rng.bytes(session.primitive.key_size)
