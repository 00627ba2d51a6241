"""An import stands at the top of its file. Two reasons there are for one inside a function."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import PRODUCT, name_of, python_files

COMMANDS = "app/cli/"
"""The command table loads the module of a command when the command is called, so that each starts quickly."""

OPTIONAL = {"asyncssh", "Crypto", "sympy", "readline", "rich"}
"""Packages that are heavy, or not everywhere: they are loaded where they are needed."""

OTHER_REASONS = {
    "app/__main__.py": "a signal that comes while the program is still loading must find its handler",
    "framework/contract/checks/generic/probe.py": "the probe is a program of its own, and watches what an import does",
    "plugins/des3/": "the kernel needs llvmlite, which is optional",
}
"""Files, or folders, with another reason."""


def imports_in_functions(path: Path) -> Iterator[tuple[int, set[str]]]:
    """Lines and packages of the imports inside functions."""
    for function in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import):
                    yield node.lineno, {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    yield node.lineno, {str(node.module).partition(".")[0]}


def has_another_reason(name: str) -> bool:
    return name.startswith((COMMANDS, *OTHER_REASONS))


def test_an_import_inside_a_function_has_one_of_the_reasons() -> None:
    found = {
        f"{name_of(path)}:{line}": packages
        for path in python_files(*PRODUCT)
        if not has_another_reason(name_of(path))
        for line, packages in imports_in_functions(path)
        if not packages <= OPTIONAL
    }
    assert found == {}


def test_every_other_reason_is_still_needed() -> None:
    needed = {name_of(path) for path in python_files(*PRODUCT) if any(imports_in_functions(path))}
    assert [name for name in OTHER_REASONS if not any(file.startswith(name) for file in needed)] == []
