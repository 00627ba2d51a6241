"""A kind of primitive is one value, and a fifth kind touches few files (docs/architecture.md)."""

import ast
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import pytest

from framework import ConfigurationError, PrimitiveInfo, Status, hookspecs
from framework.kinds import AEAD, BULK_CIPHER, KEY_EXCHANGE, KINDS, MAC, AnyKind, Kind, kind_of
from framework.kinds.guarding import Guarded
from framework.registry import loading, registry
from tests.support.made_plugins import MakePlugin, error_of, load, offering

FRAMEWORK = Path(hookspecs.__file__).parent
MODULES = {kind.guard.__module__: kind for kind in KINDS}


def test_every_kind_has_names_of_its_own() -> None:
    for values in ([kind.name for kind in KINDS], [kind.words for kind in KINDS], [kind.hook for kind in KINDS]):
        assert len(set(values)) == len(KINDS)
    assert [str(kind) for kind in KINDS] == ["key exchange", "bulk cipher", "MAC", "AEAD"]


def test_every_kind_is_one_file_with_its_protocol_and_its_guard() -> None:
    assert len(MODULES) == len(KINDS)
    for kind in KINDS:
        assert kind.interface.__module__ == kind.guard.__module__
        assert kind.guard.__name__ == f"Guarded{kind.interface.__name__}"


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_kind_claims_members_of_its_protocol(kind: AnyKind) -> None:
    assert set(kind.claims) <= set(vars(kind.interface))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_kind_is_found_by_its_name(kind: AnyKind) -> None:
    assert kind_of(kind.name) is kind


def test_another_name_lists_the_kinds() -> None:
    with pytest.raises(ConfigurationError, match="'hash': it is one of key-exchange, bulk-cipher, mac, aead"):
        kind_of("hash")


def test_only_ciphers_and_aeads_share_their_names() -> None:
    assert BULK_CIPHER.namespace == AEAD.namespace
    assert len({kind.namespace for kind in (KEY_EXCHANGE, BULK_CIPHER, MAC)}) == 3


# --- who names every kind ---


def kinds_named(path: Path) -> set[str]:
    """The modules of kinds from which the file imports, or whose value or hook it names."""
    tree = ast.parse(path.read_text())
    found = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} & set(MODULES)
    words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    words |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for module, kind in MODULES.items():
        if {kind.name.replace("-", "_").upper(), kind.hook} & words:
            found.add(module)
    return found


def test_few_files_name_every_kind() -> None:
    paths = FRAMEWORK.rglob("*.py")
    assert {str(path.relative_to(FRAMEWORK)) for path in paths if len(kinds_named(path)) == len(KINDS)} == {
        "kinds/__init__.py",
        "hookspecs.py",
        "plugin.py",
        # These name the kinds of which a suite is made; a kind that is in no suite's name leaves them as they are.
        "suite.py",
        "registry/registry.py",
        "contract/checks/channel/suites.py",
        # The kit's adapters of these four; those of another kind lie beside its checks.
        "contract/model/adapters.py",
    }


# --- a fifth kind, made on the spot ---


@runtime_checkable
class Dice(Protocol):
    @property
    def info(self) -> PrimitiveInfo: ...
    @property
    def sides(self) -> int: ...
    def throw(self) -> int: ...


class GuardedDice(Guarded[Dice]):
    def __init__(self, primitive: Dice, plugin: str) -> None:
        super().__init__(primitive, plugin)
        self.sides = primitive.sides


class TwoSides:
    info = PrimitiveInfo("coin", "a coin", 1, Status.EXPERIMENTAL, "this test")
    sides = 2

    def throw(self) -> int:
        return 1


DICE = Kind("dice", "dice", "register_dice", Dice, GuardedDice, MappingProxyType({"sides": range(2, 21)}), "dice")


@hookspecs.hookspec
def register_dice(register: Callable[[Dice], None]) -> None:
    """Call `register(dice)`."""


@pytest.fixture
def with_dice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line in the hook specifications and one in the list of kinds."""
    monkeypatch.setattr(hookspecs, "register_dice", register_dice, raising=False)
    for module in (loading, registry):
        monkeypatch.setattr(module, "KINDS", (*KINDS, DICE))


@pytest.mark.usefixtures("with_dice")
def test_the_registry_loads_a_fifth_kind_and_knows_nothing_of_it(plugin: MakePlugin) -> None:
    loaded = load(plugin("p", register_dice=offering(TwoSides())))
    assert loaded.names(DICE) == ("coin",)
    assert loaded.get(DICE, "coin").sides == 2
    assert [(str(kind), info.name) for kind, info in loaded.plugins[0].primitives] == [("dice", "coin")]
    with pytest.raises(ConfigurationError, match="there is no dice named 'cube'; known: coin"):
        loaded.get(DICE, "cube")
    with pytest.raises(ConfigurationError, match=r"there is no MAC named 'coin'.*'coin' is of another kind, dice"):
        loaded.get(MAC, "coin")


@pytest.mark.usefixtures("with_dice")
def test_the_claims_and_the_names_of_a_fifth_kind_are_checked(plugin: MakePlugin) -> None:
    class Ball(TwoSides):
        sides = 1

    loaded = load(
        plugin("a", register_dice=offering(TwoSides())),
        plugin("b", register_dice=offering(TwoSides())),
        plugin("c", register_dice=offering(Ball())),
        plugin("d", register_dice=offering(object())),
    )
    assert error_of(loaded, "b").endswith("the dice 'coin' is already registered by plugin 'a'")
    assert error_of(loaded, "c").endswith("coin: sides must be an int from 2 to 20, not 1")
    assert error_of(loaded, "d").endswith("object is no dice: it lacks info, sides, throw")


def test_without_its_hook_a_fifth_kind_is_not_known(plugin: MakePlugin) -> None:
    assert "unknown hook 'register_dice'" in error_of(load(plugin("p", register_dice=offering(TwoSides()))), "p")
