"""What the kit knows of key exchanges."""

from typing import Any

from framework.contract.inputs.drbg import Drbg
from framework.contract.model.subject import Call, Keyed, Subject
from framework.contract.model.trial import Session
from framework.kinds import KEY_EXCHANGE
from framework.kinds.key_exchange import SHARED_SECRET_SIZE


def _calls(session: Session, rng: Drbg, _: bytes) -> list[Call]:
    primitive, seed = session.primitive, rng.bytes(8).hex()
    pair = session.pairs(1)[0]
    sent = primitive.encapsulate(pair.public_key, random_bytes=Drbg(seed).bytes)

    def encapsulate(public_key: bytes) -> bytes:
        result = primitive.encapsulate(public_key, random_bytes=Drbg(seed).bytes)
        ciphertext: bytes = result.ciphertext + result.shared_secret
        return ciphertext

    arguments = (pair.private_key, sent.ciphertext)
    return [
        Call("encapsulate", encapsulate, (pair.public_key,), (), ("public_key",)),
        Call("decapsulate", primitive.decapsulate, arguments, (0,), ("private_key", "ciphertext")),
        Call("check_public_key", primitive.check_public_key, (pair.public_key,), (), ("public_key",)),
    ]


def _keyed(_: Session, __: Drbg) -> list[Keyed]:
    return []


def _bounds(primitive: Any) -> dict[str, int]:
    return {"private_key_size": 8 * primitive.private_key_size, "the shared secret": 8 * SHARED_SECRET_SIZE}


SUBJECT = Subject(
    kind=KEY_EXCHANGE,
    prefix="KEX",
    modules=(
        *("exchange", "randomness", "shapes", "ciphertexts", "comparison"),
        *("keys", "points", "private_keys", "answers"),
    ),
    claims=frozenset({"modulus", "refused_public_keys", "unchecked_ciphertext"}),
    calls=_calls,
    keyed=_keyed,
    bounds=_bounds,
)
