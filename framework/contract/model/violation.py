"""What a check raises when a plugin breaks its contract, and how the inputs that show it are written."""

from collections.abc import Mapping

from framework.contract.model.cause import Cause


class Violation(Exception):
    """The plugin broke its contract. `inputs` are what shows it, the smallest that the check knows."""

    def __init__(self, what: str, **inputs: object) -> None:
        super().__init__(what)
        self.what = what
        self.inputs: Mapping[str, str] = {name: shown(value) for name, value in inputs.items()}
        self.cause: Cause | None = None


class TooSlow(Violation):
    """The check did not come to its end in time, so nothing is known about what it looks for."""


class Unsteady(Violation):
    """The plugin does not give the same each time, so that whatever else fails may follow from that."""


def shown(value: object, limit: int = 96) -> str:
    """Write an input for a person: bytes in hex, cut to `limit` bytes."""
    if isinstance(value, bytes | bytearray | memoryview):
        octets = bytes(value)
        hexed = octets[:limit].hex() or "empty"
        return f"{hexed}{'…' if len(octets) > limit else ''} ({len(octets)} bytes)"
    if isinstance(value, tuple | list):
        inner = ", ".join(shown(item, limit=24) for item in value[:12])
        return f"[{inner}{', …' if len(value) > 12 else ''}]"
    return str(value)[: 4 * limit]
