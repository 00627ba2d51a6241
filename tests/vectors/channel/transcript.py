"""A second implementation of PROTOCOL.md, straight on, and the program that writes the vectors beside it.

It plays both sides at once: it knows every secret, so nothing is ever opened, compared or negotiated. It shares no line
with `framework/` or the plugins: hashlib, hmac and `cryptography` alone, and the static keys of two Blum-Goldwasser
vectors, themselves from a computation apart. What is random comes from SHAKE256 of its name. To make the vectors anew:

    python tests/vectors/channel/transcript.py
"""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha3_256, sha3_512, sha256, shake_256
from pathlib import Path
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR, ECB

HERE = Path(__file__).parent
BG_VECTORS = HERE.parent / "blumgoldwasser" / "bg_kem_1.json"

Encapsulate = Callable[[bytes, bytes], tuple[bytes, bytes]]
"""Public key and randomness give ciphertext and shared secret."""


# --- §1 and §2: notation and functions ---


def u8(value: int) -> bytes:
    return value.to_bytes(1)


def u16(value: int) -> bytes:
    return value.to_bytes(2)


def u32(value: int) -> bytes:
    return value.to_bytes(4)


def u64(value: int) -> bytes:
    return value.to_bytes(8)


def lp(value: bytes) -> bytes:
    return u32(len(value)) + value


def hash_of(value: bytes) -> bytes:
    return sha256(value).digest()


def mac_of(key: bytes, value: bytes) -> bytes:
    return hmac.new(key, value, sha256).digest()


def ext(salt: bytes, ikm: bytes) -> bytes:
    return mac_of(salt, ikm)


def hkdf_expand(key: bytes, info: bytes, length: int) -> bytes:
    output = block = b""
    for counter in range(1, -(-length // 32) + 1):
        block = mac_of(key, block + info + u8(counter))
        output += block
    return output[:length]


def xl(secret: bytes, label: str, context: bytes, length: int) -> bytes:
    name = b"suitecase1 " + label.encode()
    return hkdf_expand(secret, u16(length) + u8(len(name)) + name + u8(len(context)) + context, length)


def draw(name: str, length: int = 32) -> bytes:
    return shake_256(b"suitecase vector " + name.encode()).digest(length)


# --- key exchanges ---


def x25519_public(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def x25519_encapsulate(public: bytes, randomness: bytes) -> tuple[bytes, bytes]:
    """The test KEM: the secret is bound to both public keys."""
    ciphertext = x25519_public(randomness)
    private = X25519PrivateKey.from_private_bytes(randomness)
    shared = private.exchange(X25519PublicKey.from_public_bytes(public))
    return ciphertext, hkdf_expand(ext(ciphertext + public, shared), b"x25519 kem", 32)


def bg_encapsulate(public: bytes, m: bytes) -> tuple[bytes, bytes]:
    """§11.2."""
    n, size = int.from_bytes(public), len(public)
    hashed = sha3_512(b"BG-KEM/1 G\0" + m + sha3_256(public).digest()).digest()
    k_bar, rho = hashed[:32], hashed[32:]
    r = int.from_bytes(shake_256(b"BG-KEM/1 x\0" + rho).digest(size + 16)) % n
    x = r * r % n
    bits = ""
    for _ in range(256):
        x = x * x % n
        bits += str(x & 1)
    z = x * x % n
    s = int(bits, 2).to_bytes(32)
    ciphertext = bytes(a ^ b for a, b in zip(m, s, strict=True)) + z.to_bytes(size)
    return ciphertext, sha3_256(b"BG-KEM/1 K\0" + k_bar + sha3_256(ciphertext).digest()).digest()


# --- §6.2 to §6.4: protection under one traffic secret ---


def aes_stream(key: bytes, iv: bytes) -> Callable[[bytes], bytes]:
    return Cipher(AES256(key), CTR(iv)).encryptor().update


def tdes_stream(key: bytes, iv: bytes) -> Callable[[bytes], bytes]:
    """§12, a block at a time; the keystream continues from record to record."""
    block = Cipher(TripleDES(key), ECB()).encryptor()  # noqa: S305 - a single block of counter mode
    position = 0

    def encrypt(plaintext: bytes) -> bytes:
        nonlocal position
        first, last = position // 8, (position + len(plaintext) + 7) // 8
        counters = b"".join(u64((int.from_bytes(iv) + index) % 2**64) for index in range(first, last))
        keystream = block.update(counters)[position - 8 * first :]
        position += len(plaintext)
        return bytes(a ^ b for a, b in zip(plaintext, keystream, strict=False))

    return encrypt


def encrypt_then_mac(ts: bytes, key_size: int, iv_size: int, stream: Any) -> Callable[[int, bytes, bytes], bytes]:
    encrypt = stream(xl(ts, "enc", b"", key_size), xl(ts, "iv", b"", iv_size))
    mac_key = xl(ts, "mac", b"", 32)

    def seal(_: int, ad: bytes, plaintext: bytes) -> bytes:
        c = encrypt(plaintext)
        return bytes(c + mac_of(mac_key, u64(len(ad)) + ad + c))

    return seal


def aes_gcm(ts: bytes) -> Callable[[int, bytes, bytes], bytes]:
    key, iv = xl(ts, "key", b"", 32), xl(ts, "iv", b"", 12)

    def seal(sequence: int, ad: bytes, plaintext: bytes) -> bytes:
        nonce = bytes(a ^ b for a, b in zip(iv, bytes(4) + u64(sequence), strict=True))
        return AESGCM(key).encrypt(nonce, plaintext, ad)

    return seal


@dataclass
class Primitives:
    """What a suite is made of, for this computation."""

    cipher: str
    kex: str
    mac: str
    protect: Callable[[bytes], Callable[[int, bytes, bytes], bytes]]
    encapsulate: Encapsulate
    tag_size: int
    counts_bytes: bool
    own_limit: int


CIPHERS: dict[str, Any] = {
    "aes256ctr-hmac": (lambda ts: encrypt_then_mac(ts, 32, 16, aes_stream), 32, True, 2**36),
    "des3-hmac": (lambda ts: encrypt_then_mac(ts, 24, 8, tdes_stream), 32, True, 2**23),
    "aes256gcm": (aes_gcm, 16, False, 2**24),
}


def primitives(suite: str) -> Primitives:
    cipher, kex, *mac = suite.split("-")
    encapsulate = x25519_encapsulate if kex == "x25519" else bg_encapsulate
    protect, tag_size, counts_bytes, own_limit = CIPHERS["-".join([cipher, *mac])]
    return Primitives(cipher, kex, mac[0] if mac else "", protect, encapsulate, tag_size, counts_bytes, own_limit)


# --- §6: records ---


@dataclass
class Sender:
    """One direction: writes records, and a key_update where one is due."""

    parts: Primitives
    quantum: int
    limit: int
    ts: bytes
    epoch: int = 0
    sequence: int = 0
    used: int = 0
    seal: Callable[[int, bytes, bytes], bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.seal = self.parts.protect(self.ts)

    def cost(self, inner: bytes) -> int:
        return len(inner) if self.parts.counts_bytes else 1

    def inner(self, content_type: int, timestamp: int, data: bytes) -> bytes:
        content = u8(content_type) + u64(timestamp) + u32(len(data)) + data
        return content + bytes(-len(content) % self.quantum)

    def frame(self, inner: bytes) -> bytes:
        header = u8(4) + u8(1) + u16(0) + u32(len(inner) + self.parts.tag_size)
        body = self.seal(self.sequence, u32(self.epoch) + u64(self.sequence) + header, inner)
        self.sequence += 1
        self.used += self.cost(inner)
        return header + body

    def say(self, content_type: int, timestamp: int, data: bytes) -> list[bytes]:
        """§6.5: when the next record and a key_update behind it would pass the limit, the key_update goes first."""
        record, key_update = self.inner(content_type, timestamp, data), self.inner(3, timestamp, b"")
        frames = []
        if self.used + self.cost(record) + self.cost(key_update) > self.limit:
            frames.append(self.frame(key_update))
            self.step()
        return [*frames, self.frame(record)]

    def step(self) -> None:
        """§6.5."""
        self.ts = xl(self.ts, "upd", b"", 32)
        self.seal = self.parts.protect(self.ts)
        self.epoch, self.sequence, self.used = self.epoch + 1, 0, 0


# --- §3 and §4: the suite and the handshake ---


def transcript(case: dict[str, Any]) -> dict[str, Any]:
    """Everything that goes over the wire, and the secrets on the way to it."""
    parts = primitives(case["suite"])
    max_inner, quantum, skew = case["max_inner"], case["pad_quantum"], case["skew_ms"]
    limit = case["epoch_limit"] or parts.own_limit
    tag, pk_s, pk_e = parts.tag_size, bytes.fromhex(case["static_public"]), bytes.fromhex(case["ephemeral_public"])
    n_c, r_s = (bytes.fromhex(text) for text in case["client_draws"])
    n_s, r_e = (bytes.fromhex(text) for text in case["server_draws"])
    t1, t2, t3 = case["times"]

    names = ("suitecase/1", "pqNK", parts.kex, parts.cipher, parts.mac, "hkdf-sha256")
    d = b"".join(lp(name.encode()) for name in names) + u32(max_inner) + u64(limit) + u32(skew) + u16(quantum)
    identities = (case["application"].encode(), case["server_name"].encode(), pk_s)
    h0 = hash_of(lp(b"suitecase/1 h0") + lp(d) + b"".join(map(lp, identities)))
    ck0 = ext(h0, bytes(32))

    ct_s, ss_s = parts.encapsulate(pk_s, r_s)
    header = u8(1) + u8(1) + u16(0) + u32(16 + 32 + len(ct_s) + len(pk_e) + 64 + tag)
    h1 = hash_of(h0 + header + n_c + ct_s)
    ck1 = ext(ck0, ss_s)
    c1 = parts.protect(xl(ck1, "m1", h1, 32))(0, h1, pk_e + u64(t1) + bytes(56))
    h2 = hash_of(h1 + c1)
    mac1 = mac_of(hash_of(b"suitecase/1 mac1" + pk_s), header + n_c + ct_s + c1)[:16]
    m1 = header + mac1 + n_c + ct_s + c1

    ct_e, ss_e = parts.encapsulate(pk_e, r_e)
    header = u8(2) + u8(1) + u16(0) + u32(32 + len(ct_e) + 32 + tag)
    h3 = hash_of(h2 + header + n_s + ct_e)
    ck2 = ext(ck1, ss_e)
    c2 = parts.protect(xl(ck2, "m2", h3, 32))(0, h3, u64(t2) + bytes(24))
    h4 = hash_of(h3 + c2)
    m2 = header + n_s + ct_e + c2

    c3 = parts.protect(xl(ck2, "m3", h4, 32))(0, h4, u64(t3) + bytes(24))
    h5 = hash_of(h4 + c3)
    m3 = u8(3) + u8(1) + u16(0) + u32(32 + tag) + c3

    exporter = xl(ck2, "exporter", h5, 32)
    senders = {
        "client": Sender(parts, quantum, limit, xl(ck2, "c traffic", h5, 32)),
        "server": Sender(parts, quantum, limit, xl(ck2, "s traffic", h5, 32)),
    }
    records = []
    for line in case["script"]:
        data = bytes.fromhex(line.get("data", ""))
        frames = senders[line["from"]].say({"data": 1, "close": 2}[line["says"]], line["now"], data)
        records.append({**line, "frames": [frame.hex() for frame in frames]})
    return {
        "descriptor": d.hex(),
        "hashes": [h.hex() for h in (h0, h1, h2, h3, h4, h5)],
        "m1": m1.hex(),
        "m2": m2.hex(),
        "m3": m3.hex(),
        "exported": xl(exporter, "card", b"context", 48).hex(),
        "records": records,
        "epochs": {side: sender.epoch for side, sender in senders.items()},
    }


# --- the cases ---

START = 1_800_000_000_000


def says(side: str, now: int, size: int) -> dict[str, Any]:
    return {"from": side, "says": "data", "now": START + now, "data": draw(f"message {side} {now}", size).hex()}


def closes(side: str, now: int) -> dict[str, Any]:
    return {"from": side, "says": "close", "now": START + now}


SHORT = [says("client", 20, 5), says("server", 30, 0), closes("client", 40), closes("server", 40)]

LONG = [
    says("client", 20, 499),
    says("client", 20, 300),
    says("server", 25, 1),
    says("client", 90, 100),
    says("client", 95, 499),
    says("server", 1000, 400),
    says("server", 1001, 499),
    says("server", 1002, 19),
    says("server", 1002, 20),
    says("client", 1003, 1),
    closes("server", 1100),
    says("client", 1150, 499),
    closes("client", 1200),
]


def keys(kex: str) -> dict[str, str]:
    """Static and ephemeral key pair."""
    if kex == "x25519":
        pairs = [(x25519_public(private), private) for private in (draw("static"), draw("ephemeral"))]
        (static, static_private), (ephemeral, ephemeral_private) = [(a.hex(), b.hex()) for a, b in pairs]
    else:
        known = json.loads(BG_VECTORS.read_text())[kex]
        (static, static_private), (ephemeral, ephemeral_private) = [
            (key["public_key"], key["private_key"]) for key in known
        ]
    return {
        "static_public": static,
        "static_private": static_private,
        "ephemeral_public": ephemeral,
        "ephemeral_private": ephemeral_private,
    }


def case(suite: str, epoch_limit: int | None, script: list[dict[str, Any]], **others: int) -> dict[str, Any]:
    parameters = {"max_inner": 65_536, "pad_quantum": 256, "skew_ms": 30_000, **others}
    return {
        "suite": suite,
        **parameters,
        "epoch_limit": epoch_limit,
        "application": "vectors",
        "server_name": "sërver",
        **keys(suite.split("-")[1]),
        "client_draws": [draw("nC").hex(), draw("encapsulation to the server").hex()],
        "server_draws": [draw("nS").hex(), draw("encapsulation to the client").hex()],
        "times": [START, START + 7, START + 11],
        "script": script,
    }


TIGHT = {"max_inner": 512, "pad_quantum": 32}

CASES = {
    "etm": case("aes256ctr-x25519-hmac", None, SHORT),
    "etm_rekey": case("aes256ctr-x25519-hmac", 1024, LONG, **TIGHT),
    "aead": case("aes256gcm-x25519", None, SHORT),
    "aead_rekey": case("aes256gcm-x25519", 3, LONG, **TIGHT),
    "bank": case("des3-bg-hmac", None, SHORT),
    "bank_rekey": case("des3-bg2048-hmac", 1024, LONG, **TIGHT),
}


def main() -> None:
    """Write one file a case."""
    for name, inputs in CASES.items():
        (HERE / f"{name}.json").write_text(json.dumps({"in": inputs, "out": transcript(inputs)}, indent=1) + "\n")


if __name__ == "__main__":
    main()
