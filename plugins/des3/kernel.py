"""The kernel of the fast engine as machine code in memory. Importing this imports llvmlite, which takes 0.1 s."""

from ctypes import CFUNCTYPE, c_char_p, c_uint64, c_void_p
from functools import cache
from mmap import mmap
from threading import Lock
from typing import Any

from llvmlite import binding

from plugins.des3.bitarray_engine import BitarrayKeystream, circuit_folding
from plugins.des3.compiled_engine import GROUP, CompiledKeystream
from plugins.des3.kernel_source import FUNCTION, kernel_source
from plugins.des3.key_schedule import KeySchedule

# From one whole group into the next, and over a carry into the upper half of the counter.
_TRIAL_KEY = bytes(range(1, 25))
_TRIAL_FIRST = (1 << 32) - GROUP
_TRIAL_BLOCKS = 2 * GROUP

_COMPILING = Lock()
"""Held by the thread that compiles, so that others wait for its kernel and do not make their own."""

_MEMORY = 64 << 20
"""Bytes that can be had before LLVM is asked to compile. It takes less than 48 MiB."""


class Kernel:
    """Machine code, which lives as long as this. It does not hold the interpreter's lock while it runs."""

    def __init__(self, source: str) -> None:
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
        machine = binding.Target.from_default_triple().create_target_machine(
            cpu=binding.get_host_cpu_name(), features=_features()
        )
        self._engine: Any = binding.create_mcjit_compiler(binding.parse_assembly(source), machine)
        self._engine.finalize_object()
        address = self._engine.get_function_address(FUNCTION)
        self._function = CFUNCTYPE(None, c_void_p, c_char_p, c_uint64, c_uint64)(address)

    def __call__(self, output: Any, masks: bytes, first: int, groups: int) -> None:
        """Write E(K, first), E(K, first+1), … for 256 · `groups` blocks of 8 bytes, one group at least.

        `output` is the memory, an object of ctypes. `masks` has a byte, 0 or 255, for each of 48 bits of 48 round
        keys; `first` is a multiple of 256.
        """
        self._function(output, masks, first, groups)


def _features() -> str:
    """Name what this processor has. Where LLVM cannot tell, it goes by the processor's name alone."""
    try:
        return str(binding.get_host_cpu_features().flatten())
    except RuntimeError:
        return ""


def _check_memory() -> None:
    """Raise OSError where memory is short: LLVM would end the whole process when it gets none."""
    mmap(-1, _MEMORY).close()


def fast_kernel() -> Kernel:
    """Compile the kernel and try it: about 0.2 s, once a process.

    Raises RuntimeError when it does not agree with the default engine, and whatever llvmlite raises.
    """
    with _COMPILING:
        return _tried_kernel()


@cache
def _tried_kernel() -> Kernel:
    _check_memory()
    kernel = Kernel(kernel_source())
    schedule = KeySchedule.of(_TRIAL_KEY, circuit_folding())
    expected = BitarrayKeystream(schedule).blocks(_TRIAL_FIRST, _TRIAL_BLOCKS)
    if CompiledKeystream(kernel, schedule).blocks(_TRIAL_FIRST, _TRIAL_BLOCKS) != expected:
        raise RuntimeError("the compiled code does not agree with the default engine")
    return kernel
