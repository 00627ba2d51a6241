"""A side of a channel in the attacker's hands: it has the keys, and seals whatever it likes.

It is written down from PROTOCOL.md, on the second implementation that the vectors are from. It shares no line with
`framework/`: of a suite it uses the key exchange, and the numbers that both sides configure. It never verifies a tag.
"""

import secrets
import time
from collections.abc import Callable
from struct import pack
from typing import NamedTuple

from framework import KeyPair, Suite
from tests.attacks.network import HEADER, M1, M2, M3, RECORD
from tests.vectors.channel.transcript import Primitives, Sender, ext, hash_of, lp, mac_of, primitives, u16, u32, u64, xl

DATA, CLOSE_NOTIFY, KEY_UPDATE = 1, 2, 3
"""Content types (PROTOCOL §6.1)."""

QUANTUM = 256
PREFIX = 13
"""Bytes of an inner plaintext before the data."""

MAC1_SIZE, NONCE_SIZE, REST_OF_M1 = 16, 32, 64
"""Bytes of M1's filter, of a nonce, and of what M1 seals behind the ephemeral key (PROTOCOL §4.3)."""


def now_ms() -> int:
    """Unix time, as timestamps have it."""
    return time.time_ns() // 1_000_000


def inner(content_type: int, data: bytes = b"", *, timestamp: int | None = None) -> bytes:
    """An inner plaintext as PROTOCOL §6.1 lays it out, padded as it says."""
    unpadded = pack(">BQI", content_type, now_ms() if timestamp is None else timestamp, len(data)) + data
    return unpadded + bytes(-len(unpadded) % QUANTUM)


def descriptor(suite: Suite) -> bytes:
    """D (PROTOCOL §3.2)."""
    parts, limits = primitives(suite.name), suite.limits
    names = ("suitecase/1", "pqNK", parts.kex, parts.cipher, parts.mac, "hkdf-sha256")
    numbers = u32(limits.max_inner) + u64(suite.epoch_limit) + u32(limits.skew_ms) + u16(limits.pad_quantum)
    return b"".join(lp(name.encode()) for name in names) + numbers


def filtered(public_key: bytes, header: bytes, rest: bytes) -> bytes:
    """M1 with the filter that the owner of this key asks for: whoever knows the key can make it (PROTOCOL §4.3)."""
    return header + mac_of(hash_of(b"suitecase/1 mac1" + public_key), header + rest)[:MAC1_SIZE] + rest


def encapsulated(suite: Suite, public_key: bytes) -> tuple[bytes, bytes]:
    """A ciphertext for the owner of this key, and the secret in it."""
    encapsulation = suite.key_exchange.encapsulate(public_key)
    return encapsulation.ciphertext, encapsulation.shared_secret


class Halves(NamedTuple):
    """A frame's header and its body."""

    header: bytes
    body: bytes

    @classmethod
    def of(cls, frame: bytes) -> "Halves":
        return cls(frame[: HEADER.size], frame[HEADER.size :])


class Transcript:
    """What both sides hash and derive in a handshake (PROTOCOL §4)."""

    def __init__(self, suite: Suite, server_public_key: bytes, application: str, server_name: str) -> None:
        self.parts = primitives(suite.name)
        names = (application.encode(), server_name.encode(), server_public_key)
        self.hash = hash_of(lp(b"suitecase/1 h0") + lp(descriptor(suite)) + b"".join(map(lp, names)))
        self.chaining_key = ext(self.hash, bytes(32))

    def mix(self, *parts: bytes) -> None:
        self.hash = hash_of(self.hash + b"".join(parts))

    def mix_key(self, shared_secret: bytes) -> None:
        self.chaining_key = ext(self.chaining_key, shared_secret)

    def seal(self, label: str, payload: bytes) -> bytes:
        sealed = self._protection(label)(0, self.hash, payload)
        self.mix(sealed)
        return sealed

    def open(self, label: str, sealed: bytes) -> bytes:
        """What is under the seal, if this is the right key; noise if it is not."""
        tag_size = self.parts.tag_size
        payload = self._protection(label)(0, self.hash, sealed[:-tag_size])[:-tag_size]
        self.mix(sealed)
        return payload

    def opens(self, label: str, sealed: bytes) -> bool:
        """Whether this is the right key: what is sealed anew under it is the same."""
        tag_size = self.parts.tag_size
        payload = self._protection(label)(0, self.hash, sealed[:-tag_size])[:-tag_size]
        return self._protection(label)(0, self.hash, payload) == sealed

    def _protection(self, label: str) -> Callable[[int, bytes, bytes], bytes]:
        return self.parts.protect(xl(self.chaining_key, label, self.hash, 32))


class Direction(Sender):
    """Records of one direction, honest or not. In counter mode sealing a ciphertext decrypts it."""

    def open(self, frame: bytes) -> bytes:
        """The data of a record of the other side's; a key_update gives none, and is followed."""
        tag_size = self.parts.tag_size
        header, body = Halves.of(frame)
        position = u32(self.epoch) + u64(self.sequence) + header
        plaintext = self.seal(self.sequence, position, body[:-tag_size])[:-tag_size]
        self.sequence += 1
        if plaintext[0] == KEY_UPDATE:
            self.step()
            return b""
        return plaintext[PREFIX : PREFIX + int.from_bytes(plaintext[9:PREFIX])]


class Rogue:
    """What both sides have in common: the keys of an open channel, and ways to use them."""

    transcript: Transcript
    sends: Direction
    receives: Direction
    exporter: bytes

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.parts: Primitives = primitives(suite.name)
        self.shift = 0
        """By how many milliseconds its clock is wrong."""

    def now(self) -> int:
        """Unix time in milliseconds, by its own clock."""
        return now_ms() + self.shift

    def traffic_secrets(self) -> list[bytes]:
        """All that the channel's records are protected with, now."""
        return [self.sends.ts, self.receives.ts, self.exporter]

    def say(self, data: bytes) -> bytes:
        """The next record, behind a key_update where one is due, as an honest side seals it."""
        return b"".join(self.sends.say(DATA, self.now(), data))

    def seal(self, plaintext: bytes) -> bytes:
        """The next record with this inner plaintext, whatever it is."""
        return self.sends.frame(plaintext)

    def key_update(self) -> bytes:
        """A key_update, due or not, as the next record; `sends.step` makes what follows it."""
        return self.seal(inner(KEY_UPDATE))

    def _open(self, first: str, second: str) -> None:
        secret, h5 = self.transcript.chaining_key, self.transcript.hash
        quantum, limit = self.suite.limits.pad_quantum, self.suite.epoch_limit
        self.sends = Direction(self.parts, quantum, limit, xl(secret, first, h5, 32))
        self.receives = Direction(self.parts, quantum, limit, xl(secret, second, h5, 32))
        self.exporter = xl(secret, "exporter", h5, 32)


class RogueClient(Rogue):
    """A client of the attacker's."""

    def __init__(self, suite: Suite, server_public_key: bytes, ephemeral: KeyPair, *names: str) -> None:
        super().__init__(suite)
        self.server_public_key = server_public_key
        self.ephemeral = ephemeral
        self.transcript = Transcript(suite, server_public_key, *names)

    def m1(self, *, reserved: bytes = bytes(56)) -> bytes:
        """PROTOCOL §4.3."""
        t = self.transcript
        ciphertext, shared_secret = encapsulated(self.suite, self.server_public_key)
        size = MAC1_SIZE + NONCE_SIZE + len(ciphertext) + len(self.ephemeral.public_key) + REST_OF_M1
        header, nonce = HEADER.pack(M1, 1, 0, size + self.parts.tag_size), secrets.token_bytes(NONCE_SIZE)
        t.mix(header, nonce, ciphertext)
        t.mix_key(shared_secret)
        sealed = t.seal("m1", self.ephemeral.public_key + u64(self.now()) + reserved)
        return filtered(self.server_public_key, header, nonce + ciphertext + sealed)

    def read_m2(self, m2: bytes) -> None:
        """PROTOCOL §4.4."""
        header, body = Halves.of(m2)
        boundary = NONCE_SIZE + self.suite.key_exchange.ciphertext_size
        self.transcript.mix(header, body[:boundary])
        self.transcript.mix_key(
            self.suite.key_exchange.decapsulate(self.ephemeral.private_key, body[NONCE_SIZE:boundary])
        )
        self.transcript.open("m2", body[boundary:])

    def m3(self, *, reserved: bytes = bytes(24)) -> bytes:
        """PROTOCOL §4.5; the channel is open then."""
        payload = u64(self.now()) + reserved
        sealed = self.transcript.seal("m3", payload)
        self._open("c traffic", "s traffic")
        return HEADER.pack(M3, 1, 0, len(sealed)) + sealed


class RogueServer(Rogue):
    """A server of the attacker's, with the key of the one that it poses as, or with one of its own."""

    def __init__(self, suite: Suite, key_pair: KeyPair, *names: str) -> None:
        super().__init__(suite)
        self.key_pair = key_pair
        self.transcript = Transcript(suite, key_pair.public_key, *names)
        self.ephemeral_public_key = b""

    def read_m1(self, m1: bytes) -> bytes:
        """PROTOCOL §4.3; gives what M1 has sealed: the ephemeral public key, the time, and zeros."""
        ciphertext = Halves.of(m1).body[MAC1_SIZE + NONCE_SIZE :][: self.suite.key_exchange.ciphertext_size]
        payload = self.follow_m1(m1, self.suite.key_exchange.decapsulate(self.key_pair.private_key, ciphertext))
        self.ephemeral_public_key = payload[: self.suite.key_exchange.public_key_size]
        return payload

    def follow_m1(self, m1: bytes, shared_secret: bytes) -> bytes:
        """The same with this secret, whatever it is."""
        header, body = Halves.of(m1)
        boundary = MAC1_SIZE + NONCE_SIZE + self.suite.key_exchange.ciphertext_size
        self.transcript.mix(header, body[MAC1_SIZE:boundary])
        self.transcript.mix_key(shared_secret)
        return self.transcript.open("m1", body[boundary:])

    def m2(self, *, reserved: bytes = bytes(24), ciphertext: bytes = b"") -> bytes:
        """PROTOCOL §4.4; with a ciphertext of somebody else's, the secret in it is guessed."""
        shared_secret = bytes(32)
        if not ciphertext:
            ciphertext, shared_secret = encapsulated(self.suite, self.ephemeral_public_key)
        size = NONCE_SIZE + len(ciphertext) + 8 + len(reserved) + self.parts.tag_size
        header, nonce = HEADER.pack(M2, 1, 0, size), secrets.token_bytes(NONCE_SIZE)
        self.transcript.mix(header, nonce, ciphertext)
        self.transcript.mix_key(shared_secret)
        sealed = self.transcript.seal("m2", u64(self.now()) + reserved)
        return header + nonce + ciphertext + sealed

    def read_m3(self, m3: bytes) -> None:
        """PROTOCOL §4.5; the channel is open then."""
        self.transcript.open("m3", Halves.of(m3).body)
        self._open("s traffic", "c traffic")


def header_of_record(size: int, *, version: int = 1, reserved: int = 0) -> bytes:
    """The header of a record whose body has so many bytes."""
    return HEADER.pack(RECORD, version, reserved, size)
