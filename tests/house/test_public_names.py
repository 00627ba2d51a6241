"""What is public is documented and used, and what is not is imported by nobody outside."""

import ast
import re

import pytest

import framework
from tests.house.sources import documents, name_of, python_files

PUBLIC_MODULES = {"framework", "framework.plugin", "framework.aio", "framework.contract"}
"""What others than the framework may import from. For the app and the built-in plugins import-linter holds it."""

OUTSIDE = {
    name_of(path): path.read_text("utf-8") for path in python_files("app", "plugins", "framework/contract", "examples")
}
PAGES = {name_of(path): path.read_text("utf-8") for path in documents()}


def imported_from(text: str) -> set[str]:
    """The modules of the framework that a source imports from."""
    nodes = [*ast.walk(ast.parse(text))]
    modules = {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {module for module in modules if module.partition(".")[0] == "framework"}


@pytest.mark.parametrize("name", framework.__all__)
def test_every_public_name_is_used_outside_the_framework(name: str) -> None:
    word = re.compile(rf"\b{name}\b")
    assert [path for path, text in (OUTSIDE | PAGES).items() if word.search(text)]


def test_no_example_imports_what_is_not_public() -> None:
    examples = {path: imported_from(text) for path, text in OUTSIDE.items() if path.startswith("examples/")}
    assert examples
    assert {path: inside for path, modules in examples.items() if (inside := modules - PUBLIC_MODULES)} == {}


@pytest.mark.parametrize("page", PAGES)
def test_no_document_imports_what_is_not_public(page: str) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGES[page], re.MULTILINE | re.DOTALL)
    modules = set().union(*map(imported_from, blocks))
    assert modules <= PUBLIC_MODULES


def test_an_import_of_what_is_not_public_would_be_found() -> None:
    assert imported_from("from framework.channel import Channel\nimport framework.suite\nimport os") == {
        "framework.channel",
        "framework.suite",
    }
