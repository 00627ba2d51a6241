"""Room for the bank's connections among the process's file descriptors."""

import resource
from contextlib import suppress
from typing import Final

WANTED: Final = 4096
"""More than all connections that a server admits (framework.limits), those that wait for it, and the ledger's files."""


def make_room() -> None:
    """Raise this process's soft limit of descriptors, often 1,024, as far as is wanted and as the hard one lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # a system that wants it otherwise
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
