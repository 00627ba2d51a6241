"""The calls that every kind has, in one form: a name, octet arguments, and a result that is the same each time."""

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256

from framework.contract.engine.subjects import subject_of
from framework.contract.inputs.drbg import Drbg
from framework.contract.model.subject import RECORD, Call, Keyed
from framework.contract.model.trial import Session
from framework.kinds import KEY_EXCHANGE


def calls(session: Session, rng: Drbg, record: bytes = RECORD) -> list[Call]:
    """Every call of the interface, with valid arguments; the secret ones are fresh, to be looked for."""
    return subject_of(session.target.kind).calls(session, rng, record)


def keyed_objects(session: Session, rng: Drbg) -> list[Keyed]:
    """Every object of the plugin's that holds a secret."""
    return subject_of(session.target.kind).keyed(session, rng)


def digest(session: Session, seed: str) -> str:
    """The hash of what all calls give; it must not depend on the process."""
    total = sha256()
    for number in range(3):
        for call in calls(session, Drbg(f"{seed} {number}")):
            total.update(call.name.encode() + bytes(call.function(*call.arguments) or b""))
    if session.target.kind is KEY_EXCHANGE:
        pair = session.primitive.generate_key_pair(random_bytes=Drbg(seed).bytes)
        total.update(pair.public_key + pair.private_key)
    return total.hexdigest()


def forms(secret: bytes) -> Iterator[str]:
    """How octets look when somebody shows them."""
    yield repr(secret)[2:-1]
    yield secret.hex()
    yield secret.hex().upper()
    yield secret.hex(" ")
    yield b64encode(secret).decode().rstrip("=")
    yield str(int.from_bytes(secret))
    yield str(int.from_bytes(secret, "little"))
    yield ", ".join(map(str, secret))
    yield secret.decode("latin-1")


def shows(text: str, secret: bytes) -> bool:
    """Whether a text shows a secret, whole or the half of it."""
    half = len(secret) // 2
    pieces = (secret, secret[:half], secret[half:]) if half >= 8 else (secret,)
    return any(form in text for piece in pieces for form in forms(piece))
