"""Plugins made on the spot: what they offer, and what the registry says of them."""

from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

from framework import PrimitiveInfo, Status, hookimpl, load_registry
from framework.registry import Registry

MakePlugin = Callable[..., EntryPoint]
"""Make a module with these hooks, importable for one test, and give its entry point."""


def named(kind: type, name: str, **claims: object) -> Any:
    """A primitive of this kind under another name, with other claims."""
    info = PrimitiveInfo(name, name, 128, Status.EXPERIMENTAL, "this test")
    return type(kind.__name__, (kind,), {"info": info, **claims})()


def offering(*primitives: object) -> Callable[..., None]:
    @hookimpl
    def hook(register: Callable[[object], None]) -> None:
        for primitive in primitives:
            register(primitive)

    return hook


def load(*points: EntryPoint) -> Registry:
    return load_registry(allow=[point.name for point in points], installed=points)


def error_of(loaded: Registry, name: str) -> str:
    [record] = [record for record in loaded.plugins if record.name == name]
    assert record.primitives == ()
    assert record.error is not None
    return record.error


def raise_error(error: BaseException) -> Callable[..., None]:
    @hookimpl
    def hook() -> None:
        raise error

    return hook


def property_that_raises(error: BaseException) -> property:
    def getter(_: object) -> object:
        raise error

    return property(getter)
