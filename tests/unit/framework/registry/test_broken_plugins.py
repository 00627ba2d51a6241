"""Plugins that fail: each is named, and the others load."""

import secrets
from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from framework import hookimpl
from framework.errors import Interruption
from framework.kinds import MAC
from framework.registry import ENTRY_POINT_GROUP
from plugins.hmac_sha256.mac import HmacSha256
from tests.support.made_plugins import MakePlugin, error_of, load, named, offering, property_that_raises, raise_error
from tests.support.peers import AesCtr


@hookimpl
def misnamed_argument(registrar: Callable[[object], None]) -> None:
    registrar(named(HmacSha256, "never"))


@hookimpl
def sound_hook(register: Callable[[object], None]) -> None:
    register(named(HmacSha256, "never"))


def without_marker(register: Callable[[object], None]) -> None:
    register(named(HmacSha256, "never"))


MAC_INFO = HmacSha256.info


BAD_HOOKS: list[tuple[str, str, object, str]] = [
    ("misspelt hook", "register_mac", sound_hook, "unknown hook 'register_mac'"),
    ("unknown argument", "register_macs", misnamed_argument, "PluginValidationError"),
    ("no marker", "register_macs", without_marker, "registers no primitive: does it implement a hook"),
    ("nothing", "irrelevant", None, "registers no primitive"),
    ("registers nothing", "register_macs", offering(), "registers no primitive"),
    ("hook raises", "register_macs", raise_error(ValueError("broken")), "register_macs raised ValueError: broken"),
    ("hook exits", "register_macs", raise_error(SystemExit(3)), "register_macs raised SystemExit: 3"),
    ("hook asserts", "register_macs", raise_error(AssertionError()), "register_macs raised AssertionError"),
    ("hook imports", "register_macs", raise_error(ImportError("no lib")), "register_macs raised ImportError: no lib"),
    ("wrong kind", "register_macs", offering(AesCtr()), "AesCtr is no MAC: it lacks authenticator, tag_size"),
    ("a class", "register_macs", offering(HmacSha256.__mro__[1]()), "object is no MAC"),
    ("None", "register_aeads", offering(None), "NoneType is no AEAD"),
    ("an int", "register_key_exchanges", offering(7), "int is no key exchange"),
    ("info absent", "register_macs", offering(named(HmacSha256, "x", info=None)), "is no PrimitiveInfo"),
    ("info a dict", "register_macs", offering(named(HmacSha256, "x", info={"name": "x"})), "is no PrimitiveInfo"),
    (
        "info raises",
        "register_macs",
        offering(named(HmacSha256, "x", info=property_that_raises(ValueError("broken")))),
        "ValueError: broken",
    ),
    (
        "size raises",
        "register_macs",
        offering(named(HmacSha256, "x", tag_size=property_that_raises(KeyError("broken")))),
        "KeyError: 'broken'",
    ),
]


@pytest.mark.parametrize(
    ("hook", "implementation", "message"), [row[1:] for row in BAD_HOOKS], ids=[row[0] for row in BAD_HOOKS]
)
def test_a_bad_plugin_is_named_and_the_others_load(
    plugin: MakePlugin, hook: str, implementation: object, message: str
) -> None:
    loaded = load(
        plugin("bad", **{hook: implementation}),
        plugin("good", register_macs=offering(named(HmacSha256, "x"))),
        plugin("also", register_macs=offering(named(HmacSha256, "y"))),
    )
    assert message in error_of(loaded, "bad")
    assert error_of(loaded, "bad").startswith("plugin 'bad' of unknown distribution")
    assert loaded.names(MAC) == ("x", "y")


IMPORTS = {
    "syntax": ("def (", "SyntaxError"),
    "missing library": ("import no_such_library_anywhere", "ModuleNotFoundError: No module named"),
    "exception": ("raise RuntimeError('at import')", "RuntimeError: at import"),
    "exit": ("import sys; sys.exit('usage: ...')", "SystemExit: usage: ..."),
}


@pytest.mark.parametrize(("source", "message"), IMPORTS.values(), ids=IMPORTS)
def test_a_plugin_that_cannot_be_imported_is_named_and_the_others_load(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, plugin: MakePlugin, source: str, message: str
) -> None:
    module = f"suitecase_broken_{secrets.token_hex(4)}"
    (tmp_path / f"{module}.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    loaded = load(
        EntryPoint("broken", module, ENTRY_POINT_GROUP),
        plugin("good", register_macs=offering(named(HmacSha256, "x"))),
    )
    assert "cannot be loaded" in error_of(loaded, "broken")
    assert message in error_of(loaded, "broken")
    assert loaded.names(MAC) == ("x",)


def test_an_interrupt_while_loading_is_not_the_plugin_s_fault(plugin: MakePlugin) -> None:
    with pytest.raises(KeyboardInterrupt):
        load(plugin("p", register_macs=raise_error(KeyboardInterrupt())))


class Ended(SystemExit, Interruption):
    """What a program's handler of SIGTERM may raise."""


def test_the_end_of_the_program_while_loading_is_not_the_plugin_s_fault(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, plugin: MakePlugin
) -> None:
    module = f"suitecase_ended_{secrets.token_hex(4)}"
    (tmp_path / f"{module}.py").write_text(f"from {__name__} import Ended\nraise Ended(0)\n")
    monkeypatch.syspath_prepend(tmp_path)
    for ended in (
        EntryPoint("ended", module, ENTRY_POINT_GROUP),
        plugin("p", register_macs=raise_error(Ended(0))),
        plugin("p", register_macs=offering(named(HmacSha256, "x", info=property_that_raises(Ended(0))))),
    ):
        with pytest.raises(Ended):
            load(ended)


@pytest.mark.parametrize("missing", ["absent.module", f"{__name__.rpartition('.')[2]}_absent:thing", "sys:absent"])
def test_an_entry_point_that_leads_nowhere_is_named(missing: str) -> None:
    loaded = load(EntryPoint("lost", missing, ENTRY_POINT_GROUP))
    assert "cannot be loaded" in error_of(loaded, "lost")
