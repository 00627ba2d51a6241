"""The check around every call into a plugin: types, lengths and exceptions, always, also under `python -O`.

A plugin's own InvalidKeyError and VerificationError pass where its interface allows them; the lengths of keys that the
framework derives are checked here, so a plugin has no reason left to refuse one. Whatever else goes wrong becomes a
PluginError that names the plugin, the call and the line, and never repeats an argument: an exception's text may
quote a key.
"""

from collections.abc import Callable
from typing import Any, Generic, NoReturn, Protocol, TypeVar

from framework.errors import STRANGE, Interruption, InvalidKeyError, PluginError
from framework.info import PrimitiveInfo


class Primitive(Protocol):
    """What every kind of primitive has."""

    @property
    def info(self) -> PrimitiveInfo: ...


P = TypeVar("P", bound=Primitive)
R = TypeVar("R")


def blame(owner: str, call: str, error: BaseException) -> NoReturn:
    """Raise the PluginError for what a plugin raised: it names the call and the line, and quotes nothing."""
    if isinstance(error, Interruption):  # which came while the plugin was at work, and not from it
        raise error
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    where = ""
    if traceback is not None:
        where = f" at {traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}"
    raise PluginError(f"{owner}: {call} raised {type(error).__name__}{where}") from None


def method_of(owner: str, call: str, given: object, signature: str) -> Callable[..., Any]:
    """Give the method `signature` of what a plugin's `call` gave; without it, nothing of the plugin's is used."""
    name = signature.partition("(")[0]
    try:
        method: object = getattr(given, name, None)
    except STRANGE as error:
        blame(owner, f"looking up {name} of its {call}", error)
    if not callable(method):
        raise PluginError(f"{owner}: {call} gave {type(given).__name__}, which has no {signature}")
    return method


def taking_views(call: Callable[..., R], info: PrimitiveInfo) -> Callable[..., R]:
    """Give `call` itself if its primitive takes views, and else what calls it with a copy in the place of each view."""
    if info.takes_views:
        return call

    def copying(*given: bytes | memoryview) -> R:
        return call(*map(bytes, given))  # which gives `bytes` back as they are

    return copying


def check_output(owner: str, call: str, value: object, size: int) -> None:
    """Raise PluginError unless a plugin's `call` gave bytes of this size."""
    if type(value) is not bytes:
        raise PluginError(f"{owner}: {call} gave {type(value).__name__} where bytes are due")
    if len(value) != size:
        raise PluginError(f"{owner}: {call} gave {len(value)} bytes where {size} are due")


def check_size(what: str, value: bytes, size: int) -> None:
    """Raise InvalidKeyError unless an argument has this size."""
    if len(value) != size:
        raise InvalidKeyError(f"the {what} has {len(value)} bytes where {size} are due")


class Guarded(Generic[P]):
    """What every guarded primitive has: the plugin's name for error messages, and the claims, read once."""

    def __init__(self, primitive: P, plugin: str) -> None:
        self._primitive: P = primitive
        self.info: PrimitiveInfo = primitive.info
        self.plugin = plugin
        self._owner = f"plugin {plugin!r} ({self.info.name})"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._owner}>"

    def _call(
        self,
        name: str,
        function: Callable[..., R],
        *args: object,
        allow: type[Exception] | tuple[()] = (),
        **keywords: object,
    ) -> R:
        try:
            return function(*args, **keywords)
        except allow:
            raise
        except STRANGE as error:
            blame(self._owner, name, error)
