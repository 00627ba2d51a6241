"""Watches the interpreter while a plugin compares secrets.

A clock is too coarse to show a comparison that stops at the first difference, and a loaded machine makes it lie. So the
instructions are counted instead, which is exact, and every `==` that is executed has its operands looked at. What
happens inside C code is not seen; then the answer is that it is not known.
"""

import ast
import dis
import linecache
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import BuiltinFunctionType, CodeType, FrameType
from typing import Any

CONSTANT_TIME = frozenset({"compare_digest", "_compare_digest", "bytes_eq", "constant_time_bytes_eq"})
EARLY_EXIT = frozenset({"startswith", "endswith", "find", "index", "count", "eq", "ne", "removeprefix", "removesuffix"})
LEAST_SECRET = 4
"""Bytes from which on a compared value is taken for a tag; shorter ones are lengths, versions, flags."""


@dataclass
class Observation:
    """What was seen during one call."""

    instructions: int = 0
    constant_time: bool = False
    early_exit: list[str] = field(default_factory=list)


def observe(function: Callable[[], object], *, secret_size: int = LEAST_SECRET) -> Observation:
    """Call the function, whatever it raises, and tell what the interpreter did meanwhile."""
    seen = Observation()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            seen.instructions += 1
            where = _comparisons(frame.f_code).get(frame.f_lasti)
            if where is not None and any(_is_secret(_value(side, frame), secret_size) for side in where[1]):
                seen.early_exit.append(where[0])
        return trace

    def profile(_: FrameType, event: str, function: Any) -> None:
        if event != "c_call":
            return
        name = getattr(function, "__name__", "")
        if name in CONSTANT_TIME:
            seen.constant_time = True
        owner = getattr(function, "__self__", None)
        compares = isinstance(owner, bytes | bytearray | str) and len(owner) >= secret_size
        if name in EARLY_EXIT and (compares or (name in ("eq", "ne") and isinstance(function, BuiltinFunctionType))):
            seen.early_exit.append(f"{name}()")

    tracer, profiler = sys.gettrace(), sys.getprofile()
    sys.settrace(trace)
    sys.setprofile(profile)
    try:
        function()
    except Exception:  # noqa: BLE001, S110 - the outcome of the call is another check's business
        pass
    finally:
        sys.setprofile(profiler)
        sys.settrace(tracer)
    return seen


@cache
def _comparisons(code: CodeType) -> Mapping[int, tuple[str, tuple[ast.expr, ...]]]:
    """The equality comparisons of a piece of code: offset, source, and both sides."""
    found = {}
    for instruction in dis.get_instructions(code):
        if instruction.opname == "CONTAINS_OP" or (
            instruction.opname == "COMPARE_OP" and any(sign in instruction.argrepr for sign in ("==", "!="))
        ):
            source = _source(code, instruction)
            try:
                tree = ast.parse(source.strip() and f"({source})", mode="eval").body
            except (SyntaxError, ValueError):
                continue
            if isinstance(tree, ast.Compare) and len(tree.ops) == 1 and not _consumes(tree):
                found[instruction.offset] = (source, (tree.left, *tree.comparators))
    return found


def _source(code: CodeType, instruction: dis.Instruction) -> str:
    place = instruction.positions
    if place is None or None in (place.lineno, place.end_lineno, place.col_offset, place.end_col_offset):
        return ""
    first, last = int(place.lineno or 0), int(place.end_lineno or 0)
    lines = [linecache.getline(code.co_filename, number).encode() for number in range(first, last + 1)]
    lines[-1] = lines[-1][: place.end_col_offset]
    lines[0] = lines[0][place.col_offset :]
    return b"".join(lines).decode()


def _consumes(tree: ast.expr) -> bool:
    """Whether evaluating the sides once more would change what comes after."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    methods = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    walrus = any(isinstance(node, ast.NamedExpr | ast.Await | ast.Yield) for node in ast.walk(tree))
    return walrus or bool({"next", "input"} & names or {"pop", "read", "send", "update"} & methods)


def _value(side: ast.expr, frame: FrameType) -> object:
    if isinstance(side, ast.Constant):
        return None  # a secret is never written in the source
    try:
        expression = compile(ast.Expression(side), "<comparison>", "eval")
        return eval(expression, frame.f_globals, frame.f_locals)  # noqa: S307 - the plugin's own source, once more
    except Exception:  # noqa: BLE001 - then it is not known
        return None


def _is_secret(value: object, size: int) -> bool:
    if isinstance(value, bytes | bytearray | memoryview | str | list | tuple):
        return len(value) >= size
    return isinstance(value, int) and value.bit_length() > 8 * size - 16
