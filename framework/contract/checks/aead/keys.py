"""Keys and nonces of an AEAD: their lengths, their bits, many of them."""

from framework.contract.checks.aead.sealing import refuse, sealed
from framework.contract.inputs.forgeries import single_bit_flips
from framework.contract.inputs.octets import wrong_lengths
from framework.contract.inputs.shapes import groups
from framework.contract.model.adapters import CLEAN, AeadAdapter, KeyedAead, invoke, refuses_key
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation


@check(
    "AEAD-06",
    "another nonce or another key does not open",
    why="A nonce that is not covered lets records be reordered; a key that is not, is no key.",
    precedent="libsodium #742: a test with 16 of a nonce's 24 bytes did not see what became of the rest",
    flaws=("nonce ignored or cut", "key ignored or cut", "key or nonce folded, stripped or turned"),
    forbids_waiver=True,
)
def nonce_and_key(trial: Trial) -> None:
    """Flip every bit of nonce and key, when opening and when sealing.

    Fold, strip, fill and turn those that are letters, digits, white space, zeros or ones, whole and in part.

    A key may be two, of which the tag takes one (RFC 7518 §5.2.2): what opens under a key that differs in a bit is
    then another plaintext. An entirely different key opens nothing.
    """
    aead = trial.aead
    key, nonce = trial.rng.bytes(aead.key_size), trial.rng.bytes(aead.nonce_size)
    context = aead.context(key)
    for size, ad in ((0, b""), (0, b"ad"), (1, b""), (48, b"ad")):
        whole = context.seal(nonce, bytes(size), ad)
        seen = {whole[size:]} | ({whole[:size]} if size > 8 else set())
        for other in single_bit_flips(nonce):
            refuse(context, other, whole, ad, f"another nonce, for {size} bytes")
            again = context.seal(other, bytes(size), ad)
            if again[size:] in seen or again[:size] in seen:
                raise Violation(f"two nonces give one ciphertext or tag of {size} bytes", key=key, nonce=other)
            seen |= {again[size:]} | ({again[:size]} if size > 8 else set())
    text = (b"Key " * aead.key_size)[: aead.key_size]
    _keys_differ(aead, nonce, [key, *single_bit_flips(key)])
    _keys_differ(aead, nonce, [text, text.lower(), text.upper(), text.title()])
    for group in groups(trial.rng, aead.key_size):
        _keys_differ(aead, nonce, group)
    for group in groups(trial.rng, aead.nonce_size):
        _nonces_differ(aead.context(key), group)
    refuse(aead.context(trial.rng.bytes(aead.key_size)), nonce, whole, ad, "another key")


def _keys_differ(aead: AeadAdapter, nonce: bytes, keys: list[bytes]) -> None:
    """Raise Violation where two keys seal alike, or what the first sealed opens under another to the same."""
    plaintext, seen = bytes(48), dict[bytes, bytes]()
    first = aead.context(keys[0]).seal(nonce, plaintext, b"ad")
    for key in dict.fromkeys(keys):
        context = aead.context(key)
        sealed_now = context.seal(nonce, plaintext, b"ad")
        if sealed_now in seen or (key != keys[0] and context.open(nonce, first, b"ad") == plaintext):
            raise Violation("two keys seal or open alike", key=key, other=seen.get(sealed_now, keys[0]), nonce=nonce)
        seen[sealed_now] = key


def _nonces_differ(context: KeyedAead, nonces: list[bytes]) -> None:
    """Raise Violation where what was sealed under the first opens under another one, or two seal alike."""
    plaintext, seen = bytes(48), dict[bytes, bytes]()
    whole = context.seal(nonces[0], plaintext, b"ad")
    for nonce in nonces:
        if nonce != nonces[0]:
            refuse(context, nonce, whole, b"ad", "another nonce of the same octets, put or written otherwise")
        other = seen.setdefault(context.seal(nonce, plaintext, b"ad")[:48], nonce)
        if other != nonce:
            raise Violation("two nonces give one ciphertext", nonce=nonce, other=other)


@check(
    "AEAD-07",
    "nonces and keys of another length are refused",
    why="A nonce that is cut or padded collides with another one: the keystream is used twice, and tags are forged.",
    precedent="CVE-2019-1543 (OpenSSL ChaCha20-Poly1305); CVE-2017-7822 (Firefox: GCM with an empty IV)",
    flaws=("wrong-length nonce accepted", "empty nonce accepted", "key silently padded or cut"),
    forbids_waiver=True,
    refuses=True,
)
def lengths(trial: Trial) -> None:
    """Offer nonces and keys of every length to twice the right one; keys raise InvalidKeyError."""
    aead = trial.aead
    for size in wrong_lengths(aead.key_size):
        if not refuses_key("context", aead.primitive.context, trial.rng.bytes(size)):
            raise Violation(f"context took a key of {size} bytes; {aead.key_size} are declared")
    context, nonce, plaintext, ad, whole = sealed(trial)
    for size in wrong_lengths(aead.nonce_size):
        other = (nonce * (size // len(nonce) + 1))[:size]
        for call, function, data in (("seal", context.inner.seal, plaintext), ("open", context.inner.open, whole)):
            try:
                invoke(call, function, other, data, ad, allow=CLEAN)
            except CLEAN:
                continue
            raise Violation(f"{call} took a nonce of {size} bytes; {aead.nonce_size} are declared", nonce=other)


@check(
    "AEAD-10",
    "contexts stay right however many keys there are",
    why="A cache that mixes keys up seals for one peer under another's key.",
    precedent="caches keyed by id() or by a part of the key are a classic of Python code",
    flaws=("cache keyed by id()", "cache keyed by a part of the key"),
    forbids_waiver=True,
)
def many_keys(trial: Trial) -> None:
    """Use keys that differ in one end or the other, drop them, and use them again in another order."""
    aead, base = trial.aead, trial.rng.bytes(trial.aead.key_size)
    nonce = trial.rng.bytes(aead.nonce_size)
    keys = [n.to_bytes(2) + base[2:] for n in range(150)] + [base[:-2] + n.to_bytes(2) for n in range(150)]
    first = {key: aead.context(bytes(bytearray(key))).seal(nonce, bytes(16), b"") for key in keys}
    if len(set(first.values())) < len(first):
        raise Violation("two of 300 keys give one ciphertext", nonce=nonce)
    trial.rng.shuffle(keys)
    for key in keys:
        if aead.context(bytes(bytearray(key))).seal(nonce, bytes(16), b"") != first[key]:
            raise Violation("a key gives another ciphertext after other keys were used", key=key)
