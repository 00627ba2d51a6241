"""Known answers and claims, which a plugin's author puts beside the module as `contract_vectors.json`.

    {"provenance": "where the answers come from, and with what",
     "primitives": {"mycipher": {"claims": {…}, "answers": [{"key": "00…", "iv": "00…", …}, …]}}}

Octets are hex. Where a message is long, `{"shake256": "a seed", "size": 65537}` stands for that many bytes of SHAKE-256
of the seed, and an answer of the same length is given as `{"sha256": "…"}`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256, shake_256
from pathlib import Path
from typing import Any

from framework.errors import ConfigurationError

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Expected:
    """A known output: whole, or its SHA-256."""

    octets: bytes | None
    digest: bytes | None = None

    def equals(self, output: bytes) -> bool:
        """Whether this is the output."""
        return output == self.octets if self.digest is None else sha256(output).digest() == self.digest


@dataclass(frozen=True)
class Vectors:
    """What the file says of one primitive."""

    path: str = ""
    provenance: str = ""
    answers: tuple[Answer, ...] = ()
    claims: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    absent: bool = False

    def about_claim(self, name: str, instead: object = None) -> dict[str, str]:
        """For a finding: where a claim is, or would be, written, its line there, and the line that says otherwise."""
        lines = {"claim": self.claims.get(name), "to say" if name in self.claims else "to claim": instead}
        written = {
            label: f'"claims": {json.dumps({name: value}, ensure_ascii=False)}'
            for label, value in lines.items()
            if value is not None
        }
        return {"place": self.path, **written}

    def claim_octets(self, name: str) -> tuple[bytes, ...]:
        """A claim that is a list of octet strings."""
        return tuple(octets(item) for item in self.claims.get(name, ()))


def load_vectors(path: Path, name: str) -> Vectors:
    """Read the file; a fault of it is kept as `problem`, for a check to report."""
    try:
        content = json.loads(path.read_text("utf-8"))
        entry = content["primitives"][name]
        return Vectors(
            str(path), str(content.get("provenance", "")), tuple(entry.get("answers", ())), entry.get("claims", {})
        )
    except FileNotFoundError:
        return Vectors(str(path), problem=f"there is no file {path.name} beside the plugin", absent=True)
    except KeyError as error:
        return Vectors(str(path), problem=f"{path.name} has no entry {error}", absent=True)
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        return Vectors(str(path), problem=f"{path.name} cannot be read: {error}")


def octets(value: object) -> bytes:
    """Read octets: hex, or a seed and a size. Raises ConfigurationError for anything else."""
    if isinstance(value, bytes):
        return value
    try:
        if isinstance(value, str):
            return bytes.fromhex(value)
        if isinstance(value, Mapping):
            return shake_256(str(value["shake256"]).encode()).digest(int(value["size"]))
    except (ValueError, KeyError) as error:
        raise ConfigurationError(f"a vector holds no octets: {error}") from None
    raise ConfigurationError(f"a vector holds {type(value).__name__} where octets are due")


def expected(value: object) -> Expected:
    """Read a known output: hex, or its SHA-256."""
    if isinstance(value, Mapping) and "sha256" in value:
        return Expected(None, octets(value["sha256"]))
    return Expected(octets(value))
