"""Writes the known answers of `mine` with OpenSSL, by way of the package cryptography."""

import json
from hashlib import sha256, shake_256
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

PLACE = Path(__file__).parent / "src" / "suitecase_mine" / "contract_vectors.json"
ONES = b"\xff" * 12
NONCES = [ONES, bytes(12), b"\x12" * 6 + ONES[:6], ONES[:6] + b"\x34" * 6, b"\x56" * 8 + ONES[:4]]
SIZES = [40, 33, 64, 24, 100, 48, 31, 7, 1, 16, 63, 65, 128, 129, 200, 300, 1000, 1025, 4097, 70_001]


def seeded(label: str, size: int) -> bytes:
    """Octets that anyone can make again."""
    return shake_256(label.encode()).digest(size)


def chacha20(key: bytes, nonce: bytes, plaintext: bytes) -> bytes:
    """What OpenSSL makes of it; its counter begins at zero."""
    return Cipher(ChaCha20(key, bytes(4) + nonce), mode=None).encryptor().update(plaintext)


def answer(number: int, size: int) -> dict[str, object]:
    """One known answer."""
    key = seeded(f"key {number}", 32)
    nonce = NONCES[number] if number < len(NONCES) else seeded(f"nonce {number}", 12)
    ciphertext = chacha20(key, nonce, seeded(f"plaintext {number}", size))
    short = size < 500
    return {
        "key": key.hex(),
        "iv": nonce.hex(),
        "plaintext": {"shake256": f"plaintext {number}", "size": size},
        "ciphertext": ciphertext.hex() if short else {"sha256": sha256(ciphertext).hexdigest()},
    }


if __name__ == "__main__":
    answers = [answer(number, size) for number, size in enumerate(SIZES)]
    content = {
        "provenance": "computed with OpenSSL through the Python package cryptography by make_vectors.py",
        "primitives": {"mine": {"claims": {"enforces_limit": True}, "answers": answers}},
    }
    PLACE.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
