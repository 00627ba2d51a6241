"""What the kit knows of AEADs."""

from typing import Any

from framework.contract.inputs.drbg import Drbg
from framework.contract.model.subject import RECORD, Call, Keyed, Subject, usable_key
from framework.contract.model.trial import Session
from framework.kinds import AEAD


def _calls(session: Session, rng: Drbg, record: bytes) -> list[Call]:
    primitive, key = session.primitive, usable_key(session, rng)
    nonce = rng.bytes(primitive.nonce_size)
    sealed = primitive.context(key).seal(nonce, record, b"data")
    return [
        Call(
            "seal",
            lambda k, n, p, a: primitive.context(k).seal(n, p, a),
            (key, nonce, record, b"data"),
            (0, 2),
            ("key", "nonce", "plaintext", "associated_data"),
        ),
        Call(
            "open",
            lambda k, n, c, a: primitive.context(k).open(n, c, a),
            (key, nonce, sealed, b"data"),
            (0,),
            ("key", "nonce", "ciphertext", "associated_data"),
        ),
    ]


def _keyed(session: Session, rng: Drbg) -> list[Keyed]:
    key = usable_key(session, rng)
    nonce = rng.bytes(session.primitive.nonce_size)
    return [Keyed("context", session.primitive.context, (key,), lambda made: bytes(made.seal(nonce, RECORD, b"")))]


def _bounds(primitive: Any) -> dict[str, int]:
    return {"key_size": 8 * primitive.key_size}  # the strength of an AEAD is said of its confidentiality


SUBJECT = Subject(
    kind=AEAD,
    prefix="AEAD",
    modules=("sealing", "tampering", "keys", "contexts", "coverage", "tags", "claims", "long_use", "answers"),
    claims=frozenset({"key_committing"}),
    calls=_calls,
    keyed=_keyed,
    bounds=_bounds,
)
