"""The public names: few, documented, typed and tested; the core: pure, and without a word about any cipher."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import framework
from framework import hookspecs, plugin
from framework.kinds import KINDS
from framework.registry import load_registry

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "framework"
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if "contract" not in path.relative_to(PACKAGE).parts]
CORE = [path for path in MODULES if "aio" not in path.relative_to(PACKAGE).parts]
HOOKS = [name for name in vars(hookspecs) if name.startswith("register_")]


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


# --- the public names ---


def test_the_public_names_are_few_and_sorted() -> None:
    assert len(framework.__all__) <= 42
    assert len(plugin.__all__) <= 22
    assert plugin.__all__ == sorted(plugin.__all__)
    own = framework.__all__[: -len(plugin.__all__)]
    assert framework.__all__ == [*sorted(own), *plugin.__all__]
    assert len(set(framework.__all__)) == len(framework.__all__)


def test_what_is_public_is_what_is_imported() -> None:
    """Nothing is exported by accident, and nothing that is meant to be is missing."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    from_ours = [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and str(node.module).startswith("framework")
    ]
    imported = {alias.name for node in from_ours for alias in node.names}
    assert (imported - {"*", "plugin"}) | set(plugin.__all__) == set(framework.__all__)


def test_what_a_plugin_imports_is_what_its_face_imports() -> None:
    tree = ast.parse((PACKAGE / "plugin.py").read_text())
    imported = {alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert imported == set(plugin.__all__)


def test_what_is_loaded_later_is_what_a_type_checker_sees() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If) and isinstance(node.test, ast.Name)]
    seen = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert dict(framework._LOADED_LATER) == seen


def test_what_a_plugin_imports_is_public_and_the_same() -> None:
    assert set(plugin.__all__) < set(framework.__all__)
    assert all(getattr(plugin, name) is getattr(framework, name) for name in plugin.__all__)


def test_every_public_name_is_listed_and_no_other_is_given() -> None:
    assert set(framework.__all__) <= set(dir(framework))
    with pytest.raises(AttributeError, match="module 'framework' has no attribute 'nonsense'"):
        framework.nonsense  # type: ignore[attr-defined] # noqa: B018


@pytest.mark.parametrize("name", [name for name in framework.__all__ if name not in {"RandomBytes", "hookimpl"}])
def test_every_public_name_is_documented(name: str) -> None:
    documented = inspect.getdoc(getattr(framework, name))
    assert documented is not None
    assert len(documented) > 20
    assert not documented.startswith(f"{name}("), "a docstring that dataclass made"


def test_the_two_names_that_bear_no_docstring_are_described_beside_them() -> None:
    assert '"""A source of randomness' in inspect.getsource(framework.info)
    assert "@framework.hookimpl" in str(hookspecs.__doc__)


def test_every_public_name_is_in_the_architecture() -> None:
    described = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "architecture.md").read_text()))
    assert set(framework.__all__) <= described


def test_every_room_of_the_framework_is_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    table = text[text.index("## The rooms of the framework") : text.index("## The rooms of the app")]
    rooms = {f"{path.name}/" for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    rooms |= {path.name for path in PACKAGE.glob("*.py") if path.name != "__init__.py"}
    assert set(re.findall(r"`(\w+(?:\.py|/))`", table)) == rooms


INTERFACES = ("KeyExchange", "BulkCipher", "Mac", "Aead")
"""Their sizes are documented with the module: all in bytes, constants of the primitive."""


def public_members() -> list[Any]:
    found = []
    for name in framework.__all__:
        value = getattr(framework, name)
        for member, made in vars(value).items() if inspect.isclass(value) else ():
            is_size = isinstance(made, property) and name in INTERFACES
            is_code = inspect.isfunction(made) or isinstance(made, property | classmethod | staticmethod)
            if is_code and not is_size and not member.startswith("_"):
                found.append(pytest.param(made, id=f"{name}.{member}"))
    return found


@pytest.mark.parametrize("member", public_members())
def test_every_public_method_is_documented(member: Any) -> None:
    assert inspect.getdoc(member)


# --- the hooks ---


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_with_what_to_call(hook: str) -> None:
    assert "register(" in str(inspect.getdoc(getattr(hookspecs, hook)))


def test_there_is_a_hook_for_every_kind_and_no_other() -> None:
    assert len(HOOKS) == len(KINDS)
    specified = [name for name in HOOKS if hasattr(getattr(hookspecs, name), "suitecase_spec")]
    assert specified == HOOKS


@pytest.mark.parametrize("hook", HOOKS)
def test_no_hook_lets_one_plugin_shadow_another(hook: str) -> None:
    assert not getattr(hookspecs, hook).suitecase_spec["firstresult"]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_tested(hook: str) -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("registry/*.py"))
    assert f"{hook}=offering(" in tests


# --- what the framework may not know ---


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_framework_names_no_plugin(path: Path) -> None:
    text = re.sub(r"Triple DES", "", path.read_text()) if path.name == "limits.py" else path.read_text()
    assert not re.search(r"des3|blum|goldwasser|hmac_sha256|\bdes\b|\bbg\b|\b3des\b", text, re.IGNORECASE)


FORBIDDEN = {"socket", "asyncio", "threading", "time", "datetime", "ssl", "select", "selectors", "signal", "io"}
FORBIDDEN |= {"queue", "concurrent", "multiprocessing", "subprocess", "pathlib", "shutil", "tempfile", "logging"}
FORBIDDEN |= {"random", "sympy", "app", "plugins"}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.add(str(node.module).partition(".")[0])
    return found


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_core_imports_neither_sockets_nor_clocks_nor_threads(path: Path) -> None:
    assert not imports(path) & FORBIDDEN


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_core_asks_the_system_for_nothing_but_the_process_id(path: Path) -> None:
    """By which a channel notices that it has been forked."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
    assert {node.attr for node in nodes if ast.unparse(node.value) == "os"} <= {"getpid"}


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_core_imports_nothing_of_aio(path: Path) -> None:
    """Only the list of public names does."""
    if path.name != "__init__.py" or path.parent != PACKAGE:
        assert "framework.aio" not in path.read_text()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_check_is_an_assert_and_nothing_opens_prints_or_evaluates(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"open", "print", "eval", "exec", "input", "compile", "__import__"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_holds_mutable_state(path: Path) -> None:
    """At module level stand constants: no list, no dict that is written to, no global statement."""
    tree = ast.parse(path.read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Global)]
    for statement in tree.body:
        value = getattr(statement, "value", None)
        targets = [ast.unparse(target) for target in getattr(statement, "targets", [])]
        if targets != ["__all__"] and isinstance(statement, ast.Assign | ast.AnnAssign):
            assert not isinstance(value, ast.List | ast.Set | ast.ListComp), ast.unparse(statement)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_is_long_and_no_function_is(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno <= 55, f"{path}:{node.lineno} {node.name}"


def test_importing_the_framework_has_no_effect_and_is_quick() -> None:
    program = (
        "import sys, threading, framework\n"
        "heavy = {'sympy', 'gmpy2', 'llvmlite', 'pydantic', 'typer', 'rich', 'bitarray'} & set(sys.modules)\n"
        "print(sorted(heavy), threading.active_count(), 'plugins' in sys.modules, 'app' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[] 1 False False\n", "")


@pytest.mark.parametrize("module", ["framework", "framework.plugin", "plugins.hmac_sha256"])
def test_a_plugin_loads_neither_asyncio_nor_the_channel(module: str) -> None:
    program = (
        f"import sys, {module}\n"
        "unwanted = {'asyncio', 'socket', 'ssl', 'threading', 'framework.channel', 'framework.registry'}\n"
        "print(sorted(unwanted & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_loading_the_built_in_plugins_works_in_a_bare_process() -> None:
    assert {record.name for record in load_registry().plugins if not record.error} >= {"des3", "hmac_sha256"}
