"""Which processes there are: from /proc where there is one, else from ps(1)."""

import subprocess
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc/self/stat").exists()


def children_of(pid: int) -> list[int]:
    """The processes that `pid` has started and that live."""
    return [child for child, parent in _parents().items() if parent == pid]


def is_alive(pid: int) -> bool:
    return pid in _parents()


def marked(variable: str) -> list[int]:
    """The living processes that have `NAME=value` in the environment that they were started with."""
    return [pid for pid in _parents() if variable in _environment(pid)]


def _parents() -> dict[int, int]:
    """Every living process and its parent; one that has ended and waits to be reaped is none."""
    if PROC:
        rows = [_stat(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    else:
        listed = subprocess.run(["ps", "-A", "-o", "pid=,stat=,ppid="], capture_output=True, text=True)
        rows = [line.split() for line in listed.stdout.splitlines()]
    return {int(pid): int(parent) for pid, state, parent in filter(None, rows) if state[0] not in "ZX"}


def _stat(pid: int) -> list[str]:
    """Process, state and parent; the name between may hold anything (proc(5))."""
    with suppress(OSError):
        return [str(pid), *Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]]
    return []


def _environment(pid: int) -> list[str]:
    if PROC:
        with suppress(OSError):
            return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
        return []
    listed = subprocess.run(["ps", "-E", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
    return listed.stdout.split()
