"""What a channel tells the application, as values. No `repr` shows what was said."""

from dataclasses import dataclass
from enum import StrEnum


class FailureReason(StrEnum):
    """Why a channel failed: for the local log, never for the peer (PROTOCOL §8.1)."""

    MALFORMED = "malformed"
    """A frame that cannot be, here and now."""
    AUTHENTICATION = "authentication"
    """Something did not verify: a wrong key, a wrong suite, or an altered byte."""
    CLOCK = "clock"
    """A timestamp outside the permitted skew, or older than its predecessor."""
    LIMIT = "limit"
    """The peer passed a limit of the protocol."""
    TRUNCATED = "truncated"
    """The stream ended before close_notify."""
    TIMEOUT = "timeout"
    """The handshake took too long, or the channel was idle or open too long."""
    CONNECTION = "connection"
    """The network gave way underneath."""
    UNREACHABLE = "unreachable"
    """No connection came about: no address, or nobody who accepts there."""
    PLUGIN = "plugin"
    """A plugin broke its contract."""
    INTERNAL = "internal"
    """This side itself: a defect, an interruption, or nothing left to work with."""


@dataclass(frozen=True)
class HandshakeCompleted:
    """The keys are in use; for a client, the server has proved itself."""


@dataclass(frozen=True, repr=False)
class MessageReceived:
    """One message of the peer's, whole, authentic, fresh and in order."""

    data: bytes

    def __repr__(self) -> str:
        return f"MessageReceived({len(self.data)} bytes)"


@dataclass(frozen=True)
class PeerClosed:
    """The peer said close_notify: it has sent all that it wanted to."""


@dataclass(frozen=True)
class ChannelFailed:
    """The channel has failed, for good. Nothing follows this event."""

    reason: FailureReason
    detail: str = ""


Event = HandshakeCompleted | MessageReceived | PeerClosed | ChannelFailed
