"""The limits of a client and of a server as values: each program has its own (PROTOCOL §8.2).

What both sides must agree on, as the skew of their clocks, belongs to the suite (`framework.limits.Limits`).
"""

from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from framework.aio.room import Room
from framework.errors import ConfigurationError
from framework.limits import (
    CLOSE_SECONDS,
    FIRST_MESSAGE_SECONDS,
    HANDSHAKE_SECONDS,
    IDLE_SECONDS,
    LIFETIME_SECONDS,
    MAX_AFTER_CLOSE,
    MAX_QUEUED_BYTES,
    MAX_QUEUED_MESSAGES,
)


@dataclass(frozen=True, kw_only=True)
class ConnectionLimits:
    """What a channel may take of its program, on either side. Seconds may be `math.inf`, which is no limit.

    The handshake is over within `handshake_seconds`. A close waits for the peer's end for `close_seconds`, and takes
    `bytes_after_close` meanwhile that nobody reads. Reading pauses while more than `queued_messages`, or more than
    `queued_bytes` of them, wait for the application. Raises ConfigurationError for seconds
    below zero, and for another limit that is not above zero.
    """

    handshake_seconds: float = HANDSHAKE_SECONDS
    close_seconds: float = CLOSE_SECONDS
    bytes_after_close: int = MAX_AFTER_CLOSE
    queued_messages: int = MAX_QUEUED_MESSAGES
    queued_bytes: int = MAX_QUEUED_BYTES

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            if not isinstance(value, int | float):
                continue
            if limit.name.endswith("_seconds") and not value >= 0:  # as NaN is not
                raise ConfigurationError(f"{limit.name} must not be below 0, and is {value}")
            if not limit.name.endswith("_seconds") and not value > 0:
                raise ConfigurationError(f"{limit.name} must be above 0, not {value}")

    def but(self, **others: Any) -> Self:
        """Give the same with other values, where they are not None."""
        return replace(self, **{name: value for name, value in others.items() if value is not None})


@dataclass(frozen=True, kw_only=True)
class ServerLimits(ConnectionLimits):
    """The same for a server, and what all its channels may take together.

    A whole M1 is there within `first_message_seconds` of accepting a connection. A channel is closed when nothing has
    arrived for `idle_seconds`, and in any case after `lifetime_seconds`. `room` says how many connections of each kind
    there are at most; a process that may have few descriptors has fewer.
    """

    first_message_seconds: float = FIRST_MESSAGE_SECONDS
    idle_seconds: float = IDLE_SECONDS
    lifetime_seconds: float = LIFETIME_SECONDS
    room: Room = field(default_factory=Room)


DEFAULT_CONNECTION_LIMITS = ConnectionLimits()
DEFAULT_SERVER_LIMITS = ServerLimits()
