"""The calls that every kind has, in one form: a name, octet arguments, and a result that is the same each time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from framework.contract.inputs.drbg import Drbg
from framework.contract.model.adapters import invoke
from framework.contract.model.trial import Session
from framework.kinds import AEAD, BULK_CIPHER, KEY_EXCHANGE, MAC


@dataclass(frozen=True)
class Call:
    """`function` takes the arguments, all octets, and gives octets or nothing.

    `secret` are the places of those that are, `names` what they are called.
    """

    name: str
    function: Callable[..., Any]
    arguments: tuple[bytes, ...]
    secret: tuple[int, ...]
    names: tuple[str, ...]

    def __call__(self, *given: object, allow: object = ()) -> Any:
        """Call it, with its own arguments or those given; an exception outside `allow` is a violation."""
        return invoke(self.name, self.function, *(given or self.arguments), allow=allow, names=self.names)

    def shown(self, *given: object) -> dict[str, object]:
        """The arguments, for a finding."""
        return dict(zip(self.names, given or self.arguments, strict=True))


@dataclass(frozen=True)
class Keyed:
    """An object that holds a secret: how to make it from octets, which `names` names, and what it then gives."""

    name: str
    make: Callable[..., Any]
    arguments: tuple[bytes, ...]
    use: Callable[[Any], bytes]
    names: tuple[str, ...] = ("key",)

    def __call__(self, *given: object, allow: object = ()) -> Any:
        """Make one, of its own arguments or of those given; an exception outside `allow` is a violation."""
        return invoke(self.name, self.make, *(given or self.arguments), allow=allow, names=self.names)


RECORD = b"forty octets of a record, said in secret"


def calls(session: Session, rng: Drbg, record: bytes = RECORD) -> list[Call]:
    """Every call of the interface, with valid arguments; the secret ones are fresh, to be looked for."""
    primitive, kind = session.primitive, session.target.kind
    if kind is KEY_EXCHANGE:
        return list(_kem_calls(session, primitive, rng.bytes(8).hex()))
    key = usable_key(session, rng)
    if kind is MAC:
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
    if kind is AEAD:
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
    iv = rng.bytes(primitive.iv_size)
    ciphertext = primitive.encryptor(key, iv).encrypt(record)
    names = ("key", "iv", "record")
    return [
        Call("encrypt", lambda k, v, r: primitive.encryptor(k, v).encrypt(r), (key, iv, record), (0, 2), names),
        Call("decrypt", lambda k, v, r: primitive.decryptor(k, v).decrypt(r), (key, iv, ciphertext), (0,), names),
        Call("check_key", primitive.check_key, (key,), (0,), ("key",)),
    ]


def _kem_calls(session: Session, primitive: Any, seed: str) -> Iterator[Call]:
    pair = session.pairs(1)[0]
    sent = primitive.encapsulate(pair.public_key, random_bytes=Drbg(seed).bytes)

    def encapsulate(public_key: bytes) -> bytes:
        result = primitive.encapsulate(public_key, random_bytes=Drbg(seed).bytes)
        ciphertext: bytes = result.ciphertext + result.shared_secret
        return ciphertext

    yield Call("encapsulate", encapsulate, (pair.public_key,), (), ("public_key",))
    keyed = ("private_key", "ciphertext")
    yield Call("decapsulate", primitive.decapsulate, (pair.private_key, sent.ciphertext), (0,), keyed)
    yield Call("check_public_key", primitive.check_public_key, (pair.public_key,), (), ("public_key",))


def keyed_objects(session: Session, rng: Drbg) -> list[Keyed]:
    """Every object of the plugin's that holds a secret."""
    primitive, kind = session.primitive, session.target.kind
    if kind is KEY_EXCHANGE:
        return []
    key = usable_key(session, rng)
    if kind is MAC:
        return [Keyed("authenticator", primitive.authenticator, (key,), lambda made: bytes(made.tag(b"message")))]
    if kind is AEAD:
        nonce = rng.bytes(primitive.nonce_size)
        return [Keyed("context", primitive.context, (key,), lambda made: bytes(made.seal(nonce, RECORD, b"")))]
    iv = rng.bytes(primitive.iv_size)
    names = ("key", "iv")
    return [
        Keyed("encryptor", primitive.encryptor, (key, iv), lambda made: bytes(made.encrypt(RECORD)), names),
        Keyed("decryptor", primitive.decryptor, (key, iv), lambda made: bytes(made.decrypt(RECORD)), names),
    ]


def usable_key(session: Session, rng: Drbg) -> bytes:
    """A random key that the primitive takes."""
    for _ in range(256):
        key = rng.bytes(session.primitive.key_size)
        if session.target.kind is not BULK_CIPHER:
            return key
        try:
            session.primitive.check_key(key)
        except Exception:  # noqa: BLE001, S112 - a weak key; other checks ask for more
            continue
        return key
    return rng.bytes(session.primitive.key_size)


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
    from base64 import b64encode

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
