"""Loading one plugin: its import, its hooks, and the primitives that they offer, each checked and behind the guard."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import pluggy

from framework import hookspecs
from framework.errors import ConfigurationError, Interruption, PluginError
from framework.info import PrimitiveInfo, Status
from framework.kinds import KINDS, AnyKind, Kind
from framework.kinds.guarding import Guarded
from framework.kinds.kind import G
from framework.printable import told
from framework.registry.discovery import ROOT, InstalledPlugin

_INFO_TYPES = {"name": str, "title": str, "security_bits": int, "status": Status, "reference": str}
_NAME = re.compile(r"[a-z][a-z0-9]*")

Offered = tuple[AnyKind, Guarded[Any]]
"""A primitive behind the guard, and its kind."""


def offers(plugin: InstalledPlugin, label: str) -> list[Offered]:
    """Import the plugin, check its hooks against the specifications, and collect what it registers.

    `label` names it in the guard's messages. Raises ConfigurationError for what the plugin itself says cannot be made
    here, and PluginError for every fault.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    with _blaming("cannot be loaded: "):
        if plugin.built_in:
            _refuse_strange_files(plugin)
        manager.register(plugin.point.load(), name=label)
        manager.check_pending()
        if plugin.built_in:
            _refuse_strange_files(plugin)
    offered: list[Offered] = []
    for kind in KINDS:
        collected: list[object] = []
        with _blaming(f"{kind.hook} raised "):
            getattr(manager.hook, kind.hook)(register=collected.append)
            offered += [(kind, _guarded(kind, primitive, label)) for primitive in collected]
    if not offered:
        raise PluginError("registers no primitive: does it implement a hook with @framework.hookimpl?")
    return offered


@contextmanager
def _blaming(what: str) -> Iterator[None]:
    """Turn whatever a stranger's code raises into a PluginError, but for a ConfigurationError and an interrupt."""
    try:
        yield
    except (PluginError, ConfigurationError, KeyboardInterrupt, Interruption):
        raise
    except BaseException as error:  # SystemExit, and what else is none of Exception's
        raise PluginError(f"{what}{told(error)}") from error


def _refuse_strange_files(plugin: InstalledPlugin) -> None:
    """Raise PluginError unless a built-in plugin comes out of the folder `plugins` beside this very framework.

    Whoever writes metadata can call it ours. A folder of the same name that comes earlier on the path can hide ours.
    """
    module = plugin.point.value.partition(":")[0].strip()
    if not re.fullmatch(r"plugins(\.\w+)+", module):
        raise PluginError(f"{module!r} is none of the modules of {plugin.distribution}")
    folder = f"{ROOT}plugins"
    package = sys.modules.get("plugins") or find_spec("plugins")
    places = getattr(package, "__path__", None) or getattr(package, "submodule_search_locations", None) or ()
    files = [getattr(sys.modules[module], "__file__", None)] if module in sys.modules else []
    if list(places) != [folder] or not all(str(file).startswith(f"{folder}/") for file in files):
        found = ", ".join(map(str, [*places, *files])) or "nowhere"
        raise PluginError(
            f"it is found in {found}, and not in {folder}; run this in another folder, and take that one off PYTHONPATH"
        )


def _guarded(kind: Kind[G], primitive: object, plugin: str) -> G:
    """Check a primitive's shape, put it behind the guard, and check its claims as the guard has read them."""
    if not isinstance(primitive, kind.interface):
        lacks = [name for name in dir(kind.interface) if not name.startswith("_") and not hasattr(primitive, name)]
        raise PluginError(f"{type(primitive).__name__} is no {kind}: it lacks {', '.join(lacks)}")
    if not isinstance(getattr(primitive, "info", None), PrimitiveInfo):
        raise PluginError(f"the info of {type(primitive).__name__} is no PrimitiveInfo")
    guarded = kind.guard(primitive, plugin)
    info = guarded.info
    for field_name, field_type in _INFO_TYPES.items():
        if type(getattr(info, field_name)) is not field_type:
            raise PluginError(f"{info.name!r}: {field_name} in its info must be a {field_type.__name__}")
    if not _NAME.fullmatch(info.name):
        raise PluginError(f"the name {info.name!r} is not of the form [a-z][a-z0-9]*")
    for claim, possible in kind.claims.items():
        size = getattr(guarded, claim)
        if type(size) is not int or size not in possible:
            bounds = f"from {possible.start} to {possible.stop - 1}"
            raise PluginError(f"{info.name}: {claim} must be an int {bounds}, not {size!r}")
    return guarded
