"""Every limit, a named constant with its origin: first those of the protocol, then of this implementation."""

from dataclasses import dataclass

from framework.errors import ConfigurationError

# --- of the protocol: both sides must agree, for they enter the suite descriptor (PROTOCOL §3.3) ---

MAX_INNER = 65_536
"""Bytes of inner plaintext in a record, at most: one read of a socket, and what a peer can make us hold."""

SKEW_MS = 30_000
"""Milliseconds by which a peer's clock may differ: machines without network time drift by seconds a week."""

PAD_QUANTUM = 256
"""Bytes to a multiple of which a record is padded: every message of a bank fits one, so all look alike."""

MAX_EPOCH = 2**32 - 1
"""The epoch is a u32 in the associated data (PROTOCOL §6.1); the channel fails before it wraps."""

MAX_SEQUENCE = 2**64 - 1
"""The sequence number is a u64 (PROTOCOL §6.1); no epoch is so long, and the channel would fail before it wraps."""

MAX_KEY_ATTEMPTS = 256
"""Derivations of a cipher key before giving up: the attempt is a u8 (PROTOCOL §6.4)."""

# --- of this implementation: a peer never sees them (PROTOCOL §8.2) ---

HANDSHAKE_SECONDS = 5.0
"""The whole handshake, on the monotonic clock: the answer to Slowloris; the honest need is below 0.1 s."""

FIRST_MESSAGE_SECONDS = 2.0
"""From accepting a connection to a whole M1, which an honest client sends at once: time for one loss on a slow line."""

MAX_SILENT = 512
"""Connections without a whole M1: 300 new ones a second last for 1.7 s each, and cost 4 MB."""

MAX_WAITING = 128
"""First messages that wait for their turn: at 16 ms each they are done in the 2 s that a client should wait."""

MAX_HALF_OPEN = 768
"""Handshakes between M2 and M3, each some KiB: at 60 decapsulations a second, 300 of them await their deadline."""

MAX_CHANNELS = 1_024
"""Open channels in all, each a descriptor and the keys of two directions; past it a new one is failed."""

MAX_CHANNELS_PER_ADDRESS = 512
"""Open channels of one address: half of the whole, so that no address has them all."""

MAX_UNAUTHENTICATED = 256
"""Open channels whose peer the application has not authenticated: each is there for seconds, so a quarter will do."""

MAX_CONNECTIONS = 4_096
"""Connections in all: those above, and as many again that wait for the tick of their reset, at 20,000 a second."""

SPARE_DESCRIPTORS = 16
"""Descriptors that are left to the application for files that it opens later: a ledger has 3 a connection."""

BACKLOG = 128
"""Connections that the system holds until they are accepted: 0.3 s of a flood of 400 a second."""

ACCEPTS_AT_ONCE = 32
"""Connections accepted in a row, before those that were accepted earlier have their turn."""

ACCEPT_PAUSE_SECONDS = 0.2
"""How long accepting pauses when the system has no descriptor or no memory for another connection."""

KEEPALIVE_IDLE_SECONDS = 30
"""A connection on which nothing arrived for so long is probed: as long as a record may be under way (SKEW_MS)."""

KEEPALIVE_INTERVAL_SECONDS = 10
"""Between two probes: time for three retransmissions at a round trip of a second."""

KEEPALIVE_PROBES = 3
"""Probes without an answer after which the peer is gone: after a minute, at the first two lost on the way it is not."""

MAX_FIRST_MESSAGES = 32_768
"""First messages in one of the two sets that a server remembers: 500 a second for a minute, 4 MB in all."""

HANDSHAKE_WORKERS = 1
"""Threads that compute handshakes. Big numbers hold the interpreter: with one thread the loop has each second turn."""

IDLE_SECONDS = 900.0
"""A channel on which nothing arrives for so long is closed; a person at a machine is gone by then."""

LIFETIME_SECONDS = 3_600.0
"""A channel ends after an hour: WireGuard and SSH bound the life of keys in the same order of magnitude."""

CLOSE_SECONDS = 2.0
"""How long a closing side waits for the other's end of stream."""

FAILURE_TICK_SECONDS = 0.05
"""A failed connection is reset on the next tick, so that the moment tells little (PROTOCOL §8.1)."""

READ_SIZE = 65_536
"""Bytes of one read of a socket: what one connection may have worked on before the next has its turn."""

MAX_QUEUED_MESSAGES = 64
"""Received messages that wait for the application before reading from the socket is paused."""

MAX_QUEUED_BYTES = 262_144
"""Bytes of them, where that is less: four largest messages."""

MAX_AFTER_CLOSE = 4_194_304
"""Bytes that a side takes and drops after its own close: what the sockets between two honest sides may hold then."""

POOL_SIZE = 2
"""Ephemeral key pairs a client keeps ready: one for now, one for a reconnection."""


@dataclass(frozen=True)
class Limits:
    """The parameters that both sides configure alike (PROTOCOL §3.3).

    `max_inner` and `pad_quantum` in bytes, `skew_ms` in milliseconds. `epoch_limit` lowers the primitive's own
    limit, in its own unit (bytes for a bulk cipher, records for an AEAD); None keeps it.
    """

    max_inner: int = MAX_INNER
    epoch_limit: int | None = None
    skew_ms: int = SKEW_MS
    pad_quantum: int = PAD_QUANTUM

    def __post_init__(self) -> None:
        if not 16 <= self.pad_quantum < 2**16:
            raise ConfigurationError("pad_quantum must lie between 16 and 65,535 bytes")
        if self.max_inner % self.pad_quantum or not self.pad_quantum <= self.max_inner < 2**31:
            raise ConfigurationError("max_inner must be a multiple of pad_quantum and below 2^31 bytes")
        if not 0 < self.skew_ms < 2**32:
            raise ConfigurationError("skew_ms must lie between 1 and 2^32 - 1 milliseconds")
        if self.epoch_limit is not None and not 0 < self.epoch_limit < 2**64:
            raise ConfigurationError("epoch_limit must lie between 1 and 2^64 - 1")


DEFAULT_LIMITS = Limits()
