"""Discovery of plugins: what is loaded, what is refused, how it is said. Plugins here are modules made on the spot."""

import ast
import inspect
import secrets
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

import pluggy
import pytest

from framework import ConfigurationError, PrimitiveInfo, Status, hookimpl, load_registry
from framework.errors import Interruption
from framework.registry import ENTRY_POINT_GROUP, Kind, PluginRecord, Registry
from framework.registry import registry as registry_module
from plugins.hmac_sha256.mac import HmacSha256
from tests.support.peers import AesCtr, AesGcm, X25519Kem

MakePlugin = Callable[..., EntryPoint]


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> MakePlugin:
    """Makes a module with the given hooks, importable for this test, and gives its entry point."""

    def make(name: str, **hooks: object) -> EntryPoint:
        module = ModuleType(f"suitecase_test_{name}_{secrets.token_hex(4)}")
        for hook, implementation in hooks.items():
            setattr(module, hook, implementation)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return EntryPoint(name, module.__name__, ENTRY_POINT_GROUP)

    return make


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


def test_a_plugin_may_offer_primitives_of_every_kind(plugin: MakePlugin) -> None:
    point = plugin(
        "all",
        register_key_exchanges=offering(named(X25519Kem, "k1"), named(X25519Kem, "k2")),
        register_bulk_ciphers=offering(named(AesCtr, "c1")),
        register_macs=offering(named(HmacSha256, "m1")),
        register_aeads=offering(named(AesGcm, "a1")),
    )
    loaded = load(point)
    assert {kind: loaded.names(kind) for kind in Kind} == {
        Kind.KEY_EXCHANGE: ("k1", "k2"),
        Kind.BULK_CIPHER: ("c1",),
        Kind.MAC: ("m1",),
        Kind.AEAD: ("a1",),
    }
    for primitive in (loaded.key_exchange("k2"), loaded.bulk_cipher("c1"), loaded.mac("m1"), loaded.aead("a1")):
        assert primitive.plugin == "all"
    [record] = loaded.plugins
    assert (record.distribution, record.version, record.error) == ("unknown distribution", "", None)
    assert [(kind, info.name) for kind, info in record.primitives] == [
        (Kind.KEY_EXCHANGE, "k1"),
        (Kind.KEY_EXCHANGE, "k2"),
        (Kind.BULK_CIPHER, "c1"),
        (Kind.MAC, "m1"),
        (Kind.AEAD, "a1"),
    ]


def test_a_plugin_may_be_an_object_with_hooks() -> None:
    point = EntryPoint("object", f"{__name__}:PLUGIN_OBJECT", ENTRY_POINT_GROUP)
    sys.modules.setdefault(__name__, inspect.getmodule(test_a_plugin_may_be_an_object_with_hooks))  # type: ignore[arg-type]
    assert load(point).names(Kind.MAC) == ("objectmac",)


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
    assert all("y" not in loaded.names(kind) for kind in Kind), "a refused plugin offers nothing, not even the rest"
    assert any("x" in loaded.names(kind) for kind in Kind)


def test_a_plugin_that_offers_a_name_twice_is_refused(plugin: MakePlugin) -> None:
    loaded = load(plugin("p", register_macs=offering(named(HmacSha256, "x"), named(HmacSha256, "x"))))
    assert "already registered by plugin 'p'" in error_of(loaded, "p")
    assert loaded.names(Kind.MAC) == ()


def test_two_plugins_of_one_name_are_never_both_loaded(plugin: MakePlugin) -> None:
    points = [plugin("p", register_macs=offering(named(HmacSha256, name))) for name in ("x", "y")]
    loaded = load_registry(allow=["p"], installed=points)
    assert loaded.names(Kind.MAC) == ("x",)
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


def raise_error(error: BaseException) -> Callable[..., None]:
    @hookimpl
    def hook() -> None:
        raise error

    return hook


@hookimpl
def misnamed_argument(registrar: Callable[[object], None]) -> None:
    registrar(named(HmacSha256, "never"))


@hookimpl
def sound_hook(register: Callable[[object], None]) -> None:
    register(named(HmacSha256, "never"))


def without_marker(register: Callable[[object], None]) -> None:
    register(named(HmacSha256, "never"))


def property_that_raises(error: BaseException) -> property:
    def getter(_: object) -> object:
        raise error

    return property(getter)


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
    assert loaded.names(Kind.MAC) == ("x", "y")


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
    assert loaded.names(Kind.MAC) == ("x",)


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


# --- claims ---

INFO = {"name": "x", "title": "t", "security_bits": 128, "status": Status.LEGACY, "reference": "r"}


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("name", None, "str"),
        ("name", b"x", "str"),
        ("title", 7, "str"),
        ("security_bits", "128", "int"),
        ("security_bits", 128.0, "int"),
        ("security_bits", True, "int"),
        ("status", "LEGACY", "Status"),
        ("reference", None, "str"),
    ],
)
def test_the_fields_of_an_info_have_their_types(plugin: MakePlugin, field: str, value: object, expected: str) -> None:
    info = PrimitiveInfo(**{**INFO, field: value})  # type: ignore[arg-type]
    loaded = load(plugin("p", register_macs=offering(named(HmacSha256, "x", info=info))))
    assert f"{field} in its info must be a {expected}" in error_of(loaded, "p")


@pytest.mark.parametrize("name", ["", "X", "3des", "a-b", "a_b", "a b", "a\n", "é", "a\u0663", "hmac-"])
def test_a_name_is_a_token_of_a_suite_name(plugin: MakePlugin, name: str) -> None:
    loaded = load(plugin("p", register_macs=offering(named(HmacSha256, name))))
    assert "is not of the form [a-z][a-z0-9]*" in error_of(loaded, "p")


SIZES = [
    ("register_key_exchanges", X25519Kem, ("public_key_size", "private_key_size", "ciphertext_size")),
    ("register_bulk_ciphers", AesCtr, ("key_size", "iv_size", "max_bytes_per_key")),
    ("register_macs", HmacSha256, ("key_size", "tag_size")),
    ("register_aeads", AesGcm, ("key_size", "nonce_size", "tag_size", "max_records_per_key")),
]
CLAIMS = [(hook, kind, claim) for hook, kind, claims in SIZES for claim in claims]


@pytest.mark.parametrize(("hook", "kind", "claim"), CLAIMS, ids=[f"{kind.__name__}.{c}" for _, kind, c in CLAIMS])
@pytest.mark.parametrize("value", [0, -1, True, 32.0, "32", None, b"32", 2**63, 2**64])
def test_a_size_is_a_positive_int(plugin: MakePlugin, hook: str, kind: type, claim: str, value: object) -> None:
    loaded = load(plugin("p", **{hook: offering(named(kind, "x", **{claim: value}))}))
    assert f"x: {claim} must be an int from" in error_of(loaded, "p")


@pytest.mark.parametrize(
    ("hook", "kind", "claim", "least", "most"),
    [
        # RFC 5869 §2.3: HKDF-Expand gives at most 255 blocks of 32 bytes.
        ("register_bulk_ciphers", AesCtr, "key_size", 1, 8160),
        ("register_bulk_ciphers", AesCtr, "iv_size", 1, 8160),
        ("register_macs", HmacSha256, "key_size", 1, 8160),
        ("register_aeads", AesGcm, "key_size", 1, 8160),
        # PROTOCOL §6.3: the nonce holds a u64.
        ("register_aeads", AesGcm, "nonce_size", 8, 8160),
        # What a peer can make the other side hold.
        ("register_key_exchanges", X25519Kem, "public_key_size", 1, 2**24),
        ("register_key_exchanges", X25519Kem, "ciphertext_size", 1, 2**24),
    ],
)
def test_a_size_lies_between_what_the_protocol_can_use(
    plugin: MakePlugin, hook: str, kind: type, claim: str, least: int, most: int
) -> None:
    for value, taken in ((least - 1, False), (least, True), (most, True), (most + 1, False)):
        loaded = load(plugin("p", **{hook: offering(named(kind, "x", **{claim: value}))}))
        assert (loaded.plugins[0].error is None) == taken, value


def test_claims_are_checked_as_they_are_used(plugin: MakePlugin) -> None:
    """A size that changes between two looks is checked in the form in which the guard keeps it."""

    class Wavering(HmacSha256):
        info = PrimitiveInfo("x", "x", 128, Status.LEGACY, "this test")
        looks = 0

        @property
        def tag_size(self) -> int:  # type: ignore[override]
            Wavering.looks += 1
            return 32 if Wavering.looks % 2 else -5

    for _ in range(4):
        loaded = load(plugin("p", register_macs=offering(Wavering())))
        if loaded.plugins[0].error is None:
            assert loaded.mac("x").tag_size == 32
        Wavering.looks += 1


# --- permission ---


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


# --- the registry itself ---


def test_a_registry_is_frozen(plugin: MakePlugin) -> None:
    loaded = load(plugin("p", register_macs=offering(named(HmacSha256, "x"))))
    with pytest.raises(AttributeError):
        loaded.plugins = ()  # type: ignore[misc]
    with pytest.raises(TypeError):
        loaded._primitives[Kind.MAC]["y"] = loaded.mac("x")  # type: ignore[index]
    with pytest.raises(TypeError):
        loaded._primitives[Kind.MAC] = {}  # type: ignore[index]


def test_registries_do_not_share_anything(plugin: MakePlugin) -> None:
    point = plugin("p", register_macs=offering(named(HmacSha256, "x")))
    first, second = load(point), load_registry(installed=[point])
    assert first.names(Kind.MAC) == ("x",)
    assert second.names(Kind.MAC) == ()


def test_there_is_no_plugin_manager_at_module_level() -> None:
    for name, module in list(sys.modules.items()):
        if name == "framework" or name.startswith("framework."):
            held = [key for key, value in vars(module).items() if isinstance(value, pluggy.PluginManager | Registry)]
            assert held == [], name
    tree = ast.parse(inspect.getsource(registry_module))
    calls = [node for statement in tree.body if isinstance(statement, ast.Assign) for node in ast.walk(statement)]
    assert not [node for node in calls if isinstance(node, ast.Attribute) and node.attr == "PluginManager"]
