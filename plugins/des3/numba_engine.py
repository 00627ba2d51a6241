"""The optional fast engine: the same circuits and key schedule as compiled code on 64-bit words (`numba_kernel`)."""

from typing import TYPE_CHECKING, Any

from framework.plugin import SecretValue
from plugins.des3.kernel_cache import (
    discard_damaged,
    holds_kernel,
    kernel_cache_directory,
    prepare_private_directory,
    seal_kernel,
    turn,
)
from plugins.des3.key_schedule import ROUND_INPUTS, ROUNDS, KeySchedule

if TYPE_CHECKING:
    from plugins.des3.numba_kernel import Kernel

GROUP = 256
"""Blocks that the kernel makes at once, from a counter that is a multiple of them."""

BLOCK_SIZE = 8


def load_kernel() -> "Kernel":
    """Load the kernel from the user's cache, or compile it first: about a second, or four.

    Whoever finds somebody else compiling it waits for that. A damaged one is made anew. Raises ConfigurationError if
    the cache directory cannot be used.
    """
    # numba takes most of a second to import.
    from plugins.des3.numba_kernel import compile_kernel

    directory = kernel_cache_directory()
    prepare_private_directory(directory)
    with turn(directory):
        discard_damaged(directory)
        kernel = compile_kernel(directory)
        if not holds_kernel(directory):
            seal_kernel(directory)
    return kernel


class NumbaKeystream(SecretValue):
    """The keystream of one key, made by the kernel."""

    __slots__ = ("_kernel", "_masks", "_output")

    def __init__(self, kernel: "Kernel", schedule: KeySchedule) -> None:
        import numpy as np  # comes with numba, and is slow to import

        self._kernel = kernel
        bits = np.frombuffer(b"".join(schedule.rounds), dtype=np.uint8).reshape(ROUNDS, ROUND_INPUTS)
        self._masks: Any = bits.astype(np.uint64) * np.uint64(2**64 - 1)
        self._output: Any = np.empty(0, dtype="<u8")

    def blocks(self, first: int, count: int) -> memoryview:
        """Give E(K, first) ‖ E(K, first+1) ‖ …, `count` blocks, until the next call."""
        import numpy as np

        skipped = first % GROUP
        size = -(-(skipped + count) // GROUP) * GROUP
        if len(self._output) < size:
            # Kept for the next batch: fresh memory would cost more than the encryption, page by page.
            self._output = np.empty(size, dtype="<u8")
        self._kernel(self._output[:size], self._masks, np.uint64(first - skipped))
        return memoryview(self._output[skipped : skipped + count]).cast("B")
