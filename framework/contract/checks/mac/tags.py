"""What a MAC accepts as a tag: the genuine one, whole, and nothing else."""

from framework.contract.inputs.forgeries import flipped, in_families, lengthened, shortened, single_bit_flips
from framework.contract.model.adapters import KeyedMac
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

FORGERY = "Whoever can make the receiver accept a tag that the key did not make, changes messages at will."


def _sample(trial: Trial, size: int = 33) -> tuple[KeyedMac, bytes, bytes]:
    keyed = trial.mac.keyed(trial.rng.bytes(trial.mac.key_size))
    message = trial.rng.bytes(size)
    return keyed, message, keyed.tag(message)


def _refuse(keyed: KeyedMac, tag: bytes, forged: bytes, message: bytes, what: str) -> None:
    if keyed.accepts(forged, message):
        raise Violation(f"verify accepted {what}", forged=forged, genuine=tag, message=message)


@check(
    "MAC-01",
    "tags are bytes of the declared size and the same every time",
    why="The record layer cuts a body at this size; a tag that is shorter at times makes channels fail at random.",
    precedent="CVE-2020-1968 (Raccoon: a leading zero stripped), for secrets",
    flaws=("metadata lies about the size of a tag", "tags given as text", "a tag that depends on anything else"),
)
def tag_size(trial: Trial) -> None:
    """Tag messages of many lengths, each twice; many tags, so that one with a leading zero is among them."""
    keyed, _, _ = _sample(trial)
    for size in [*range(66), 127, 128, 129, 255, 256, 4096]:
        message = trial.rng.bytes(size)
        if keyed.tag(message) != keyed.tag(message):
            raise Violation("two tags of one message differ", message=message)
    for count in range(trial.times(2000, 1200)):
        keyed.tag(count.to_bytes(4))


@check(
    "MAC-02",
    "a genuine tag verifies, by giving None",
    why="A verify that answers with a value is ignored by a caller who waits for an exception.",
    precedent="CVE-2008-5077 (OpenSSL: EVP_VerifyFinal's -1 read as success)",
    flaws=("genuine tags refused", "verify answers with a value"),
)
def genuine(trial: Trial) -> None:
    """Verify genuine tags, with the authenticator that made them and with a fresh one."""
    for size in (0, 1, 31, 32, 64, 65, 1000, 70_000):
        key, message = trial.rng.bytes(trial.mac.key_size), trial.rng.bytes(size)
        tag = trial.mac.keyed(key).tag(message)
        for keyed in (trial.mac.keyed(key), trial.mac.keyed(key)):
            if not keyed.accepts(tag, message):
                raise Violation("verify refused a genuine tag", key=key, message=message, tag=tag)


@check(
    "MAC-03",
    "a tag with one wrong bit is refused",
    why=FORGERY,
    precedent="RustCrypto's new_mac_test! feeds no bad tag, so a verify that accepts all passes it",
    flaws=("verify always true", "part of the tag not compared", "a bit of the tag masked off"),
    forbids_waiver=True,
    refuses=True,
)
def one_bit(trial: Trial) -> None:
    """Flip every bit of a genuine tag in turn."""
    for _ in range(trial.times(2)):
        keyed, message, tag = _sample(trial, 4)
        for forged in single_bit_flips(tag):
            _refuse(keyed, tag, forged, message, "a tag with one bit flipped")


@check(
    "MAC-04",
    "a tag cut short is refused",
    why="A tag of one byte is guessed in 256 tries; an empty one needs none.",
    precedent="CVE-2018-10903 (pyca/cryptography finalize_with_tag); CVE-2009-0217 (XML signatures)",
    flaws=("truncated tag accepted", "common prefix compared", "empty tag accepted"),
    forbids_waiver=True,
    refuses=True,
)
def cut_short(trial: Trial) -> None:
    """Offer every proper prefix and suffix of a genuine tag, the empty one first."""
    keyed, message, tag = _sample(trial, 4)
    for forged in shortened(tag):
        _refuse(keyed, tag, forged, message, f"a tag cut to {len(forged)} bytes")


@check(
    "MAC-05",
    "a tag with something before or behind it is refused",
    why="Strong unforgeability means that no second tag of a message exists; a record with a longer tag is malleable.",
    precedent="measured by the authors: it survives RFC 4231 and all 174 of Wycheproof's HMAC-SHA-256 cases",
    flaws=("over-long tag accepted",),
    forbids_waiver=True,
    refuses=True,
)
def too_long(trial: Trial) -> None:
    """Put zeros, spaces, and the tag itself around a genuine tag."""
    keyed, message, tag = _sample(trial, 4)
    for forged in lengthened(tag):
        _refuse(keyed, tag, forged, message, f"a tag lengthened to {len(forged)} bytes")


@check(
    "MAC-06",
    "a tag rearranged or written as text is refused",
    why="A comparison that adds, sorts, folds case or decodes takes many values for the genuine one.",
    precedent="Wycheproof's 'flipped bits 0 and 64' cases",
    flaws=("differences that cancel", "permuted tag accepted", "tag compared as text", "special tag accepted"),
    forbids_waiver=True,
)
def rearranged_tag(trial: Trial) -> None:
    """Offer paired flips, swapped bytes, equal sums, other cases, constants, and the tag in hex or base64."""
    for _ in range(trial.times(4, 2)):
        keyed, message, tag = _sample(trial, 4)
        for name, forged in in_families(tag):
            _refuse(keyed, tag, forged, message, f"a forged tag ({name})")


@check(
    "MAC-07",
    "a tag of another message, or of another key, is refused",
    why=FORGERY,
    flaws=("verify compares with something else", "verify keeps an old tag", "verify ignores the message"),
    forbids_waiver=True,
)
def foreign(trial: Trial) -> None:
    """Make tags of several messages under several keys, then offer each everywhere, the last genuine ones again."""
    keys = [trial.rng.bytes(trial.mac.key_size) for _ in range(3)]
    messages = [b"", b"\0", trial.rng.bytes(20), trial.rng.bytes(200)]
    keyed = [trial.mac.keyed(key) for key in keys]
    tags = {(k, m): keyed[k].tag(messages[m]) for k in range(3) for m in range(4)}
    for made, tag in tags.items():
        for at in tags:
            if keyed[at[0]].accepts(tag, messages[at[1]]) != (made == at):
                what = "accepted a tag of another key or message" if made != at else "refused a genuine tag"
                raise Violation(f"verify {what}", key=keys[at[0]], message=messages[at[1]], tag=tag)


@check(
    "MAC-08",
    "every bit of a tag varies, and no part is another's copy",
    why="Bits that never change are no bits of a tag: it is guessed in fewer tries than its size tells.",
    flaws=("tag padded with constants", "tag made of a shorter hash", "biased tag", "repeated halves"),
    forbids_waiver=True,
)
def every_bit_varies(trial: Trial) -> None:
    """Count the ones in each bit of 512 tags (a fair bit passes 6.5 standard deviations once in 10^10 times)."""
    keyed = [trial.mac.keyed(trial.rng.bytes(trial.mac.key_size)) for _ in range(8)]
    tags = [keyed[count % 8].tag(count.to_bytes(3)) for count in range(512)]
    for bit in range(8 * trial.mac.tag_size):
        ones = sum(tag[bit // 8] >> (7 - bit % 8) & 1 for tag in tags)
        if abs(ones - 256) > 6.5 * (512 / 4) ** 0.5:
            raise Violation(f"bit {bit} of the tag is one in {ones} of 512 tags", tag=tags[0])
    width = trial.mac.tag_size
    for first in range(width):
        for second in range(first + 1, width):
            if len({tag[first] ^ tag[second] for tag in tags}) == 1:
                raise Violation(f"byte {second} of the tag follows from byte {first}", tag=tags[0])


SIZES = (*range(132), 255, 256, 257, 511, 512, 513, 1000, 1024, 1500, 2048, 4096, 8192, 16_384, 65_536, 70_000, 1 << 18)
"""Bytes of the messages that forgeries are offered for."""


@check(
    "MAC-09",
    "a forged tag is refused for messages of every size, in any number of parts",
    why=FORGERY,
    flaws=("a size of message that is not verified", "a path for bulk data that does not verify", "parts not verified"),
    forbids_waiver=True,
)
def at_every_size(trial: Trial) -> None:
    """Offer zeros, and tags with a bit of the first, a middle and the last byte flipped, and with a changed message.

    For each size of message to 131, for those around which fast paths begin, and in 2 to 40 parts.
    """
    for size in SIZES:
        keyed, message, tag = _sample(trial, size)
        for forged in (flipped(tag, trial.rng.below(8)), flipped(tag, 4 * len(tag)), flipped(tag, 8 * len(tag) - 1)):
            _refuse(keyed, tag, forged, message, f"a forged tag of a message of {size} bytes")
        _refuse(keyed, tag, bytes(len(tag)), message, f"zeros for the tag of a message of {size} bytes")
        if size:
            other = flipped(message, trial.rng.below(8 * size))
            _refuse(keyed, tag, tag, other, f"the tag of another message of {size} bytes")
    for count in range(2, 41):
        keyed, message, tag = _sample(trial, 2 * count)
        parts = [message[at : at + 2] for at in range(0, len(message), 2)]
        for forged, given in ((flipped(tag, 8 * len(tag) - 1), parts), (tag, [*parts[:-1], flipped(parts[-1], 3)])):
            if keyed.accepts(forged, *given):
                raise Violation(f"verify accepted a forgery in {count} parts", forged=forged, genuine=tag)
