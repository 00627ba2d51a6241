"""What the tag of an AEAD covers: messages and associated data of every size, and their blocks in their order."""

from collections.abc import Iterator

from framework.contract.checks.aead.sealing import FORGERY, refuse, sealed
from framework.contract.inputs.forgeries import flipped, rearranged
from framework.contract.model.check import check
from framework.contract.model.trial import Trial

SIZES = (*range(132), 191, 192, 255, 256, 257, 511, 512, 1000, 1024, 1500, 2048, 4096, 8192, 16_384, 65_536)
"""Bytes of the messages, and of the associated data, that forgeries are made of."""


@check(
    "AEAD-19",
    "forgeries are refused for messages and associated data of every size",
    why=FORGERY,
    flaws=("a size of message that is not verified", "a size of associated data that is not", "last whole block"),
    forbids_waiver=True,
)
def at_every_size(trial: Trial) -> None:
    """Flip a bit at both ends of the message, of the tag and of the associated data, and one somewhere.

    For each size to 131 of the one and of the other, and for those at which fast paths begin.
    """
    for size in SIZES:
        for plaintext_size, ad_size in ((size, 5 * size % 23), (3 * size % 41, size)):
            context, nonce, _, ad, whole = sealed(trial, plaintext_size, ad_size)
            body, all_bits = 8 * plaintext_size, 8 * len(whole)
            for bit in {0, body - 1, body, all_bits - 1, trial.rng.below(all_bits)} - {-1}:
                what = f"a changed bit in {plaintext_size} sealed bytes, with {ad_size} of associated data"
                refuse(context, nonce, flipped(whole, bit), ad, what)
            for bit in {0, 8 * ad_size - 1, trial.rng.below(8 * ad_size)} if ad_size else ():
                refuse(context, nonce, whole, flipped(ad, bit), f"a changed bit in {ad_size} bytes of associated data")


@check(
    "AEAD-20",
    "the order and number of blocks count, in the message and in the associated data",
    why="A tag that adds blocks up is the same for another order of them: sentences change places.",
    flaws=(
        "blocks added up without their place",
        "pairs of blocks cancel",
        "blocks dropped or doubled",
        "turned around",
    ),
    forbids_waiver=True,
)
def order_counts(trial: Trial) -> None:
    """Exchange, drop, double and turn blocks of 1 to 64 bytes; make changes that cancel in a sum or an XOR."""
    for size in (32, 96, 200):
        context, nonce, _, ad, whole = sealed(trial, size, size)
        body, tag = whole[:size], whole[size:]
        for forged in _arranged(body):
            refuse(context, nonce, forged + tag, ad, f"the blocks of {size} sealed bytes in another arrangement")
        for forged in _arranged(ad):
            refuse(context, nonce, whole, forged, f"the blocks of {size} bytes of associated data rearranged")


def _arranged(value: bytes) -> Iterator[bytes]:
    """The same blocks otherwise; each is another value."""
    seen = {value}
    for forged in _arrangements(value):
        if forged not in seen:
            seen.add(forged)
            yield forged


def _arrangements(value: bytes) -> Iterator[bytes]:
    yield from (forged for _, forged in rearranged(value))
    for width in (4, 8, 12, 16, 32, 64):
        blocks = [value[at : at + width] for at in range(0, len(value), width)]
        yield b"".join(blocks[::-1])
        yield b"".join(block[::-1] for block in blocks)
        for place in range(len(blocks)):
            one, rest = blocks[place], blocks[place + 1 :]
            yield b"".join([*blocks[:place], *rest])
            yield b"".join([*blocks[:place], one, one, *rest])
            yield b"".join([*blocks[:place], bytes(len(one)), *rest])
            if rest:
                yield b"".join([*blocks[:place], rest[0], one, *rest[1:]])
                yield b"".join([one, *blocks[1:place], *rest, *blocks[:1]])
