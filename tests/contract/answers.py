"""Writes the `contract_vectors.json` of the built-in plugins and of the zoo, each from an independent computation.

python -m tests.contract.answers
"""

import json
from collections.abc import Callable, Mapping
from hashlib import sha256, shake_256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

ROOT = Path(__file__).resolve().parents[2]

LONG = 70_001


def seeded(label: str, size: int) -> bytes:
    return shake_256(label.encode()).digest(size)


def hmac_answers() -> list[dict[str, Any]]:
    """HMAC-SHA-256 by OpenSSL."""

    def tag(key: bytes, message: bytes) -> str:
        context = HMAC(key, hashes.SHA256())
        context.update(message)
        return context.finalize().hex()

    answers: list[dict[str, Any]] = []
    for size in (0, 1, 8, 31, 32, 55, 56, 63, 64, 65, 100, 119, 127, 128, 129, 200, 1000):
        key, message = seeded(f"hmac key {size}", 32), seeded(f"hmac message {size}", size)
        answers.append({"key": key.hex(), "message": message.hex(), "tag": tag(key, message)})
    key = seeded("hmac key zeros", 32)
    answers.append({"key": key.hex(), "message": "0100000000", "tag": tag(key, bytes.fromhex("0100000000"))})
    label = "hmac long message"
    long = {"shake256": label, "size": LONG}
    answers.append({"key": key.hex(), "message": long, "tag": tag(key, seeded(label, LONG))})
    return answers


def few_answers() -> list[dict[str, Any]]:
    return hmac_answers()[1:4]


OPENSSL = "computed with OpenSSL through the Python package cryptography by tests/contract/answers.py"


def files() -> Mapping[str, Callable[[], dict[str, Any]]]:
    """Each file's path and what makes its content."""
    return {
        "plugins/hmac_sha256/contract_vectors.json": lambda: _file(OPENSSL, hmac={"answers": hmac_answers()}),
        "tests/zoo/few_answers.json": lambda: _file(OPENSSL, hmac={"answers": few_answers()}),
        "tests/zoo/misspelt_claim.json": lambda: _file(
            OPENSSL, hmac={"claims": {"constant_tiem": True}, "answers": hmac_answers()}
        ),
    }


def _file(provenance: str, **primitives: Any) -> dict[str, Any]:
    return {"provenance": provenance, "primitives": primitives}


def written(content: dict[str, Any]) -> str:
    """The text of a file: an answer a line."""
    lines = ["{", f'  "provenance": {json.dumps(content["provenance"])},', '  "primitives": {']
    entries = []
    for name, entry in content["primitives"].items():
        claims = f'"claims": {json.dumps(entry["claims"])},\n      ' if entry.get("claims") else ""
        answers = ",\n        ".join(json.dumps(answer) for answer in entry["answers"])
        entries.append(f'    "{name}": {{\n      {claims}"answers": [\n        {answers}\n      ]\n    }}')
    return "\n".join([*lines, ",\n".join(entries), "  }", "}", ""])


def digest(value: bytes) -> dict[str, str]:
    return {"sha256": sha256(value).hexdigest()}


def main() -> None:
    for path, make in files().items():
        (ROOT / path).write_text(written(make()), "utf-8")


if __name__ == "__main__":
    main()
