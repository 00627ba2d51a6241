"""Message authentication codes. Every size is in bytes and a constant of the primitive."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from framework.errors import STRANGE, PluginError, VerificationError
from framework.info import PrimitiveInfo
from framework.kinds.guarding import Guarded, blame, check_output, check_size, method_of, taking_views
from framework.kinds.kind import DERIVED_SIZES, TAG_SIZES, Kind


@runtime_checkable
class Authenticator(Protocol):
    """A keyed MAC. Reusable: each call stands alone."""

    def tag(self, *parts: bytes) -> bytes:
        """Tag the concatenation of the parts."""
        ...

    def verify(self, tag: bytes, *parts: bytes) -> None:
        """Compare, in constant time, and raise VerificationError unless `tag` is the whole and right tag."""
        ...


@runtime_checkable
class Mac(Protocol):
    """A message authentication code. Promise: strong unforgeability (SUF-CMA)."""

    @property
    def info(self) -> PrimitiveInfo: ...
    @property
    def key_size(self) -> int: ...
    @property
    def tag_size(self) -> int: ...

    def authenticator(self, key: bytes) -> Authenticator:
        """Key the MAC. Raises InvalidKeyError for a wrong length."""
        ...


def _tag(owner: str, inner: Callable[..., bytes], size: int) -> Callable[..., bytes]:
    def guarded(*parts: bytes) -> bytes:
        try:
            tag = inner(*parts)
        except STRANGE as error:
            blame(owner, "tag", error)
        if type(tag) is not bytes or len(tag) != size:
            check_output(owner, "tag", tag, size)
        return tag

    return guarded


def _verify(owner: str, inner: Callable[..., object], size: int) -> Callable[..., None]:
    def guarded(tag: bytes | memoryview, *parts: bytes | memoryview) -> None:
        if len(tag) != size:
            raise VerificationError
        try:
            # A plugin is a stranger: what its signature promises is checked, not believed.
            verdict = inner(tag, *parts)
        except VerificationError:
            raise VerificationError from None
        except STRANGE as error:
            blame(owner, "verify", error)
        if verdict is not None:
            raise PluginError(f"{owner}: verify gave {type(verdict).__name__} where it must raise or give None")

    return guarded


class GuardedAuthenticator:
    """A keyed MAC behind the guard. The length of a tag is checked here, before the plugin compares it.

    `tag` and `verify` are as `Authenticator` has them, with type and size checked; a plugin that answers with a value
    where it must raise is found out. `verify` takes memoryviews of bytes as well.
    """

    __slots__ = ("tag", "tag_size", "verify")

    def __init__(self, inner: Authenticator, owner: str, mac: "GuardedMac") -> None:
        tag, verify = (
            method_of(owner, "authenticator", inner, each) for each in ("tag(*parts)", "verify(tag, *parts)")
        )
        self.tag = _tag(owner, tag, mac.tag_size)
        self.verify = _verify(owner, taking_views(verify, mac.info), mac.tag_size)
        self.tag_size = mac.tag_size


class GuardedMac(Guarded[Mac]):
    """A MAC behind the guard; an implementation of `Mac` itself."""

    def __init__(self, primitive: Mac, plugin: str) -> None:
        super().__init__(primitive, plugin)
        self.key_size = primitive.key_size
        self.tag_size = primitive.tag_size

    def authenticator(self, key: bytes) -> GuardedAuthenticator:
        """As `Mac.authenticator`; the length is checked here."""
        check_size("key", key, self.key_size)
        inner = self._call("authenticator", self._primitive.authenticator, key)
        return GuardedAuthenticator(inner, self._owner, self)


MAC = Kind(
    name="mac",
    words="MAC",
    hook="register_macs",
    interface=Mac,
    guard=GuardedMac,
    claims=MappingProxyType({"key_size": DERIVED_SIZES, "tag_size": TAG_SIZES}),
    namespace="MAC",
)
