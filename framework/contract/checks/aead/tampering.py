"""What an AEAD refuses: whatever was changed, cut, moved or rearranged, and with one answer to all of it."""

from functools import partial

from framework.contract.checks.aead.sealing import FORGERY, refuse, sealed
from framework.contract.comparison.constant_time import same_answer
from framework.contract.inputs.forgeries import encoded, flipped, lengthened, rearranged, single_bit_flips
from framework.contract.inputs.shapes import groups
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation


@check(
    "AEAD-02",
    "one wrong bit anywhere in the ciphertext or tag is refused",
    why=FORGERY,
    precedent="Go's TestAEAD flips only the last byte: a body that nobody authenticates passes it",
    flaws=("tag never checked", "body not authenticated", "part of the tag compared", "last block not covered"),
    forbids_waiver=True,
    refuses=True,
)
def one_bit(trial: Trial) -> None:
    """Flip every bit of sealed messages of 0, 1, 40 and 130 bytes, and bits around powers of two of large ones."""
    for size in (0, 1, 40, 130):
        context, nonce, _, ad, ciphertext = sealed(trial, size)
        for forged in single_bit_flips(ciphertext):
            refuse(context, nonce, forged, ad, f"a changed bit in {size} sealed bytes")
    context, nonce, _, ad, ciphertext = sealed(trial, 70_001)
    for power in range(8, 17):
        for at in (2**power - 1, 2**power):
            refuse(context, nonce, flipped(ciphertext, 8 * at), ad, f"a change in byte {at}")


@check(
    "AEAD-03",
    "associated data is covered, all of it",
    why="Epoch, sequence and header are associated data: what is not covered there is replayed and reordered.",
    precedent="CVE-2023-2975 (OpenSSL AES-SIV ignored empty associated data)",
    flaws=("associated data ignored", "empty associated data", "associated data cut", "trailing zeros of it dropped"),
    forbids_waiver=True,
)
def associated_data(trial: Trial) -> None:
    """Flip every bit of it, cut it, extend it, leave it out, and put some where there was none.

    Fold, strip, fill and turn it where it is letters, digits, white space, zeros or ones, whole and in part.
    """
    for size in (1, 24, 64, 200):
        context, nonce, _, ad, ciphertext = sealed(trial, 20, size)
        for forged in single_bit_flips(ad):
            refuse(context, nonce, ciphertext, forged, f"a changed bit in {size} bytes of associated data")
        for forged in (*(ad[:n] for n in range(size)), *lengthened(ad), ad[::-1], ad.swapcase()):
            if forged != ad:
                refuse(context, nonce, ciphertext, forged, "other associated data")
    for group in groups(trial.rng, 24):
        context, nonce, plaintext, _, _ = sealed(trial)
        ciphertext = context.seal(nonce, plaintext, group[0])
        for forged in group[1:]:
            refuse(context, nonce, ciphertext, forged, "associated data of the same octets, put or written otherwise")
    context, nonce, _, _, ciphertext = sealed(trial, 20, 0)
    for forged in (b"\0", b" ", bytes(16), bytes(4096)):
        refuse(context, nonce, ciphertext, forged, "associated data where there was none")
    context, nonce, _, ad, ciphertext = sealed(trial, 20, 70_001)
    for at in (4095, 4096, 16_384, 65_535, 65_536, 70_000):
        refuse(context, nonce, ciphertext, flipped(ad, 8 * at), f"a change in byte {at} of the associated data")


@check(
    "AEAD-04",
    "the border between associated data and ciphertext is covered",
    why="If bytes can be moved over the border, header becomes content and content header.",
    precedent="the length block of GCM and of RFC 8439 is there for this",
    flaws=("length block missing", "padding without length"),
    forbids_waiver=True,
)
def border(trial: Trial) -> None:
    """Move 1 to 40 bytes over the border both ways, and 2^8 and 2^16; pad both sides with zeros to whole blocks."""
    tag_size = trial.aead.tag_size
    for size, ad_size in ((48, 48), (32, 16), (5, 7)):
        context, nonce, _, ad, whole = sealed(trial, size, ad_size)
        body, tag = whole[:-tag_size], whole[-tag_size:]
        for count in range(1, min(size, ad_size) + 1):
            refuse(context, nonce, ad[-count:] + body + tag, ad[:-count], "associated data moved to the ciphertext")
            refuse(context, nonce, body[count:] + tag, ad + body[:count], "ciphertext moved to the associated data")
        for zeros in (-size % 16, 16, 1):
            if zeros:
                refuse(context, nonce, body + bytes(zeros) + tag, ad, "zeros behind the ciphertext")
    for count in (1 << 8, 1 << 16):  # the length of associated data written in one byte, or in two
        context, nonce, _, ad, whole = sealed(trial, count + 40, count + 24)
        refuse(context, nonce, ad[24:] + whole, ad[:24], f"{count} bytes of associated data moved to the ciphertext")
        refuse(context, nonce, whole[count:], ad + whole[:count], f"{count} bytes moved to the associated data")
    key, nonce = trial.rng.bytes(trial.aead.key_size), trial.rng.bytes(trial.aead.nonce_size)
    tags = set()
    for size, ad_size in ((0, 0), (0, 16), (16, 0), (0, 32), (16, 16), (32, 0), (0, 15), (0, 17)):
        empty = trial.aead.context(key).seal(nonce, bytes(size), bytes(ad_size))
        tags.add(empty[-tag_size:])
    if len(tags) < 8:
        raise Violation("zeros give one tag at different lengths", nonce=nonce)


@check(
    "AEAD-05",
    "a tag cut short, lengthened or rearranged is refused",
    why="A tag of one byte is guessed in 256 tries; what is shorter than a tag must not be sliced from its end.",
    precedent="CVE-2018-10903 (pyca/cryptography: short GCM tags); the Conscrypt default of short tags",
    flaws=("truncated tag accepted", "input shorter than a tag", "over-long tag accepted", "lax comparison"),
    forbids_waiver=True,
    refuses=True,
)
def tag_shapes(trial: Trial) -> None:
    """Offer all prefixes, the shortest first, the message without its tag, longer ones, and rearranged tags."""
    context, nonce, plaintext, ad, whole = sealed(trial, 10, 5)
    tag_size = trial.aead.tag_size
    body, tag = whole[:-tag_size], whole[-tag_size:]
    for size in range(len(whole)):
        refuse(context, nonce, whole[:size], ad, f"{size} of {len(whole)} bytes")
        refuse(context, nonce, whole[len(whole) - size :], ad, f"the last {size} of {len(whole)} bytes")
    refuse(context, nonce, plaintext, ad, "the plaintext itself")
    for more in (b"\0", tag, whole, b"\n"):
        refuse(context, nonce, whole + more, ad, "something behind the tag")
        refuse(context, nonce, more + whole, ad, "something before the ciphertext")
    for name, forged in (*rearranged(tag), *encoded(tag)):
        if forged != tag:
            refuse(context, nonce, body + forged, ad, f"a forged tag ({name})")


@check(
    "AEAD-11",
    "all forgeries get the same answer, without detail and without plaintext",
    why="What tells one failure from another is an oracle; plaintext that is released unverified is EFAIL.",
    precedent="EFAIL (CVE-2017-17688); CVE-2016-1000345 (BouncyCastle: padding oracle)",
    flaws=("distinguishable failures", "unverified plaintext in an exception", "library's exception let through"),
    forbids_waiver=True,
)
def one_answer(trial: Trial) -> None:
    """Compare the exceptions that changed, cut and foreign messages raise, and look for the plaintext in them."""
    context, nonce, plaintext, ad, whole = sealed(trial)
    size = 8 * len(whole)
    forgeries = [flipped(whole, 0), flipped(whole, size - 1), flipped(whole, size // 2), whole[:-1], whole[:5], b""]
    forgeries += [whole + b"\0", bytes(len(whole))]
    calls = [partial(context.inner.open, nonce, forged, ad) for forged in forgeries]
    calls += [partial(context.inner.open, flipped(nonce, 0), whole, ad), partial(context.inner.open, nonce, whole, b"")]
    same_answer(calls, plaintext[:12])
