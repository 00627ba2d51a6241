"""AEADs of large messages, and after many calls: what a fast path, a counter or a memory does at its edge."""

from framework.contract.checks.aead.sealing import FORGERY, refuse, sealed
from framework.contract.inputs.forgeries import flipped
from framework.contract.inputs.working_time import MANY, working_seconds
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

SIZES = ((1 << 18) + 5, 1 << 20, (1 << 20) + 13)


@check(
    "AEAD-16",
    "large messages are covered to the last byte, and use no keystream twice",
    why=FORGERY,
    precedent="CVE-2015-6644 (Android's BouncyCastle GCM): a counter of the wrong width",
    flaws=("end of a large message not covered", "counter that wraps within a message", "bulk path differs"),
    forbids_waiver=True,
)
def large(trial: Trial) -> None:
    """Flip bits at both ends and around powers of two of up to 2^20 bytes; look for 8 bytes of keystream come twice."""
    for size in SIZES:
        context, nonce, _, ad, whole = sealed(trial, size)
        powers = (place for power in range(12, 21) for place in ((1 << power) - 1, 1 << power))
        for place in sorted({0, *powers, size - 17, size - 16, size - 2, size - 1, size, len(whole) - 1}):
            if place < len(whole):
                refuse(context, nonce, flipped(whole, 8 * place + 5), ad, f"a change in byte {place} of {size}")
        if context.open(nonce, whole, ad) is None:
            raise Violation(f"a message of {size} bytes does not open after forgeries of it", nonce=nonce)
    context, nonce, size = sealed(trial)[0], trial.rng.bytes(trial.aead.nonce_size), (1 << 20) + (1 << 18)
    words = memoryview(context.seal(nonce, bytes(size), b"")[:size]).cast("Q").tolist()
    if len(set(words)) < len(words):
        raise Violation(f"8 bytes of keystream come twice within {size} bytes", nonce=nonce)


@check(
    "AEAD-17",
    "the last of very many calls gives what the first gave",
    why="A counter inside a context that comes round fails after hours, on the busiest channels first.",
    flaws=("state that shows after many calls", "forgeries that end a context"),
)
def many_calls(trial: Trial) -> None:
    """Seal, open and refuse in turn 65,540 times with one context, or as often as a second and a half allows."""
    context, nonce, plaintext, ad, whole = sealed(trial)
    forged, end = flipped(whole, 3), working_seconds() + trial.seconds
    for count in range(MANY):
        if (
            (count % 4 < 2 and context.seal(nonce, plaintext, ad) != whole)
            or (count % 4 == 2 and context.open(nonce, whole, ad) != plaintext)
            or (count % 4 == 3 and context.open(nonce, forged, ad) is not None)
        ):
            raise Violation(f"after {count + 1} calls a context answers otherwise", nonce=nonce)
        if count % 256 == 0 and working_seconds() > end:
            break


@check(
    "AEAD-18",
    "nothing of a message that was opened helps a forged one",
    why="A context that remembers a nonce, a tag or a ciphertext takes the next message for the one it has seen.",
    flaws=("cache of verified tags", "cache of verified nonces", "tag compared with the last one"),
    forbids_waiver=True,
)
def remembers(trial: Trial) -> None:
    """Open or seal a message, then offer its nonce and tag with another body, other data, no body; and the reverse."""
    tag_size = trial.aead.tag_size
    for size in (0, 1, 40, 300):
        context, nonce, plaintext, ad, whole = sealed(trial, size)
        _, _, _, other_ad, _ = sealed(trial)
        body, tag = whole[:size], whole[size:]
        other = trial.aead.context(trial.rng.bytes(trial.aead.key_size)).seal(nonce, plaintext, ad)
        forged = [(nonce, whole, other_ad, "other associated data"), (nonce, whole, b"", "no associated data")]
        forged += [(nonce, body + b"\0" + tag, ad, "a longer body"), (nonce, body[1:] + tag, ad, "a shorter body")]
        forged += [(nonce, flipped(whole, bit), ad, "a changed byte") for bit in (0, 8 * size - 1, 8 * len(whole) - 1)]
        forged += [(nonce, body + other[size:], ad, "another key's tag"), (nonce, other, ad, "another key's message")]
        forged += [(flipped(nonce, 0), whole, ad, "another nonce"), (flipped(nonce, 9), whole, ad, "another nonce")]
        forged += [(nonce, tag, ad, "the tag alone"), (nonce, bytes(tag_size), ad, "zeros")]
        for used_nonce, message, data, what in forged:
            if message == whole and (used_nonce, data) == (nonce, ad):
                continue
            if context.open(nonce, whole, ad) != plaintext:
                raise Violation("a genuine message does not open a second time", nonce=nonce)
            context.seal(nonce, plaintext, ad)
            refuse(context, used_nonce, message, data, f"{what}, after the genuine message")


NONCES = 6000
"""Nonces under one key; of 2^16 places, as many hit 240 twice."""


@check(
    "AEAD-21",
    "very many nonces under one key each have their own keystream and tag",
    why="The record layer counts a nonce a record: one that is taken for another repeats its keystream.",
    precedent="CVE-2017-13077 (KRACK): a nonce that comes again",
    flaws=("cache of nonces by a short hash", "nonces asked to be in order", "preparation of nonces that runs out"),
    forbids_waiver=True,
)
def many_nonces(trial: Trial) -> None:
    """Seal under 6,000 nonces, counted up and random in turn, or as many as time allows, and open one in eight late."""
    aead, end = trial.aead, working_seconds() + trial.seconds
    context, size = aead.context(trial.rng.bytes(aead.key_size)), aead.nonce_size
    start, seen, kept = int.from_bytes(trial.rng.bytes(size)) >> 20 << 20, dict[bytes, bytes](), list[bytes]()
    for count in range(NONCES):
        nonce = trial.rng.bytes(size) if count % 2 else (start + count).to_bytes(size)
        whole = context.seal(nonce, bytes(16), b"")
        for part in (whole[:16], whole[16:]):
            other = seen.setdefault(part, nonce) if len(part) >= 12 else nonce
            if other != nonce:
                raise Violation("two of many nonces give one keystream or tag", nonce=nonce, other=other)
        kept += [nonce] if count % 8 == 1 else []
        if count % 64 == 0 and working_seconds() > end:
            break
    for nonce in reversed(kept):
        if context.open(nonce, context.seal(nonce, bytes(16), b""), b"") != bytes(16):
            raise Violation("after many nonces an earlier one does not open", nonce=nonce)
