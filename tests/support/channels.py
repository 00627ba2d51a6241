"""Two channels and a network without losses between them, for tests of the framework."""

from dataclasses import dataclass, field

from framework import Channel, HandshakeCompleted, KeyPair, MessageReceived, RandomBytes, Suite
from framework.events import Event
from framework.frame import HEADER_SIZE
from framework.kinds import AEAD
from framework.kinds.aead import Aead, GuardedAead
from framework.kinds.bulk_cipher import BulkCipher, GuardedBulkCipher
from framework.kinds.key_exchange import GuardedKeyExchange, KeyExchange
from framework.kinds.mac import GuardedMac, Mac
from framework.limits import DEFAULT_LIMITS, Limits
from framework.protection import AeadProtection, EncryptThenMac
from framework.registry import Registry
from plugins.hmac_sha256.mac import HmacSha256
from tests.support.peers import AesCtr, AesGcm, X25519Kem

NOW = 1_800_000_000_000
"""The time at which every test begins, in Unix milliseconds."""

QUICK_SUITES = ("aes256ctr-x25519-hmac", "aes256gcm-x25519")
"""One suite of each composition, both quick."""

TIGHT = Limits(max_inner=512, epoch_limit=1024, pad_quantum=32)
"""Small records and an epoch of two of them, so that a channel rekeys all the time (in bytes, for a bulk cipher)."""

TIGHT_AEAD = Limits(max_inner=512, epoch_limit=4, pad_quantum=32)
"""The same for an AEAD: an epoch of four records."""


def tight(name: str, registry: Registry) -> Suite:
    """The suite of this name, with an epoch so small that a few messages fill it."""
    cipher = name.partition("-")[0]
    limits = TIGHT_AEAD if cipher in registry.names(AEAD) else TIGHT
    return Suite.parse(name, registry, limits)


def etm_suite(
    *,
    kex: KeyExchange | None = None,
    cipher: BulkCipher | None = None,
    mac: Mac | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Suite:
    """A suite of a bulk cipher and a MAC around the given primitives, all behind the guard as plugin `spy`."""
    protection = EncryptThenMac(GuardedBulkCipher(cipher or AesCtr(), "spy"), GuardedMac(mac or HmacSha256(), "spy"))
    return Suite(GuardedKeyExchange(kex or X25519Kem(), "spy"), protection, limits)


def aead_suite(*, kex: KeyExchange | None = None, aead: Aead | None = None, limits: Limits = DEFAULT_LIMITS) -> Suite:
    """The same with an AEAD."""
    return Suite(
        GuardedKeyExchange(kex or X25519Kem(), "spy"), AeadProtection(GuardedAead(aead or AesGcm(), "spy")), limits
    )


@dataclass
class Pair:
    """A client and a server that know each other, and what each has been told."""

    client: Channel
    server: Channel
    client_events: list[Event] = field(default_factory=list)
    server_events: list[Event] = field(default_factory=list)

    def exchange(self, now: int = NOW) -> None:
        """Carry bytes both ways until nobody has more to say."""
        while True:
            to_server, to_client = self.client.data_to_send(), self.server.data_to_send()
            if not to_server and not to_client:
                return
            if to_server:
                self.server_events += self.server.receive_data(to_server, now)
            if to_client:
                self.client_events += self.client.receive_data(to_client, now)

    def sides(self, *, from_client: bool) -> tuple[Channel, Channel]:
        """Sender and receiver."""
        return (self.client, self.server) if from_client else (self.server, self.client)


def begin_pair(
    suite: Suite, *, now: int = NOW, key_pair: KeyPair | None = None, client_random: RandomBytes | None = None
) -> Pair:
    """Both sides, before a byte has been carried."""
    static = key_pair or suite.key_exchange.generate_key_pair()
    if client_random is None:
        return Pair(Channel.client(suite, static.public_key, now=now), Channel.server(suite, static, now=now))
    client = Channel.client(suite, static.public_key, now=now, random_bytes=client_random)
    return Pair(client, Channel.server(suite, static, now=now))


def open_pair(suite: Suite, *, now: int = NOW, key_pair: KeyPair | None = None) -> Pair:
    """Both sides after the handshake, with no events left over."""
    pair = begin_pair(suite, now=now, key_pair=key_pair)
    pair.exchange(now)
    assert pair.client_events == pair.server_events == [HandshakeCompleted()]
    pair.client_events.clear()
    pair.server_events.clear()
    return pair


def sealed(sender: Channel, *payloads: bytes, now: int = NOW) -> list[bytes]:
    """What each message looks like on the wire; a message that ends an epoch brings the key_update with it."""
    wire = []
    for payload in payloads:
        sender.send(payload, now)
        wire.append(sender.data_to_send())
    return wire


def frames(wire: bytes) -> list[bytes]:
    """Cut a stream into its frames, by the length in each header."""
    found = []
    while wire:
        size = HEADER_SIZE + int.from_bytes(wire[4:8])
        found.append(wire[:size])
        wire = wire[size:]
    return found


def messages(events: list[Event]) -> list[bytes]:
    """What was said, without the events around it."""
    return [event.data for event in events if isinstance(event, MessageReceived)]


def flip(data: bytes, bit: int) -> bytes:
    """The same with one bit inverted."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
