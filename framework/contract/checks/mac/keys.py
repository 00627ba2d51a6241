"""What a MAC does with its key: takes one size, and uses every bit."""

from framework.contract.inputs.forgeries import flipped
from framework.contract.inputs.octets import wrong_lengths
from framework.contract.inputs.shapes import groups
from framework.contract.model.adapters import refuses_key
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation


@check(
    "MAC-21",
    "every bit of the key counts",
    why="Bits of the key that do nothing make it shorter than it says, and two keys into one.",
    precedent="HMAC itself pads short keys with zeros and hashes long ones: hence one length only",
    flaws=("key ignored", "key cut short", "key folded, stripped or turned", "two keys make one MAC"),
    forbids_waiver=True,
)
def every_bit(trial: Trial) -> None:
    """Flip each bit of a random key and of one that ends in zeros; swap, strip and reorder its bytes.

    And of keys that end or begin in letters, digits, white space, zeros and ones, or are these.
    """
    size = trial.mac.key_size
    tags: dict[bytes, bytes] = {}
    start = trial.rng.bytes(size)
    zeros = start[: size // 2] + bytes(size - size // 2)
    text = (b"Key " * size)[:size]
    keys = [start, zeros, bytes(size), b"\xff" * size, text, text.lower(), text.upper(), start[::-1]]
    keys += [flipped(base, bit) for base in (start, zeros) for bit in range(8 * size)]
    keys += [bytes([first]) + start[1 : size - 1] + bytes([last]) for first in (0, 9, 32) for last in (0, 10, 32)]
    keys += [key for group in groups(trial.rng, size) for key in group]
    for key in dict.fromkeys(keys):
        tag = trial.mac.keyed(key).tag(b"message")
        if tag in tags:
            raise Violation("two keys make one tag", key=key, other=tags[tag], tag=tag)
        tags[tag] = key


@check(
    "MAC-22",
    "a key of another length is refused with InvalidKeyError",
    why="A key that is padded, hashed or replaced by a default is not the key that both sides agreed on.",
    precedent="measured by the authors: an empty key replaced by a default survives all published vectors",
    flaws=("empty key accepted", "key silently padded, cut or hashed"),
    forbids_waiver=True,
    refuses=True,
)
def key_lengths(trial: Trial) -> None:
    """Offer keys of every length to twice the right one and beyond."""
    for size in wrong_lengths(trial.mac.key_size):
        key = trial.rng.bytes(size)
        if not refuses_key("authenticator", trial.mac.primitive.authenticator, key):
            raise Violation(f"authenticator took a key of {size} bytes; {trial.mac.key_size} are declared", key=key)


@check(
    "MAC-23",
    "tags under many keys stay right however many keys there are",
    why="A cache of key schedules that mixes keys up authenticates one peer's messages with another's key.",
    precedent="caches keyed by id() or by a part of the key are a classic of Python code",
    flaws=("cache keyed by id()", "cache keyed by a part of the key", "last key kept in the class"),
    forbids_waiver=True,
)
def many_keys(trial: Trial) -> None:
    """Tag under 300 keys that differ in one end or the other, drop them, and do it again in another order."""
    size = trial.mac.key_size
    base = trial.rng.bytes(size)
    keys = [count.to_bytes(2) + base[2:] for count in range(150)] + [
        base[:-2] + count.to_bytes(2) for count in range(150)
    ]
    first = {key: trial.mac.keyed(bytes(bytearray(key))).tag(b"message") for key in keys}
    if len(set(first.values())) < len(first):
        raise Violation("two of 300 keys make one tag")
    order = list(first)
    trial.rng.shuffle(order)
    for key in order:
        if trial.mac.keyed(bytes(bytearray(key))).tag(b"message") != first[key]:
            raise Violation("a key makes another tag after other keys were used", key=key)
    early, late = trial.mac.keyed(order[0]), trial.mac.keyed(order[1])
    if early.tag(b"message") != first[order[0]] or late.tag(b"message") != first[order[1]]:
        raise Violation("a keyed object changes when another is made", key=order[0], other=order[1])
