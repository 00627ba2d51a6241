"""The optional fast engine: the same circuits and key schedule as machine code on 64-bit words (`kernel`)."""

from ctypes import c_char
from typing import TYPE_CHECKING, Any

from framework.plugin import SecretValue
from plugins.des3.counter_mode import BLOCK_SIZE
from plugins.des3.key_schedule import KeySchedule

if TYPE_CHECKING:
    from plugins.des3.kernel import Kernel

GROUP = 256
"""Blocks that the kernel makes at once, from a counter that is a multiple of them."""

_MASKS = bytes([0, 255]).ljust(256, b"\0")
"""From a key bit to a byte that has it in every place."""


class CompiledKeystream(SecretValue):
    """The keystream of one key, made by the kernel."""

    __slots__ = ("_kernel", "_masks", "_memory", "_output")

    def __init__(self, kernel: "Kernel", schedule: KeySchedule) -> None:
        self._kernel = kernel
        self._masks = b"".join(schedule.rounds).translate(_MASKS)
        self._memory: Any = None
        self._output = bytearray()

    def blocks(self, first: int, count: int) -> memoryview:
        """Give E(K, first) ‖ E(K, first+1) ‖ …, `count` blocks, until the next call."""
        skipped = first % GROUP
        groups = -(-(skipped + count) // GROUP)
        size = groups * GROUP * BLOCK_SIZE
        if len(self._output) < size:
            # Kept for the next batch: fresh memory would cost more than the encryption, page by page.
            self._output = bytearray(size)
            self._memory = (c_char * size).from_buffer(self._output)
        self._kernel(self._memory, self._masks, first - skipped, groups)
        return memoryview(self._output)[skipped * BLOCK_SIZE : (skipped + count) * BLOCK_SIZE]
