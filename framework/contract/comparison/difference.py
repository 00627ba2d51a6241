"""How an output differs from the right one: faults that look alike byte by byte are told apart by their words.

Cut down to one byte, another byte order, another counter and a missing round are the same finding. So when an output is
wrong from its first byte on, whole blocks are shown, and the computation is tried again with words reversed. When it
begins rightly, whole blocks that are right point to the counter, which is tried from the IV.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from framework.contract.inputs.octets import ORDERS
from framework.contract.model.violation import Violation

WORDS = (2, 4, 8, 16)
BLOCKS = 32
"""Bytes that hold whole blocks of most ciphers: two of 16, four of 8."""

BLOCK_SIZES = (8, 16, 32, 64, 128)

LEAST = 8
"""Bytes that must agree before a reversal is believed."""


@dataclass(frozen=True)
class Difference:
    """An output that is not the one wanted, of a computation on these arguments, named by `fields`, the output last.

    `mixed`: the output is as long as the last argument, which may be XORed to a keystream that has words of its own.
    """

    fields: tuple[str, ...]
    arguments: tuple[bytes, ...]
    compute: Callable[..., bytes]
    found: bytes
    wanted: bytes
    mixed: bool = False

    @property
    def at(self) -> int:
        """The first byte that differs."""
        return first_difference(self.found, self.wanted)

    @property
    def from_the_start(self) -> bool:
        """Whether all is wrong, and enough is there to say more of it."""
        return self.at == 0 and len(self.wanted) >= LEAST

    def shown(self) -> dict[str, str]:
        """For a finding: the first blocks of both and their byte order, if all is wrong, and else what is right."""
        if not self.from_the_start:
            return self.begun_rightly() if self.mixed and self.at else {}
        of = "" if any(self.arguments[-1]) else " (of zeros)"
        blocks = (
            {"32 found": self.found, "32 expected": self.wanted} if self.mixed and len(self.wanted) >= BLOCKS else {}
        )
        return {
            **{name: f"{octets[:BLOCKS].hex()}{of}" for name, octets in blocks.items()},
            "byte order": self.byte_order(),
        }

    def begun_rightly(self) -> dict[str, str]:
        """What the first bytes, which are right, say of the others: whether blocks end there, and what explains it."""
        at = self.at
        if at >= len(self.arguments[-1]):
            return {"so far": "all is right but the tag"}
        whole = [size for size in BLOCK_SIZES if at % size == 0]
        counter = self._counter(whole)
        if counter:
            return {"so far": f"whole blocks are right up to byte {at}: look at the counter", "counter": counter}
        right = f"right up to byte {at}, in the middle of a block: look at its words"
        if whole:
            blocks = f"whole blocks of up to {whole[-1]} bytes are right up to byte {at}"
            right = f"{blocks}: look at the counter; or of larger ones at the words"
        order = self._reversal()
        return {"so far": right, **({"byte order": f"from there on {order}"} if order else {})}

    def _counter(self, sizes: Sequence[int]) -> str:
        """How the IV would have to be counted for the block that is wrong to be right, if that is all."""
        if "iv" not in self.fields or len(self.wanted) < self.at + LEAST:
            return ""
        place = self.fields.index("iv")
        iv, at = self.arguments[place], self.at
        for size in sizes:
            wanted = bytes(a ^ b for a, b in zip(self.wanted[at : at + size], self.arguments[-1][at:], strict=False))
            for order in ORDERS:
                number = (int.from_bytes(iv, order) + at // size) % (1 << 8 * len(iv))
                given = [*self.arguments[:-1], bytes(len(wanted))]
                given[place] = number.to_bytes(len(iv), order)
                if self._tried(given) == wanted:
                    return f"it is right from the IV + {at // size}, {order}-endian, in blocks of {size} bytes"
        return ""

    def _tried(self, given: Sequence[bytes]) -> bytes:
        """What the plugin computes of other arguments; nothing if it refuses them."""
        try:
            return self.compute(*given)
        except Violation:
            return b""

    def byte_order(self) -> str:
        """Which words to reverse, in the output or in the arguments, for the first bytes to be as they should."""
        return self._reversal() or f"reversing words of {', '.join(map(str, WORDS))} bytes explains nothing"

    def _reversal(self) -> str:
        names = [self.fields[-1], *self.fields[: len(self.arguments) - self.mixed]]
        for count in range(1, len(names) + 1):
            for size in WORDS:
                for turned in combinations(names, count):
                    if self._agrees(size, turned):
                        where = " and the ".join(name.replace("_", " ") for name in turned)
                        return f"each word of {size} bytes is reversed: byte order of the {where}"
        return ""

    def _agrees(self, size: int, turned: Sequence[str]) -> bool:
        """Whether the words from the first wrong one on are as wanted, once those of what is named are reversed."""
        *names, output = self.fields
        start = self.at - self.at % size
        given = tuple(
            _reversed(value, size) if name in turned else value
            for name, value in zip(names, self.arguments, strict=True)
        )
        if given == self.arguments and turned != (output,):
            return False
        if self.mixed:
            given = (*given[:-1], given[-1][: start + BLOCKS])
        found = self.found if turned == (output,) else self._tried(given)
        return any(self._agree(found, mask, size if output in turned else 1, start) for mask in self._masks())

    def _masks(self) -> Iterator[bytes]:
        yield bytes(len(self.found))
        if self.mixed:
            yield self.arguments[-1]

    def _agree(self, found: bytes, mask: bytes, size: int, start: int) -> bool:
        found, wanted = (
            bytes(a ^ b for a, b in zip(octets[start:], mask[start:], strict=False)) for octets in (found, self.wanted)
        )
        width = max(LEAST, size)
        return len(wanted) >= width and _reversed(found, size)[:width] == wanted[:width]


class Another(Violation):
    """The plugin computes something else than it should."""

    def __init__(self, what: str, difference: Difference) -> None:
        arguments = dict(zip(difference.fields, difference.arguments, strict=False))
        where = f"{what}, from byte {difference.at} on"
        super().__init__(where, **arguments, found=difference.found, expected=difference.wanted)
        self.difference = difference
        self.inputs = {**self.inputs, **difference.shown()}


def first_difference(found: bytes, wanted: bytes) -> int:
    """The place of the first byte that differs, or the length of the shorter one."""
    pairs = enumerate(zip(found, wanted, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(found), len(wanted)))


def _reversed(octets: bytes, size: int) -> bytes:
    """Each word of `size` bytes back to front; a part of one at the end stays."""
    whole = len(octets) - len(octets) % size
    words = b"".join(octets[at : at + size][::-1] for at in range(0, whole, size))
    return words + octets[whole:]
