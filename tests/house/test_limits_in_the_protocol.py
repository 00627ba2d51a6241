"""Every limit of the code has the value that PROTOCOL.md states, and every row of its tables a limit."""

import ast
import inspect
import re

import pytest

from framework import limits
from plugins.des3 import TripleDes
from tests.house.sources import ROOT

PROTOCOL = (ROOT / "PROTOCOL.md").read_text(encoding="utf-8")

ROWS = {
    "from accepting a connection to a whole M1, and to the end of the handshake": (
        "FIRST_MESSAGE_SECONDS",
        "HANDSHAKE_SECONDS",
    ),
    "connections without a whole M1": ("MAX_SILENT",),
    "first messages that wait for their turn": ("MAX_WAITING",),
    "handshakes between M2 and M3": ("MAX_HALF_OPEN",),
    "open channels whose peer is not authenticated yet, at a server that awaits it": ("MAX_UNAUTHENTICATED",),
    "open channels at a server, in all and for one network": ("MAX_CHANNELS", "MAX_CHANNELS_PER_ADDRESS"),
    "handshakes computing at once": ("HANDSHAKE_WORKERS",),
    "first messages that are remembered": ("MAX_FIRST_MESSAGES", "2 * MAX_FIRST_MESSAGES", "2 * SKEW_MS / 1000"),
    "connections in all": ("MAX_CONNECTIONS",),
    "connections that wait to be accepted": ("BACKLOG",),
    "read buffer": ("READ_SIZE",),
    "received and not yet taken by the application": ("MAX_QUEUED_MESSAGES", "MAX_QUEUED_BYTES"),
    "taken and dropped after a side's own close": ("MAX_AFTER_CLOSE",),
    "without a sign of life of the peer's system, on both sides": (
        "KEEPALIVE_IDLE_SECONDS + KEEPALIVE_PROBES * KEEPALIVE_INTERVAL_SECONDS",
    ),
    "idle channel, at the server": ("IDLE_SECONDS",),
    "life of a channel, at the server": ("LIFETIME_SECONDS",),
    "`max_inner`": ("MAX_INNER",),
    "`skew_ms`": ("SKEW_MS",),
    "`pad_quantum`": ("PAD_QUANTUM",),
}
"""The rows of §8.2 and §3.3, and what each states, in the order of its numbers."""

SENTENCES = {
    "FAILURE_TICK_SECONDS": (r"reset\non the next (\d+) ms tick", 0.001),
    "ACCEPT_PAUSE_SECONDS": (r"takes a pause of ([\d.]+) s", 1),
    "MAX_EPOCH": (r"Epochs end at 2\^32 \S (\d)", None),
    "MAX_KEY_ATTEMPTS": (r"after (\d+) the channel fails", None),
}
"""Limits that a sentence states; the unit in that of the code."""

OWN = {"MAX_SEQUENCE", "SPARE_DESCRIPTORS", "ACCEPTS_AT_ONCE", "CLOSE_SECONDS", "POOL_SIZE"}
"""Limits that no peer can notice, or that no channel reaches; each says in its docstring why it is what it is."""

UNITS = {"": 1, "s": 1, "min": 60, "h": 3600, "ms": 1, "bytes": 1, "messages": 1, "KiB": 1024, "MiB": 1024**2}


def table_rows(section: str) -> dict[str, str]:
    """What the rows of the first table of a section state."""
    text = PROTOCOL.split(f"### §{section} ", 1)[1].split("\n### ", 1)[0]
    rows = [re.split(r" ?\| ?", line)[1:3] for line in text.splitlines() if line.startswith("|")]
    return dict(rows[2:])


def numbers(value: str) -> list[float]:
    """The numbers in a cell, each in seconds, bytes or pieces; in `2 s and 5 s` they are two."""
    found = re.findall(r"([\d,.]*\d)(?: (s|min|h|ms|bytes|messages|KiB|MiB)\b)?", value)
    return [float(number.replace(",", "")) * UNITS[unit] for number, unit in found]


def constants() -> dict[str, float]:
    """Every limit of the code by its name."""
    body = ast.parse(inspect.getsource(limits)).body
    names = [
        node.targets[0].id for node in body if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    ]
    return {name: getattr(limits, name) for name in names if isinstance(getattr(limits, name), int | float)}


TABLES = table_rows("8.2") | table_rows("3.3")
EPOCH_LIMIT = "`epoch_limit`"


def test_every_row_has_a_limit_and_no_limit_a_row_that_is_gone() -> None:
    assert set(TABLES) - {EPOCH_LIMIT} == set(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_states_the_limits_of_the_code(row: str) -> None:
    stated = numbers(TABLES[row])
    assert stated == [eval(expression, {}, constants()) for expression in ROWS[row]]  # noqa: S307 - of this file


@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_states_the_limit_of_the_code(name: str) -> None:
    pattern, unit = SENTENCES[name]
    [stated] = re.findall(pattern, PROTOCOL)
    expected = {"MAX_EPOCH": 2**32 - float(stated), "MAX_KEY_ATTEMPTS": float(stated) + 1}
    assert constants()[name] == pytest.approx(expected.get(name, float(stated) * (unit or 1)))


def test_triple_des_has_the_epoch_limit_of_the_protocol() -> None:
    blocks = re.search(r"Triple DES 2\^(\d+) blocks = ([\d,]+) bytes", TABLES[EPOCH_LIMIT])
    assert blocks is not None
    assert 8 * 2 ** int(blocks[1]) == int(blocks[2].replace(",", "")) == TripleDes().max_bytes_per_key


def test_every_limit_of_the_code_is_stated_or_its_own_affair() -> None:
    in_rows = set(re.findall(r"[A-Z_]{4,}", " ".join(expression for row in ROWS.values() for expression in row)))
    assert in_rows | set(SENTENCES) | OWN == set(constants())


def test_a_cell_is_read_in_the_units_of_the_code() -> None:
    assert numbers("2 s and 5 s") == [2, 5]
    assert numbers("one frame and one read of the socket, 64 KiB") == [65_536]
    assert numbers("32,768 to 65,536, for 60 s") == [32_768, 65_536, 60]
    assert numbers("15 min") == [900]
