"""What plugins offer, which names are taken, who is allowed, and the registry that holds it."""

import ast
import inspect
import secrets
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy
import pytest

from framework import ConfigurationError, Status, hookimpl, load_registry
from framework.kinds import AEAD, BULK_CIPHER, KEY_EXCHANGE, KINDS, MAC
from framework.registry import ENTRY_POINT_GROUP, PluginRecord, Registry
from framework.registry import registry as registry_module
from plugins.hmac_sha256.mac import HmacSha256
from tests.support.made_plugins import MakePlugin, error_of, load, named, offering, raise_error
from tests.support.peers import AesCtr, AesGcm, X25519Kem


def test_a_plugin_may_offer_primitives_of_every_kind(plugin: MakePlugin) -> None:
    point = plugin(
        "all",
        register_key_exchanges=offering(named(X25519Kem, "k1"), named(X25519Kem, "k2")),
        register_bulk_ciphers=offering(named(AesCtr, "c1")),
        register_macs=offering(named(HmacSha256, "m1")),
        register_aeads=offering(named(AesGcm, "a1")),
    )
    loaded = load(point)
    assert {kind: loaded.names(kind) for kind in KINDS} == {
        KEY_EXCHANGE: ("k1", "k2"),
        BULK_CIPHER: ("c1",),
        MAC: ("m1",),
        AEAD: ("a1",),
    }
    for primitive in (loaded.key_exchange("k2"), loaded.bulk_cipher("c1"), loaded.mac("m1"), loaded.aead("a1")):
        assert primitive.plugin == "all"
    [record] = loaded.plugins
    assert (record.distribution, record.version, record.error) == ("unknown distribution", "", None)
    assert [(kind, info.name) for kind, info in record.primitives] == [
        (KEY_EXCHANGE, "k1"),
        (KEY_EXCHANGE, "k2"),
        (BULK_CIPHER, "c1"),
        (MAC, "m1"),
        (AEAD, "a1"),
    ]


def test_a_plugin_may_be_an_object_with_hooks() -> None:
    point = EntryPoint("object", f"{__name__}:PLUGIN_OBJECT", ENTRY_POINT_GROUP)
    sys.modules.setdefault(__name__, inspect.getmodule(test_a_plugin_may_be_an_object_with_hooks))  # type: ignore[arg-type]
    assert load(point).names(MAC) == ("objectmac",)


class PluginObject:
    @hookimpl
    def register_macs(self, register: Callable[[object], None]) -> None:
        register(named(HmacSha256, "objectmac"))


PLUGIN_OBJECT = PluginObject()


def test_the_same_name_may_serve_kinds_that_a_suite_name_keeps_apart(plugin: MakePlugin) -> None:
    loaded = load(
        plugin(
            "same",
            register_key_exchanges=offering(named(X25519Kem, "x")),
            register_bulk_ciphers=offering(named(AesCtr, "x")),
            register_macs=offering(named(HmacSha256, "x")),
        )
    )
    assert loaded.plugins[0].error is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("register_key_exchanges", X25519Kem), ("register_key_exchanges", X25519Kem)),
        (("register_macs", HmacSha256), ("register_macs", HmacSha256)),
        (("register_bulk_ciphers", AesCtr), ("register_bulk_ciphers", AesCtr)),
        (("register_aeads", AesGcm), ("register_aeads", AesGcm)),
        (("register_bulk_ciphers", AesCtr), ("register_aeads", AesGcm)),
        (("register_aeads", AesGcm), ("register_bulk_ciphers", AesCtr)),
    ],
    ids=lambda pair: pair[1].__name__,
)
def test_a_name_that_is_taken_is_refused(plugin: MakePlugin, first: tuple[str, type], second: tuple[str, type]) -> None:
    """An AEAD and a bulk cipher share one space of names: both begin a suite's name."""
    loaded = load(
        plugin("b", **{second[0]: offering(named(second[1], "x"), named(second[1], "y"))}),
        plugin("a", **{first[0]: offering(named(first[1], "x"))}),
    )
    assert error_of(loaded, "b").endswith("'x' is already registered by plugin 'a'")
    assert "plugin 'b'" in error_of(loaded, "b")
    assert all("y" not in loaded.names(kind) for kind in KINDS), "a refused plugin offers nothing, not even the rest"
    assert any("x" in loaded.names(kind) for kind in KINDS)


def test_a_plugin_that_offers_a_name_twice_is_refused(plugin: MakePlugin) -> None:
    loaded = load(plugin("p", register_macs=offering(named(HmacSha256, "x"), named(HmacSha256, "x"))))
    assert "already registered by plugin 'p'" in error_of(loaded, "p")
    assert loaded.names(MAC) == ()


def test_two_plugins_of_one_name_are_never_both_loaded(plugin: MakePlugin) -> None:
    points = [plugin("p", register_macs=offering(named(HmacSha256, name))) for name in ("x", "y")]
    loaded = load_registry(allow=["p"], installed=points)
    assert loaded.names(MAC) == ("x",)
    assert [record.error is None for record in loaded.plugins] == [True, False]
    assert "another plugin of this name is already loaded" in str(loaded.plugins[1].error)


def test_the_built_in_plugins_win_over_whoever_takes_their_names(plugin: MakePlugin) -> None:
    stranger = plugin("aaa", register_macs=offering(named(HmacSha256, "hmac")))
    loaded = load_registry(allow=["aaa"], installed=[stranger, *entry_points(group=ENTRY_POINT_GROUP)])
    assert loaded.mac("hmac").plugin == "hmac_sha256"
    assert "the MAC 'hmac' is already registered by plugin 'hmac_sha256'" in error_of(loaded, "aaa")


def test_the_order_of_discovery_changes_nothing(plugin: MakePlugin) -> None:
    points = [plugin(name, register_macs=offering(named(HmacSha256, "x"))) for name in ("a", "b", "c")]
    for order in (points, points[::-1], [points[1], points[2], points[0]]):
        assert load(*order).mac("x").plugin == "a"


def test_an_outside_plugin_is_off_and_not_even_imported_until_it_is_allowed(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = f"suitecase_outside_{secrets.token_hex(4)}"
    (tmp_path / f"{module}.py").write_text("raise AssertionError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    loaded = load_registry(installed=[EntryPoint("outside", module, ENTRY_POINT_GROUP)])
    assert loaded.plugins == (PluginRecord("outside", "unknown distribution", "", allowed=False),)
    assert module not in sys.modules
    with pytest.raises(ConfigurationError, match=r"installed but not allowed: outside; --allow-plugin outside"):
        loaded.mac("outside")


def test_allowing_what_is_not_installed_is_an_error_that_lists_what_is(plugin: MakePlugin) -> None:
    points = [plugin("b"), plugin("a")]
    with pytest.raises(ConfigurationError, match=r"no plugin named 'zzz' to allow; installed: a, b"):
        load_registry(allow=["zzz"], installed=points)
    with pytest.raises(ConfigurationError, match=r"installed: none"):
        load_registry(allow=["zzz"], installed=[])


def test_the_built_in_plugins_need_no_permission() -> None:
    loaded = load_registry()
    built_in = {record.name: record for record in loaded.plugins if record.distribution == "suitecase"}
    assert set(built_in) == {"blumgoldwasser", "des3", "hmac_sha256"}
    assert all(record.allowed and record.error is None for record in built_in.values())
    assert loaded.bulk_cipher("des3").info.status is Status.LEGACY


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda loaded: loaded.key_exchange("none"), "there is no key exchange named 'none'; known: bg, bg2048"),
        (lambda loaded: loaded.bulk_cipher("none"), "there is no bulk cipher named 'none'; known: des3"),
        (lambda loaded: loaded.mac("none"), "there is no MAC named 'none'; known: hmac"),
        (lambda loaded: loaded.aead("none"), "there is no AEAD named 'none'; known: none"),
    ],
)
def test_an_unknown_name_lists_the_known_ones(ask: Callable[[Registry], object], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ask(load_registry())
    assert str(caught.value).startswith(message)


def test_an_unknown_name_says_which_plugins_failed(plugin: MakePlugin) -> None:
    loaded = load(plugin("bad", register_macs=raise_error(ValueError("broken"))))
    with pytest.raises(ConfigurationError, match=r"plugins that failed: plugin 'bad'.*ValueError: broken"):
        loaded.mac("hmac")


def test_a_registry_is_frozen(plugin: MakePlugin) -> None:
    loaded = load(plugin("p", register_macs=offering(named(HmacSha256, "x"))))
    with pytest.raises(AttributeError):
        loaded.plugins = ()  # type: ignore[misc]
    with pytest.raises(TypeError):
        loaded._primitives[MAC]["y"] = loaded.mac("x")  # type: ignore[index]
    with pytest.raises(TypeError):
        loaded._primitives[MAC] = {}  # type: ignore[index]


def test_registries_do_not_share_anything(plugin: MakePlugin) -> None:
    point = plugin("p", register_macs=offering(named(HmacSha256, "x")))
    first, second = load(point), load_registry(installed=[point])
    assert first.names(MAC) == ("x",)
    assert second.names(MAC) == ()


def test_there_is_no_plugin_manager_at_module_level() -> None:
    for name, module in list(sys.modules.items()):
        if name == "framework" or name.startswith("framework."):
            held = [key for key, value in vars(module).items() if isinstance(value, pluggy.PluginManager | Registry)]
            assert held == [], name
    tree = ast.parse(inspect.getsource(registry_module))
    calls = [node for statement in tree.body if isinstance(statement, ast.Assign) for node in ast.walk(statement)]
    assert not [node for node in calls if isinstance(node, ast.Attribute) and node.attr == "PluginManager"]
