"""Tags of an AEAD: how they are compared, and what they follow from."""

from collections.abc import Iterator
from functools import partial

from framework.contract.checks.aead.sealing import sealed
from framework.contract.comparison.constant_time import judge, places
from framework.contract.comparison.profiler import observe
from framework.contract.inputs.forgeries import flipped
from framework.contract.inputs.octets import xor
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation


@check(
    "AEAD-12",
    "tags are compared in constant time",
    why="A comparison that stops at the first difference tells how many bytes were right: a tag is found byte by byte.",
    precedent="KeyCzar (Coda Hale, A Lesson in Timing Attacks)",
    flaws=("comparison in non-constant time",),
    forbids_waiver=True,
)
def constant_time(trial: Trial) -> None:
    """Watch open refuse tags that differ in the first, a middle and the last byte."""
    context, nonce, _, ad, whole = sealed(trial)
    size = trial.aead.tag_size
    start = 8 * (len(whole) - size)
    forged = [flipped(whole, start + bit) for bit in places(size)]
    judge([observe(partial(context.inner.open, nonce, each, ad), secret_size=min(8, size)) for each in forged], size)


@check(
    "AEAD-13",
    "tags vary in every bit, and follow from no other tag",
    why="Bits that never change are guessed; a linear tag is forged from three others.",
    precedent="GCM's tags are linear under one nonce: hence one nonce, one message",
    flaws=("tag padded with constants", "checksum as a tag", "biased tag"),
    forbids_waiver=True,
)
def tags_vary(trial: Trial) -> None:
    """Count the ones in each bit of 512 tags, and combine tags of one size under several nonces."""
    aead = trial.aead
    context = aead.context(trial.rng.bytes(aead.key_size))
    nonces = [trial.rng.bytes(aead.nonce_size) for _ in range(512)]
    tags = [context.seal(nonce, b"message", b"ad")[-aead.tag_size :] for nonce in nonces]
    for bit in range(8 * aead.tag_size):
        ones = sum(tag[bit // 8] >> (7 - bit % 8) & 1 for tag in tags)
        if abs(ones - 256) > 6.5 * 128**0.5:
            raise Violation(f"bit {bit} of the tag is one in {ones} of 512 tags", tag=tags[0])
    messages = tuple(_linear(trial.rng.bytes(16), trial.rng.bytes(16), trial.rng.bytes(16)))
    for position in ("plaintext", "associated data"):
        combined = bytes(aead.tag_size)
        for message in messages:
            pair = (message, b"") if position == "plaintext" else (b"", message)
            nonce = trial.rng.bytes(aead.nonce_size)
            combined = xor(combined, context.seal(nonce, *pair)[-aead.tag_size :])
        if not any(combined):
            raise Violation(f"tags are linear in the {position}, whatever the nonce")


def _linear(a: bytes, b: bytes, c: bytes) -> Iterator[bytes]:
    yield from (a, b, c, xor(xor(a, b), c))
