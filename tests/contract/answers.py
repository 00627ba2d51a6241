"""Writes the `contract_vectors.json` of the built-in plugins and of the zoo, each from an independent computation.

python -m tests.contract.answers
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256, shake_256
from pathlib import Path
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES256, ChaCha20
from cryptography.hazmat.primitives.ciphers.modes import CTR, ECB
from cryptography.hazmat.primitives.hmac import HMAC

from tests.contract.kem_answers import (
    SMALL_ORDER,
    bg_answers,
    bg_claims,
    hybrid_answers,
    hybrid_claims,
    implicit_answers,
    labelled_secret,
    p256_answers,
    x25519_answers,
)

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


def stream_answers(
    label: str, key_size: int, iv_size: int, encrypt: Callable[[bytes, bytes, bytes], bytes]
) -> list[dict[str, Any]]:
    """Known answers of a bulk cipher: 20 keys, IVs before every carry, sizes up to 70,001 bytes."""
    half = iv_size // 2
    random = seeded(f"{label} iv", iv_size)
    edges = [
        b"\xff" * iv_size,
        bytes(iv_size),
        b"\x12" + random[1:half] + b"\xff" * (iv_size - half),
        b"\xff" * half + random[half:-1] + b"\x34",
        random[:-5] + b"\x56" + b"\xff" * 4,
        b"\x7f" + b"\xff" * (iv_size - 1),
        bytes(iv_size - 1) + b"\xff",
    ]
    ivs = [*edges, *(seeded(f"{label} iv {number}", iv_size) for number in range(13))]
    sizes = [40, 33, 64, 24, 100, 48, 31, 8, 1, 7, 16, 63, 65, 100, 128, 129, 200, 300, 600]
    answers: list[dict[str, Any]] = []
    for number, (iv, size) in enumerate(zip(ivs, sizes, strict=False)):
        key, plaintext = seeded(f"{label} key {number}", key_size), seeded(f"{label} plaintext {number}", size)
        ciphertext = encrypt(key, iv, plaintext).hex()
        answers.append({"key": key.hex(), "iv": iv.hex(), "plaintext": plaintext.hex(), "ciphertext": ciphertext})
    key, name = seeded(f"{label} key long", key_size), f"{label} long plaintext"
    known = digest(encrypt(key, ivs[-1], seeded(name, LONG)))
    long = {"shake256": name, "size": LONG}
    answers.append({"key": key.hex(), "iv": ivs[-1].hex(), "plaintext": long, "ciphertext": known})
    return answers


def triple_des(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    """Triple DES in counter mode (PROTOCOL §12) by OpenSSL's ECB over the counter blocks."""
    first = int.from_bytes(iv)
    blocks = b"".join(((first + n) % 2**64).to_bytes(8) for n in range(-(-len(plaintext) // 8)))
    stream = Cipher(TripleDES(key), ECB()).encryptor().update(blocks)  # noqa: S305 - counter mode is made of it
    return bytes(a ^ b for a, b in zip(plaintext, stream, strict=False))


def des3_claims() -> dict[str, Any]:
    """Parity is ignored; the 64 weak DES keys, in each place, and equal parts are weak (SP 800-67 Rev. 2)."""
    good = [seeded(f"good part {number}", 8) for number in range(3)]
    weak = []
    for number, part in enumerate(weak_des_keys()):
        parts = list(good)
        parts[number % 3] = part
        weak.append(b"".join(parts))
    weak += [good[0] + good[0] + good[1], good[0] + good[1] + good[0], good[1] + good[0] + good[0], good[0] * 3]
    return {"ignored_key_bits": ["01" * 24], "enforces_limit": True, "weak_keys": [key.hex() for key in weak]}


def weak_des_keys() -> list[bytes]:
    """The 64 DES keys whose schedule has at most four different round keys (Moore and Simmons 1987).

    They are those whose halves C and D, after permuted choice 1, each repeat four bits of even weight.
    """
    halves = []
    for pattern in range(16):
        bits = f"{pattern:04b}"
        if bits.count("1") % 2 == 0:
            halves.append(bits * 7)
    keys = []
    for c in halves:
        for d in halves:
            key = [0] * 64
            for position, bit in zip(PC1, c + d, strict=True):
                key[position - 1] = int(bit)
            octets = [int("".join(map(str, key[at : at + 8])), 2) for at in range(0, 64, 8)]
            keys.append(bytes(octet | (octet.bit_count() + 1) % 2 for octet in octets))
    return keys


PC1 = tuple(
    int(entry)
    for entry in [
        "57",
        "49",
        "41",
        "33",
        "25",
        "17",
        "9",
        "1",
        "58",
        "50",
        "42",
        "34",
        "26",
        "18",
        "10",
        "2",
        "59",
        "51",
        "43",
        "35",
        "27",
        "19",
        "11",
        "3",
        "60",
        "52",
        "44",
        "36",
        "63",
        "55",
        "47",
        "39",
        "31",
        "23",
        "15",
        "7",
        "62",
        "54",
        "46",
        "38",
        "30",
        "22",
        "14",
        "6",
        "61",
        "53",
        "45",
        "37",
        "29",
        "21",
        "13",
        "5",
        "28",
        "20",
        "12",
        "4",
    ]
)
"""Permuted choice 1 (SP 800-67 Rev. 2, appendix A)."""


def aes_ctr(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    return Cipher(AES256(key), CTR(iv)).encryptor().update(plaintext)


def chacha20(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    """ChaCha20 with a nonce of 12 bytes and a counter that begins at 0 (RFC 8439 §2.4)."""
    return Cipher(ChaCha20(key, bytes(4) + iv), mode=None).encryptor().update(plaintext)


def few_answers() -> list[dict[str, Any]]:
    return hmac_answers()[1:4]


FALSE = {"continuous": False, "ignored_key_bits": ["01" * 32], "weak_keys": ["ab" * 32]}


def aead_answers(label: str, algorithm: Any, key_size: int = 32) -> list[dict[str, Any]]:
    """Known answers of an AEAD with keys of 32 and nonces of 12 bytes."""
    sizes = [0, 1, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 128, 129, 255, 300, 1000, LONG]
    answers: list[dict[str, Any]] = []
    for number, size in enumerate(sizes):
        key, nonce, ad = (
            seeded(f"{label} {name} {number}", n) for name, n in (("key", key_size), ("nonce", 12), ("ad", 40))
        )
        key = bytes(octet ^ 0xFF for octet in seeded(f"{label} key 0", key_size)) if number == 18 else key
        nonce = {3: b"\xff" * 12, 5: bytes(12)}.get(number, nonce)
        ad = ad[: (0, 1, 13, 16, 21, 40)[number % 6]]
        plaintext = seeded(f"{label} plaintext {number}", size)
        ciphertext = algorithm(key).encrypt(nonce, plaintext, ad)
        given: Any = {"shake256": f"{label} plaintext {number}", "size": size} if size == LONG else plaintext.hex()
        wanted: Any = digest(ciphertext) if size == LONG else ciphertext.hex()
        start = {"key": key.hex(), "nonce": nonce.hex(), "associated_data": ad.hex()}
        answers.append({**start, "plaintext": given, "ciphertext": wanted})
    return answers


class TwoKeys:
    """AES-256 in counter mode, then HMAC-SHA-256 cut to 16 bytes over nonce, lengths, data and ciphertext."""

    def __init__(self, key: bytes) -> None:
        self._encryption, self._authentication = key[:32], key[32:]

    def encrypt(self, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        ciphertext = aes_ctr(self._encryption, nonce + bytes(4), plaintext)
        context = HMAC(self._authentication, hashes.SHA256())
        lengths = len(associated_data).to_bytes(8) + len(ciphertext).to_bytes(8)
        context.update(nonce + lengths + associated_data + ciphertext)
        return ciphertext + context.finalize()[:16]


def aes_answers() -> list[dict[str, Any]]:
    return stream_answers("aesctr", 32, 16, aes_ctr)


NO_POINTS = ["00" * 65, "04" + "00" * 64, "04" + "ff" * 64, "04" + "11" * 64, "02" + "22" * 64]

PLAIN = "computed with Python integers and hashlib by tests/vectors/blumgoldwasser and tests/contract/kem_answers.py"
OPENSSL = "computed with OpenSSL through the Python package cryptography by tests/contract/answers.py"


def files() -> Mapping[str, Callable[[], dict[str, Any]]]:
    """Each file's path and what makes its content."""
    return {
        "plugins/hmac_sha256/contract_vectors.json": lambda: _file(OPENSSL, hmac={"answers": hmac_answers()}),
        "plugins/blumgoldwasser/contract_vectors.json": lambda: _file(
            PLAIN, **{name: {"claims": bg_claims(name), "answers": bg_answers(name)} for name in ("bg", "bg2048")}
        ),
        "plugins/des3/contract_vectors.json": lambda: _file(
            OPENSSL, des3={"claims": des3_claims(), "answers": stream_answers("des3", 24, 8, triple_des)}
        ),
        "tests/zoo/contract_vectors.json": lambda: _file(
            OPENSSL,
            aesctr={"answers": aes_answers()},
            chacha={"answers": stream_answers("chacha", 32, 12, chacha20)},
            gcm={"answers": aead_answers("gcm", AESGCM)},
            chachapoly={"answers": aead_answers("chachapoly", ChaCha20Poly1305)},
            twokeys={"answers": aead_answers("twokeys", TwoKeys, key_size=64)},
            x25519dhkem={"claims": {"refused_public_keys": list(SMALL_ORDER)}, "answers": x25519_answers()},
            p256dhkem={"claims": {"refused_public_keys": NO_POINTS}, "answers": p256_answers()},
            implicit={"claims": {"refused_public_keys": list(SMALL_ORDER)}, "answers": implicit_answers()},
            hybrid={"claims": hybrid_claims("ff" * 32 + "00" * 96), "answers": hybrid_answers()},
            inpart={"claims": {"refused_public_keys": list(SMALL_ORDER)}, "answers": implicit_answers(64)},
        ),
        "tests/zoo/labelled_dhkem.json": lambda: _file(
            PLAIN,
            x25519dhkem={"answers": x25519_answers(labelled_secret)},
            zerodhkem={
                "claims": {"refused_public_keys": list(SMALL_ORDER[:2])},
                "answers": x25519_answers(labelled_secret),
            },
            refusingdhkem={
                "claims": {"refused_public_keys": list(SMALL_ORDER)},
                "answers": x25519_answers(labelled_secret),
            },
            p256dhkem={"answers": p256_answers()},
            hybrid={"claims": hybrid_claims(), "answers": hybrid_answers()},
        ),
        "tests/zoo/few_answers.json": lambda: _file(
            OPENSSL,
            hmac={"answers": few_answers()},
            aesctr={"answers": aes_answers()[8:]},
            gcm={"answers": aead_answers("gcm", AESGCM)[:3]},
            x25519dhkem={"answers": [answer for answer in x25519_answers() if "genuine" not in answer]},
        ),
        "tests/zoo/false_claims.json": lambda: _file(
            OPENSSL,
            aesctr={"claims": FALSE, "answers": aes_answers()},
            gcm={"claims": {"key_committing": True}, "answers": aead_answers("gcm", AESGCM)},
            hybrid={"claims": hybrid_claims("ff" * 128), "answers": hybrid_answers()},
        ),
        "tests/zoo/not_continuous.json": lambda: _file(
            OPENSSL, aesctr={"claims": {"continuous": False}, "answers": []}
        ),
        "tests/zoo/misspelt_claim.json": lambda: _file(
            OPENSSL, hmac={"claims": {"constant_tiem": True}, "answers": hmac_answers()}
        ),
    }


def _refusing(points: Sequence[str]) -> dict[str, Any]:
    """Answers of a DHKEM that rejects nothing, with a claim of points that it refuses as public keys."""
    return {"claims": {"refused_public_keys": list(points)}, "answers": x25519_answers(labelled_secret)}


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
    wanted = sys.argv[1:]
    for path, make in files().items():
        if wanted and not any(word in path for word in wanted):
            continue
        (ROOT / path).write_text(written(make()), "utf-8")


if __name__ == "__main__":
    main()
