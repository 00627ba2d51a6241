"""Known answers of key exchanges: BG-KEM/1 from the computation in `tests/vectors`, DHKEMs from integers alone."""

import json
from collections.abc import Callable
from hashlib import sha256, shake_256
from hmac import digest as hmac_digest
from math import isqrt
from pathlib import Path
from typing import Any

from tests.vectors.blumgoldwasser import reference

REFERENCE = Path(reference.__file__).with_name("bg_kem_1.json")
MORE_KEYS = (b"third key", b"fourth key")


def seeded(label: str, size: int) -> bytes:
    return shake_256(label.encode()).digest(size)


def bg_answers(name: str) -> list[dict[str, Any]]:
    """The published vectors of two keys, and encapsulations to two more."""
    bits = reference.SIZES[name]
    answers: list[dict[str, Any]] = []
    for published in json.loads(REFERENCE.read_text("utf-8"))[name]:
        keys = {"private_key": published["private_key"], "public_key": published["public_key"]}
        answers += [
            {**keys, "randomness": row["m"], "ciphertext": row["ct"], "shared_secret": row["K"]}
            for row in published["genuine"]
        ]
        answers += [
            {**keys, "genuine": False, "ciphertext": row["ct"], "shared_secret": row["K"]}
            for row in published["rejected"][::3]
        ]
    for seed in MORE_KEYS:
        key = reference.key_from(f"contract {name} ".encode() + seed, bits)
        public_key = (key[0] * key[1]).to_bytes(bits // 8)
        keys = {"private_key": reference.private_key_bytes(key, bits).hex(), "public_key": public_key.hex()}
        for number in range(2):
            message = seeded(f"{name} {seed!r} {number}", 32)
            ciphertext, secret = reference.encapsulate(public_key, message)
            drawn = {"randomness": message.hex(), "ciphertext": ciphertext.hex(), "shared_secret": secret.hex()}
            answers.append({**keys, **drawn})
        bad = bytes(32) + ciphertext[32:-1] + b"\0"
        rejected = reference.decapsulate(key, bad, one_by_one=False).hex()
        answers.append({**keys, "genuine": False, "ciphertext": bad.hex(), "shared_secret": rejected})
    return answers


def bg_claims(name: str) -> dict[str, Any]:
    """Public keys that PROTOCOL §11.1 refuses: even, short, 3 (mod 4), a square, with a factor below 2000, prime."""
    bits = reference.SIZES[name]
    top = 1 << bits - 1
    odd = int.from_bytes(seeded(f"odd {name}", bits // 8)) | top
    odd += 1 - odd % 4
    prime = reference.prime_from(f"square {name}".encode(), bits // 2)
    with_factor = odd // (4 * 1999) * (4 * 1999) + 1999
    with_factor += (1 - with_factor % 4) % 4 * 1999
    root = isqrt(odd)
    bad = [
        0,
        1,
        top,
        odd ^ 1,
        odd ^ 2,
        odd & ~top | 1 << bits - 2,
        prime * prime,
        with_factor,
        root * root | 1 if root % 2 else (root + 1) ** 2,
        (1 << bits) - 1,
    ]
    return {
        "modulus": True,
        "refused_public_keys": [n.to_bytes(bits // 8).hex() for n in bad if n.bit_length() <= bits],
    }


# --- DHKEM over curve25519 and P-256 from integers, for the zoo ---


def hkdf(salt: bytes, secret: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256 with 32 bytes of output (RFC 5869)."""
    return hmac_digest(hmac_digest(salt, secret, "sha256"), info + b"\x01", "sha256")


def x25519(scalar: bytes, u_octets: bytes) -> bytes:
    """RFC 7748 §5, the ladder."""
    p = 2**255 - 19
    k = int.from_bytes(scalar, "little") & ~7 & (1 << 255) - 1 | 1 << 254
    u = int.from_bytes(u_octets, "little") & (1 << 255) - 1
    x2, z2, x3, z3 = 1, 0, u, 1
    for bit in range(254, -1, -1):
        if k >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb = d * a % p, c * b % p
        x3, z3 = (da + cb) ** 2 % p, u * (da - cb) ** 2 % p
        x2, z2 = a * a * b * b % p, (a * a - b * b) * (a * a + 121665 * (a * a - b * b)) % p
        if k >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, -1, p) % p if z2 % p else 0).to_bytes(32, "little")


NINE = b"\x09" + bytes(31)


def x25519_secret(private: bytes, peer: bytes, ciphertext: bytes, public_key: bytes) -> bytes:
    """What `tests.zoo.key_exchange.genuine.X25519Dhkem` defines, with its rejection of points of small order."""
    shared = x25519(private, peer)
    if not any(shared):
        return sha256(b"zoo dhkem rejection" + private + ciphertext).digest()
    return hkdf(ciphertext + public_key, shared, b"zoo dhkem")


def labelled_secret(private: bytes, peer: bytes, ciphertext: bytes, public_key: bytes) -> bytes:
    """The same without rejection: zeros go into the derivation as any other point does."""
    return hkdf(ciphertext + public_key, x25519(private, peer), b"zoo dhkem")


def x25519_answers(secret_of: Callable[[bytes, bytes, bytes, bytes], bytes] = x25519_secret) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    for key in range(4):
        private = seeded(f"x25519 private {key}", 32)
        public = x25519(private, NINE)
        keys = {"private_key": private.hex(), "public_key": public.hex()}
        for number in range(4):
            ephemeral = seeded(f"x25519 ephemeral {key} {number}", 32)
            ciphertext = x25519(ephemeral, NINE)
            secret = secret_of(ephemeral, public, ciphertext, public).hex()
            drawn = {"randomness": ephemeral.hex(), "ciphertext": ciphertext.hex(), "shared_secret": secret}
            answers.append({**keys, **drawn})
        for bad in (bytes(32), b"\x01" + bytes(31), b"\xff" * 32, ciphertext[:31] + b"\x00"):
            secret = secret_of(private, bad, bad, public).hex()
            answers.append({**keys, "genuine": False, "ciphertext": bad.hex(), "shared_secret": secret})
    return answers


def implicit_answers(bound: int = 96) -> list[dict[str, Any]]:
    """What `tests.zoo.key_exchange.genuine.Implicit` defines: a masked secret with a tag, and implicit rejection.

    `bound` bytes of the ciphertext go into the secret.
    """
    answers: list[dict[str, Any]] = []
    for key in range(4):
        scalar, rejection = seeded(f"implicit private {key}", 32), seeded(f"implicit rejection {key}", 32)
        public = x25519(scalar, NINE)
        keys = {"private_key": (scalar + rejection).hex(), "public_key": public.hex()}
        for number in range(3):
            ephemeral, secret = (seeded(f"implicit {name} {key} {number}", 32) for name in ("ephemeral", "secret"))
            point = x25519(ephemeral, NINE)
            shared = x25519_secret(ephemeral, public, point, public)
            masked = bytes(a ^ b for a, b in zip(secret, shared, strict=True))
            ciphertext = point + masked + sha256(b"tag" + shared + point + masked).digest()
            final = sha256(b"final" + secret + ciphertext[:bound]).hexdigest()
            drawn = {"randomness": (ephemeral + secret).hex(), "ciphertext": ciphertext.hex(), "shared_secret": final}
            answers.append({**keys, **drawn})
        for bad in (bytes(96), ciphertext[:-1] + b"\0", ciphertext[:40] + b"\0" + ciphertext[41:]):
            final = sha256(b"rejected" + rejection + bad).hexdigest()
            answers.append({**keys, "genuine": False, "ciphertext": bad.hex(), "shared_secret": final})
    return answers


def hybrid_answers() -> list[dict[str, Any]]:
    """What `tests.zoo.key_exchange.genuine.Hybrid` defines: the answers of both of its parts, put together."""
    answers: list[dict[str, Any]] = []
    firsts = [answer for answer in x25519_answers() if answer.get("genuine", True)]
    for number, second in enumerate(implicit_answers()):
        first = firsts[number // 6 * 4 + number % 6 % 4]  # a key has four answers of the one, six of the other
        joined = {name: first[name] + second[name] for name in second if isinstance(second[name], str)}
        both = bytes.fromhex(first["shared_secret"] + second["shared_secret"])
        answers.append({**second, **joined, "shared_secret": sha256(b"hybrid" + both).hexdigest()})
    return answers


def hybrid_claims(*masks: str) -> dict[str, Any]:
    """Points of small order in either half of a public key, and what of the ciphertext is not compared."""
    good = NINE.hex()
    refused = [point + good for point in SMALL_ORDER] + [good + point for point in SMALL_ORDER]
    return {"refused_public_keys": refused, "unchecked_ciphertext": list(masks)}


SMALL_ORDER = (
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
)
"""Points of small order on curve25519 and its twist (as libsodium lists them)."""

P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
P256_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
P256_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
Point = tuple[int, int] | None


def p256_add(a: Point, b: Point) -> Point:
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P256 == 0:
        return None
    slope = (3 * a[0] ** 2 - 3) * pow(2 * a[1], -1, P256) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P256)
    x = (slope * slope - a[0] - b[0]) % P256
    return x, (slope * (a[0] - x) - a[1]) % P256


def p256_times(scalar: int, point: Point) -> Point:
    total: Point = None
    while scalar:
        if scalar & 1:
            total = p256_add(total, point)
        point, scalar = p256_add(point, point), scalar >> 1
    return total


def p256_octets(point: Point) -> bytes:
    x, y = point or (0, 0)
    return b"\x04" + x.to_bytes(32) + y.to_bytes(32)


def p256_scalar(octets: bytes) -> int:
    """48 random bytes modulo n - 1, plus 1 (FIPS 186-5, A.2.1)."""
    return int.from_bytes(octets) % (P256_N - 1) + 1


def p256_answers() -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    for key in range(4):
        private = p256_scalar(seeded(f"p256 private {key}", 48))
        point = p256_times(private, P256_G)
        public, octets = p256_octets(point), private.to_bytes(32)
        keys = {"private_key": octets.hex(), "public_key": public.hex()}
        for number in range(3):
            drawn = seeded(f"p256 ephemeral {key} {number}", 48)
            ephemeral = p256_scalar(drawn)
            ciphertext = p256_octets(p256_times(ephemeral, P256_G))
            shared = p256_octets(p256_times(ephemeral, point))[1:33]
            secret = hkdf(ciphertext + public, shared, b"zoo dhkem").hex()
            row = {"randomness": drawn.hex(), "ciphertext": ciphertext.hex(), "shared_secret": secret}
            answers.append({**keys, **row})
        for bad in (bytes(65), ciphertext[:-1] + bytes([ciphertext[-1] ^ 1]), b"\x02" + ciphertext[1:]):
            secret = sha256(b"zoo dhkem rejection" + octets + bad).hexdigest()
            answers.append({**keys, "genuine": False, "ciphertext": bad.hex(), "shared_secret": secret})
    return answers
