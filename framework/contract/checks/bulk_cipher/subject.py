"""What the kit knows of bulk ciphers."""

from typing import Any

from framework.contract.inputs.drbg import Drbg
from framework.contract.model.subject import RECORD, Call, Keyed, Subject, usable_key
from framework.contract.model.trial import Session
from framework.kinds import BULK_CIPHER


def _calls(session: Session, rng: Drbg, record: bytes) -> list[Call]:
    primitive, key = session.primitive, usable_key(session, rng)
    iv = rng.bytes(primitive.iv_size)
    ciphertext = primitive.encryptor(key, iv).encrypt(record)
    names = ("key", "iv", "record")
    return [
        Call("encrypt", lambda k, v, r: primitive.encryptor(k, v).encrypt(r), (key, iv, record), (0, 2), names),
        Call("decrypt", lambda k, v, r: primitive.decryptor(k, v).decrypt(r), (key, iv, ciphertext), (0,), names),
        Call("check_key", primitive.check_key, (key,), (0,), ("key",)),
    ]


def _keyed(session: Session, rng: Drbg) -> list[Keyed]:
    primitive, key = session.primitive, usable_key(session, rng)
    iv = rng.bytes(primitive.iv_size)
    names = ("key", "iv")
    return [
        Keyed("encryptor", primitive.encryptor, (key, iv), lambda made: bytes(made.encrypt(RECORD)), names),
        Keyed("decryptor", primitive.decryptor, (key, iv), lambda made: bytes(made.decrypt(RECORD)), names),
    ]


def _bounds(primitive: Any) -> dict[str, int]:
    return {"key_size": 8 * primitive.key_size}


SUBJECT = Subject(
    kind=BULK_CIPHER,
    prefix="CIP",
    modules=(
        *("stream", "continuity", "mode", "keystream", "long_use"),
        *("keys", "structured_keys", "counter", "answers"),
    ),
    claims=frozenset({"ignored_key_bits", "weak_keys", "continuous", "xor_stream", "enforces_limit"}),
    calls=_calls,
    keyed=_keyed,
    bounds=_bounds,
)
