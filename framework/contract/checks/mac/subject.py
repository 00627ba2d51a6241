"""What the kit knows of MACs."""

from typing import Any

from framework.contract.inputs.drbg import Drbg
from framework.contract.model.subject import Call, Keyed, Subject, usable_key
from framework.contract.model.trial import Session
from framework.kinds import MAC


def _calls(session: Session, rng: Drbg, record: bytes) -> list[Call]:
    primitive, key = session.primitive, usable_key(session, rng)
    tag = primitive.authenticator(key).tag(record, b"more")
    return [
        Call(
            "tag",
            lambda k, a, b: primitive.authenticator(k).tag(a, b),
            (key, record, b"more"),
            (0,),
            ("key", "part", "second_part"),
        ),
        Call(
            "verify",
            lambda k, t, a: primitive.authenticator(k).verify(t, a, b"more"),
            (key, tag, record),
            (0,),
            ("key", "tag", "part"),
        ),
    ]


def _keyed(session: Session, rng: Drbg) -> list[Keyed]:
    key = usable_key(session, rng)
    return [Keyed("authenticator", session.primitive.authenticator, (key,), lambda made: bytes(made.tag(b"message")))]


def _bounds(primitive: Any) -> dict[str, int]:
    return {"key_size": 8 * primitive.key_size, "tag_size": 8 * primitive.tag_size}


SUBJECT = Subject(
    kind=MAC,
    prefix="MAC",
    modules=("tags", "messages", "reuse", "long_use", "keys", "comparison", "constructions", "answers"),
    claims=frozenset(),
    calls=_calls,
    keyed=_keyed,
    bounds=_bounds,
)
