"""The kit's rooms: what the engine must not know."""

import re
from pathlib import Path

from framework.contract.engine.collection import catalogue
from framework.contract.engine.subjects import prefixes

KIT = Path(__file__).resolve().parents[2] / "framework/contract"
ID = re.compile(rf"\b(?:{'|'.join(prefixes())})-\d+")


def test_the_engine_knows_no_check_by_name() -> None:
    """A check says of itself, by its fields, how it is treated; its examples in help texts are no knowledge."""
    named = {
        f"{path.relative_to(KIT)}: {found}"
        for room in ("model", "inputs", "comparison", "engine", "report")
        for path in (KIT / room).rglob("*.py")
        for found in ID.findall(path.read_text("utf-8"))
    }
    assert not named


def test_each_field_is_said_of_a_check() -> None:
    checks = catalogue().values()
    for field in ("halts", "processes", "refuses", "of_texts", "always", "steadies", "forbids_waiver"):
        assert 0 < sum(getattr(check, field) for check in checks) < len(checks), field
