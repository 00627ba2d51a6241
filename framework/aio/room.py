"""How many connections of each kind a server has room for; fewer where descriptors are few (PROTOCOL §8.2)."""

import resource
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

from framework.errors import ConfigurationError
from framework.limits import (
    ACCEPTS_AT_ONCE,
    MAX_CHANNELS,
    MAX_CHANNELS_PER_ADDRESS,
    MAX_CONNECTIONS,
    MAX_HALF_OPEN,
    MAX_SILENT,
    MAX_UNAUTHENTICATED,
    MAX_WAITING,
    SPARE_DESCRIPTORS,
)


@dataclass(frozen=True)
class Room:
    """Numbers of connections: in all, and of each kind."""

    connections: int = MAX_CONNECTIONS
    """In all. The kinds take 15 of 16 parts at most; the others are left to those that wait for their reset."""
    channels: int = MAX_CHANNELS
    channels_per_address: int = MAX_CHANNELS_PER_ADDRESS
    unauthenticated: int = MAX_UNAUTHENTICATED
    half_open: int = MAX_HALF_OPEN
    waiting: int = MAX_WAITING
    silent: int = MAX_SILENT

    def __post_init__(self) -> None:
        for kind in fields(self):
            if getattr(self, kind.name) < 1:
                raise ConfigurationError(f"{kind.name} must be above 0: a server has room for one at least")

    @property
    def accepts_at_once(self) -> int:
        """Connections accepted in a row: so few that the first is read before the last makes it give way."""
        return max(min(self.silent // 4, ACCEPTS_AT_ONCE), 1)

    @classmethod
    def within(cls, descriptors: int, most: "Room | None" = None) -> Self:
        """Divide so many descriptors, with no more of any kind than `most`: most to those that have proved most."""
        most = most or cls()
        descriptors = min(max(descriptors, 16), most.connections)

        def share(sixteenths: int, limit: int) -> int:
            return min(max(descriptors * sixteenths // 16, 1), limit)

        channels = share(6, most.channels)
        return cls(
            connections=descriptors,
            channels=channels,
            channels_per_address=min(max(channels * most.channels_per_address // most.channels, 1), channels),
            unauthenticated=share(2, most.unauthenticated),
            half_open=share(3, most.half_open),
            waiting=share(2, most.waiting),
            silent=share(2, most.silent),
        )


def free_descriptors() -> int:
    """How many descriptors this process may still open, without those that the application needs for its files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    in_use = 0
    with suppress(OSError):  # a system that does not show them
        in_use = sum(1 for _ in Path("/dev/fd").iterdir())
    return soft - in_use - SPARE_DESCRIPTORS
