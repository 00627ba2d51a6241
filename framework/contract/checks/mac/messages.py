"""What a MAC covers: every bit of the message, its length, and the parts in their order."""

from collections.abc import Iterator
from itertools import pairwise

from framework.contract.inputs.drbg import Drbg
from framework.contract.inputs.forgeries import flipped
from framework.contract.inputs.shapes import groups
from framework.contract.model.adapters import KeyedMac
from framework.contract.model.check import check
from framework.contract.model.smallest import cut, least, without
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

COVERS = "What the tag does not cover an attacker changes freely."


def _keyed(trial: Trial) -> KeyedMac:
    return trial.mac.keyed(trial.rng.bytes(trial.mac.key_size))


def _distinct(keyed: KeyedMac, messages: Iterator[bytes], what: str) -> None:
    seen: dict[bytes, bytes] = {}
    for message in messages:
        tag = keyed.tag(message)
        earlier = seen.setdefault(tag, message)
        if earlier != message:
            raise Violation(what, message=message, other=earlier, tag=tag)


@check(
    "MAC-11",
    "every bit of a message counts",
    why=COVERS,
    precedent="the bit-contribution test of IACR ePrint 2017/891 found hash implementations that lose bits",
    flaws=("a message bit that does not matter", "text folded before tagging"),
    forbids_waiver=True,
)
def every_bit(trial: Trial) -> None:
    """Flip each bit of messages of one to three blocks; every tag must be another one.

    And fold, strip, fill and turn messages that end or begin in letters, digits, white space, zeros and ones.
    """
    for size in (1, 16, 63, 64, 130):
        message = trial.rng.bytes(size)
        variants = (flipped(message, *bits) for bits in [(), *((bit,) for bit in range(8 * size))])
        _distinct(_keyed(trial), variants, "two messages that differ in a bit have one tag")
    text = [b"Pay 100 to Ann", b"pay 100 to ann", b"PAY 100 TO ANN", "Ann\u00e9".encode(), "Anne\u0301".encode()]
    _distinct(_keyed(trial), iter(text), "two texts that differ in case or form have one tag")
    for group in groups(trial.rng, 24):
        _distinct(_keyed(trial), iter(group), "two messages of the same octets, put or written otherwise, have one tag")


@check(
    "MAC-12",
    "the length of a message counts",
    why="A message and the same with zeros behind it are two messages: amounts grow by trailing digits.",
    precedent="measured by the authors: known answers show a dropped trailing 00 only if a message ends so",
    flaws=("trailing zeros dropped", "whitespace stripped", "zero padding without a length", "padding ambiguous"),
    forbids_waiver=True,
)
def length_counts(trial: Trial) -> None:
    """Tag zeros of every length to 300, and one message with zeros, spaces, line ends and 0x80 around it.

    And with the usual paddings to blocks of 8 to 128 bytes written out: a message and its padded self are two.
    """
    keyed = _keyed(trial)
    _distinct(keyed, (bytes(size) for size in range(301)), "two messages of zeros have one tag")
    core = b"1" + trial.rng.bytes(20) + b"1"
    around = [b"", b"\0", b" ", b"\n", b"\r\n", b"\t", b"\x80", b"\xff", b"\0\0", bytes(64), b"\x80" + bytes(41)]
    around += list(_paddings(len(core)))
    messages = [*(core + more for more in dict.fromkeys(around)), *(more + core for more in around[1:11])]
    _distinct(keyed, iter(messages), "two messages that differ by what surrounds them have one tag")


def _paddings(size: int) -> Iterator[bytes]:
    """What fills `size` bytes to whole blocks: bits 10…0, zeros, counts of bytes, the length of the message."""
    for block in (8, 16, 32, 64, 128):
        gap = -size % block or block
        yield b"\x80" + bytes(gap - 1)
        yield bytes(gap)
        yield bytes([gap]) * gap
        yield bytes(gap - 1) + bytes([gap])
        room = -(size + 9) % block
        yield b"\x80" + bytes(room) + (8 * size).to_bytes(8)
        yield b"\x80" + bytes(room) + (8 * size).to_bytes(8, "little")


@check(
    "MAC-13",
    "long messages are covered to the last byte",
    why=COVERS,
    precedent="measured by the authors: a MAC that reads 4,096 bytes survives RFC 4231, Wycheproof and Rooterberg",
    flaws=("long message truncated", "a length that wraps", "only the beginning and the end covered"),
    forbids_waiver=True,
)
def long_messages(trial: Trial) -> None:
    """Change single bytes at both ends, in the middle and around powers of two, up to the size 2^20 + 1."""
    keyed = _keyed(trial)
    for size in (4097, 65_537, (1 << 20) + 1):
        message = bytearray(trial.rng.bytes(size))
        powers = {place for exponent in range(8, 21) for place in (2**exponent - 1, 2**exponent)}
        places = sorted({0, size // 2, size // 3, size - 2, size - 1, *(p for p in powers if p < size)})
        tags = {keyed.tag(bytes(message)): -1, keyed.tag(bytes(message[:-1])): size}
        if len(tags) < 2:
            raise Violation(f"the last of {size} bytes has no part in the tag")
        for place in places:
            message[place] ^= 1
            tag = keyed.tag(bytes(message))
            message[place] ^= 1
            if tag in tags:
                raise Violation(f"byte {place} of a message of {size} bytes has no part in the tag", tag=tag)
            tags[tag] = place


@check(
    "MAC-14",
    "the order and number of blocks count",
    why="A tag that adds its blocks up is the same for another order of them, and blocks that come twice vanish.",
    flaws=("blocks added up without their place", "pairs of blocks cancel", "linear checksum as a MAC"),
    forbids_waiver=True,
)
def order_counts(trial: Trial) -> None:
    """Permute, double and drop blocks of 1 to 128 bytes, and look for t(a) ^ t(b) ^ t(c) = t(a ^ b ^ c)."""
    keyed = _keyed(trial)
    for width in (1, 2, 4, 8, 16, 32, 64, 128):
        a, b, c = (trial.rng.bytes(width) for _ in range(3))
        if len({a, b, c}) < 3:
            continue
        orders = (a + b + c, a + c + b, b + a + c, c + b + a, b + c + a, c + a + b, a, a + b + b, a + a + a, a + b, b)
        _distinct(keyed, iter(orders), f"two arrangements of blocks of {width} bytes have one tag")
        combined = bytes(x ^ y ^ z for x, y, z in zip(a, b, c, strict=True))
        tags = [keyed.tag(message) for message in (a, b, c, combined)]
        if not any(w ^ x ^ y ^ z for w, x, y, z in zip(*tags, strict=True)):
            raise Violation("tags are linear: t(a) ^ t(b) ^ t(c) = t(a ^ b ^ c)", a=a, b=b, c=c)


@check(
    "MAC-15",
    "the tag of parts is the tag of their concatenation",
    why="The framework tags a record in parts; both sides need not cut it alike.",
    precedent="RustCrypto feeds chunks of 1 to 63 bytes, none empty; CVE-2022-37454 (XKCP: overflow in SHA-3's sponge)",
    flaws=("parts tagged otherwise than the whole", "empty parts", "a part dropped", "separators between parts"),
    forbids_waiver=True,
)
def parts(trial: Trial) -> None:
    """Cut messages of up to 300 bytes in two everywhere, in many at random, with empty parts, and verify alike."""
    keyed = _keyed(trial)
    if keyed.tag() != keyed.tag(b""):
        raise Violation("no parts and one empty part have two tags")
    for size in (1, 2, 17, 64, 65, 200, 300):
        message = trial.rng.bytes(size)
        for place in range(size + 1):
            _same(keyed, [message[:place], message[place:]])
    for _ in range(trial.times(60)):
        message = trial.rng.bytes(trial.rng.below(300))
        _same(keyed, random_cuts(trial.rng, message))
    message = trial.rng.bytes(3000)
    _same(keyed, [message[at : at + 1] for at in range(3000)])
    large = trial.rng.bytes(150_000)
    _same(keyed, [large[:65_536], large[65_536:65_536], large[65_536:]])


def _same(keyed: KeyedMac, given: list[bytes]) -> None:
    """Raise Violation with the fewest and shortest parts whose tag is not that of the whole."""

    def hold(parts: list[bytes]) -> None:
        whole = keyed.tag(b"".join(parts))
        if keyed.tag(*parts) != whole:
            raise Violation("the tag of parts is not the tag of the whole", parts=parts, tag=whole)
        if not keyed.accepts(whole, *parts):
            raise Violation("verify refuses parts whose whole it accepts", parts=parts, tag=whole)

    least(given, hold, lambda parts: without(parts, cut))


def random_cuts(rng: Drbg, message: bytes) -> list[bytes]:
    """Cut a message into up to six parts, some of them empty."""
    places = sorted(rng.below(len(message) + 1) for _ in range(rng.below(6)))
    return [message[start:end] for start, end in pairwise([0, *places, len(message)])]
