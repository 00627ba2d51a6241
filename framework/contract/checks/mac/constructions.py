"""Well-known ways to make a keyed hash that is no MAC: their tags are computed here and looked for."""

import hmac
import zlib
from collections.abc import Iterator
from hashlib import new

from framework.contract.inputs.octets import ORDERS, Order
from framework.contract.model.adapters import KeyedMac
from framework.contract.model.check import NotApplicable, check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

EXTENDABLE = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
"""Hash functions whose output is their state, or most of it: H(k ‖ m) can be continued."""
HASHES = (*EXTENDABLE, "sha3_256", "sha3_512", "blake2s", "blake2b")


@check(
    "MAC-41",
    "the tag is none of the broken constructions",
    why="H(k ‖ m) is continued by whoever has seen one tag; H(m ‖ k) falls with a collision; a checksum needs no key.",
    precedent="Flickr's API, 2009 (Duong and Rizzo): forged by length extension",
    flaws=("length extension", "hash without the key", "checksum as a MAC", "key and message exchanged"),
    forbids_waiver=True,
)
def constructions(trial: Trial) -> None:
    """Compute what the usual mistakes would give, and compare."""
    size = trial.mac.tag_size
    key, message = trial.rng.bytes(trial.mac.key_size), trial.rng.bytes(23)
    tag = trial.mac.keyed(key).tag(message)
    for name, value in broken(key, message):
        for shape, candidate in (
            ("", value[:size]),
            (" (its end)", value[-size:]),
            (" (reversed)", value[::-1][:size]),
        ):
            if candidate.ljust(size, b"\0") == tag or (len(candidate) >= 4 and tag.startswith(candidate)):
                raise Violation(f"the tag is {name}{shape}", key=key, message=message, tag=tag)


def broken(key: bytes, message: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and value of each broken construction."""
    for name in HASHES:

        def digest(data: bytes, name: str = name) -> bytes:
            return new(name, data, usedforsecurity=False).digest()

        if name in EXTENDABLE:
            for between in (b"", b":", b"|", b"\0", b"."):
                yield f"{name}(key ‖ {between!r} ‖ message): it can be extended", digest(key + between + message)
            yield f"{name}({name}(key) ‖ message): it can be extended", digest(digest(key) + message)
        for between in (b"", b":", b"|", b"\0", b"."):
            yield f"{name}(message ‖ {between!r} ‖ key): it falls with a collision", digest(message + between + key)
        yield f"{name}(message ‖ {name}(key))", digest(message + digest(key))
        yield f"{name}(message) ^ key", _xor(digest(message), key)
        yield f"{name}(message) ^ {name}(key)", _xor(digest(message), digest(key))
        yield f"{name}(message), without the key", digest(message)
        yield f"{name}(key), without the message", digest(key)
        yield f"HMAC-{name} with key and message exchanged", hmac.digest(message, key, name)
        yield f"HMAC-{name} of the empty key", hmac.digest(b"", message, name)
    for name, checksum in (("CRC-32", zlib.crc32), ("Adler-32", zlib.adler32)):
        for data in (message, key + message, message + key):
            yield name, checksum(data).to_bytes(4)
            yield name, checksum(data).to_bytes(4, "little")


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=False))


@check(
    "MAC-42",
    "the key cannot be taken off the tag",
    why="If t(k, a) ^ t(k, b) is the same under every key, or a key bit moves a fixed tag bit, one tag shows the rest.",
    flaws=("key XORed on at the end", "tag linear in the key", "key added to the message"),
    forbids_waiver=True,
)
def key_in_tag(trial: Trial) -> None:
    """Compare differences of tags under several keys, and keys with the message moved against them."""
    mac = trial.mac
    keys = [trial.rng.bytes(mac.key_size) for _ in range(4)]
    differences = {_xor(mac.keyed(key).tag(b"a"), mac.keyed(key).tag(b"b")) for key in keys}
    if len(differences) < len(keys):
        raise Violation("the difference of two tags is the same under two keys", key=keys[0], other=keys[1])
    for key in keys:
        tag = mac.keyed(key).tag(b"message")
        window = min(8, mac.key_size, mac.tag_size)
        if any(key[at : at + window] in tag for at in range(mac.key_size - window + 1)):
            raise Violation("a part of the key stands in the tag", key=key, tag=tag)
    message = trial.rng.bytes(mac.key_size)
    if mac.keyed(keys[0]).tag(message) == mac.keyed(message).tag(keys[0]):
        raise Violation("key and message can be exchanged", key=keys[0], message=message)
    shift = trial.rng.bytes(mac.key_size)
    if mac.keyed(_xor(keys[0], shift)).tag(_xor(message, shift)) == mac.keyed(keys[0]).tag(message):
        raise Violation("a change of the key is undone by the same change of the message", key=keys[0], message=message)


@check(
    "MAC-43",
    "the tags of four messages do not add up",
    why="A polynomial with one pad for all messages is solved for its key from two tags: then everything is forged.",
    precedent="Joux 2006 on GCM: two messages under one nonce give the authentication key",
    flaws=("one-time MAC used for many messages", "polynomial hash with a constant pad", "tags linear in the message"),
    forbids_waiver=True,
)
def adds_up(trial: Trial) -> None:
    """For a - b = c - d, look whether t(a) - t(b) - t(c) + t(d) comes again with others, as multiples of a modulus do.

    Numbers are read both ways, and so are tags: at random, two of 48 such sums agree once in 2^50 times or less.
    """
    keyed = trial.mac.keyed(trial.rng.bytes(trial.mac.key_size))
    size = min(16, trial.mac.tag_size)
    if size < 8:
        raise NotApplicable("tags of less than 8 bytes agree by chance")
    for order in ORDERS:
        for lead in (b"", trial.rng.bytes(48)):
            sums = [_sum_of_four(trial, keyed, order, lead) for _ in range(24)]
            for read in ORDERS:
                seen = [
                    abs(_signed(*(int.from_bytes(tag, read) for tag in tags), bits=8 * len(tags[0]))) for tags in sums
                ]
                if len(set(seen)) < len(seen):
                    raise Violation("t(a) - t(b) - t(c) + t(d) is the same for two choices of a - b = c - d")


def _sum_of_four(trial: Trial, keyed: KeyedMac, order: Order, lead: bytes) -> list[bytes]:
    """The tags of lead ‖ a, b, c, d, numbers of 16 bytes with a - b = c - d."""
    b, c, step = (int.from_bytes(trial.rng.bytes(15)) for _ in range(3))
    return [keyed.tag(lead + number.to_bytes(16, order)) for number in (b + step, b, c + step, c)]


def _signed(a: int, b: int, c: int, d: int, *, bits: int) -> int:
    value = (a - b - c + d) % (1 << bits)
    return value - (1 << bits) if value >> bits - 1 else value
