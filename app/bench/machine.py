"""The machine that a benchmark ran on, in one line."""

import os
import platform
from contextlib import suppress
from pathlib import Path


def describe_machine() -> str:
    """Name processor, cores, vector unit, system, Python and the load at the beginning."""
    cpu, flags = platform.processor() or platform.machine(), ""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                cpu = value.strip()
            if name.strip() == "flags":
                flags = value
                break
    vector = next((unit for unit in ("avx512f", "avx2", "avx", "sse2") if unit in flags.split()), "unknown")
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?"
    return (
        f"{cpu}, {os.cpu_count()} cores, vector unit {vector}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, load {load}"
    )
