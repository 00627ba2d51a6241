"""The key schedule and the transcript of the handshake, one formula a function (PROTOCOL §4.2 to §4.6)."""

from typing import NamedTuple

from framework.kdf import HASH_SIZE, expand_label, extract, hmac_digest, lp, sha256
from framework.pattern import MAC1_SIZE
from framework.secret import Secret


class TrafficSecrets(NamedTuple):
    """What a handshake yields (PROTOCOL §4.6)."""

    client_to_server: Secret
    server_to_client: Secret
    exporter: Secret


def initial_hash(descriptor: bytes, application: str, server_name: str, server_public_key: bytes) -> bytes:
    """`h0 = H(lp("suitecase/1 h0") ‖ lp(D) ‖ lp(application) ‖ lp(server name) ‖ lp(pkS))` (PROTOCOL §4.2)."""
    names = (application.encode(), server_name.encode())
    return sha256(*map(lp, (b"suitecase/1 h0", descriptor, *names, server_public_key)))


def initial_chaining_key(h0: bytes) -> Secret:
    """`ck0 = Ext(h0, 0^32)` (PROTOCOL §4.2)."""
    return Secret(extract(h0, bytes(HASH_SIZE)))


def mix_hash(transcript: bytes, *parts: bytes) -> bytes:
    """`h' = H(h ‖ parts)` (PROTOCOL §4.3 to §4.5)."""
    return sha256(transcript, *parts)


def mix_key(chaining_key: Secret, shared_secret: bytes) -> Secret:
    """`ck' = Ext(ck, ss)` (PROTOCOL §4.3, §4.4)."""
    return Secret(extract(chaining_key.expose(), shared_secret))


def message_key(chaining_key: Secret, label: str, transcript: bytes) -> Secret:
    """`XL(ck, "m1" | "m2" | "m3", h, 32)`: the key that seals one handshake message (PROTOCOL §4.3 to §4.5)."""
    return Secret(expand_label(chaining_key.expose(), label, transcript, HASH_SIZE))


def mac1(server_public_key: bytes, *parts: bytes) -> bytes:
    """`HMAC(H("suitecase/1 mac1" ‖ pkS), parts)`, its first 16 bytes (PROTOCOL §4.3)."""
    return hmac_digest(sha256(b"suitecase/1 mac1", server_public_key), *parts)[:MAC1_SIZE]


def traffic_secrets(chaining_key: Secret, h5: bytes) -> TrafficSecrets:
    """`XL(ck2, "c traffic" | "s traffic" | "exporter", h5, 32)` (PROTOCOL §4.6)."""
    labels = ("c traffic", "s traffic", "exporter")
    return TrafficSecrets(*(Secret(expand_label(chaining_key.expose(), label, h5, HASH_SIZE)) for label in labels))
