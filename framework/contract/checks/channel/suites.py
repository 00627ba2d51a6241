"""The plugin where it will work: in a channel, with every primitive of the built-in plugins."""

from collections.abc import Iterator
from dataclasses import dataclass

from framework.channel import Channel
from framework.contract.inputs.forgeries import flipped
from framework.contract.model.check import Layer, NotChecked, check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation
from framework.errors import ChannelError, ConfigurationError, InvalidKeyError, PluginError
from framework.events import ChannelFailed, Event, FailureReason, HandshakeCompleted, MessageReceived
from framework.frame import HEADER_SIZE
from framework.handshake.key_schedule import mac1
from framework.kinds import AEAD, BULK_CIPHER, KEY_EXCHANGE, MAC
from framework.kinds.aead import GuardedAead
from framework.kinds.bulk_cipher import GuardedBulkCipher
from framework.kinds.key_exchange import GuardedKeyExchange
from framework.kinds.key_pair import KeyPair
from framework.kinds.mac import GuardedMac
from framework.limits import Limits
from framework.pattern import MAC1_SIZE
from framework.protection import AeadProtection, EncryptThenMac, Protection
from framework.suite import Suite

NOW = 1_700_000_000_000


@dataclass
class Talk:
    """Two ends of one channel."""

    suite: Suite
    client: Channel
    server: Channel
    static_public_key: bytes
    m1: bytes = b""

    def handshake(self) -> None:
        """Carry M1, M2 and M3. Raises Violation when it does not complete."""
        self.m1 = self.client.data_to_send()
        events: list[Event] = []
        message, receiver, sender = self.m1, self.server, self.client
        for _ in range(3):
            events += receiver.receive_data(message, NOW)
            if any(isinstance(event, ChannelFailed) for event in events):
                break
            message, receiver, sender = receiver.data_to_send(), sender, receiver
        if sum(isinstance(event, HandshakeCompleted) for event in events) != 2:
            raise Violation(f"no handshake completes in {self.suite.name}: {said(events)}")

    def say(self, message: bytes, *, to_server: bool = True) -> None:
        """Send one message. Raises Violation when another one, or none, arrives."""
        sender, receiver = (self.client, self.server) if to_server else (self.server, self.client)
        try:
            sender.send(message, NOW)
        except ChannelError as error:
            raise Violation(f"sending fails in {self.suite.name}: {sender.fail(FailureReason.PLUGIN)}") from error
        events = receiver.receive_data(sender.data_to_send(), NOW)
        if events != [MessageReceived(message)]:
            raise Violation(f"a message of {len(message)} bytes does not arrive in {self.suite.name}: {said(events)}")


def said(events: list[Event]) -> str:
    """What the channel says of its failure."""
    failures = [event for event in events if isinstance(event, ChannelFailed)]
    return f"{failures[0].reason}, {failures[0].detail}" if failures else "nothing arrived"


def talks(trial: Trial, limits: Limits | None = None) -> Iterator[Talk]:
    """One channel for each combination with the other registered primitives."""
    found = False
    for suite in _suites(trial, limits or Limits()):
        found = True
        static = _pair(trial, suite, "static")
        yield _talk(suite, static, _pair(trial, suite, "ephemeral"))
    if not found:
        raise NotChecked("there is no other primitive to make a suite with")


def _talk(suite: Suite, static: KeyPair, ephemeral: KeyPair) -> Talk:
    try:
        client = Channel.client(suite, static.public_key, now=NOW, ephemeral=ephemeral)
        return Talk(suite, client, Channel.server(suite, static, now=NOW), static.public_key)
    except (PluginError, InvalidKeyError) as error:
        raise Violation(f"no channel can be made in {suite.name}: {error}") from error


def _pair(trial: Trial, suite: Suite, role: str) -> KeyPair:
    if trial.session.target.kind is KEY_EXCHANGE:
        return trial.session.pairs(2)[role == "static"]
    kept = trial.session.kept
    name = f"{suite.key_exchange.info.name} {role}"
    if name not in kept:
        kept[name] = suite.key_exchange.generate_key_pair()
    pair: KeyPair = kept[name]
    return pair


def _suites(trial: Trial, limits: Limits) -> Iterator[Suite]:
    own, registry, kind = trial.primitive, trial.session.partners, trial.session.target.kind
    plugin = trial.session.target.plugin
    exchanges = [registry.key_exchange(name) for name in registry.names(KEY_EXCHANGE)]
    ciphers = [registry.bulk_cipher(name) for name in registry.names(BULK_CIPHER)]
    macs = [registry.mac(name) for name in registry.names(MAC)]
    aeads = [registry.aead(name) for name in registry.names(AEAD)]
    if kind is KEY_EXCHANGE:
        exchanges = [GuardedKeyExchange(own, plugin)]
    elif kind is BULK_CIPHER:
        ciphers, aeads = [GuardedBulkCipher(own, plugin)], []
    elif kind is MAC:
        macs, aeads = [GuardedMac(own, plugin)], []
    elif kind is AEAD:
        ciphers, aeads = [], [GuardedAead(own, plugin)]
    for exchange in exchanges:
        composed = [EncryptThenMac(cipher, mac) for cipher in ciphers for mac in macs]
        protections: list[Protection] = [*map(AeadProtection, aeads), *composed]
        for protection in protections:
            try:
                yield Suite(exchange, protection, limits)
            except ConfigurationError as error:
                raise Violation(f"no suite can be made: {error}") from error


@check(
    "CHN-01",
    "the plugin carries channels with every other primitive",
    why="That is what it is for.",
    flaws=("works alone and not in a channel", "records of real sizes", "both directions"),
    layer=Layer.CHANNEL,
)
def carries(trial: Trial) -> None:
    """Shake hands and exchange messages of 0 to 60,000 bytes, both ways, in every suite there is."""
    for talk in talks(trial):
        talk.handshake()
        for size in (0, 1, 100, 243, 244, 5000, 60_000, 0):
            message = trial.rng.bytes(size)
            talk.say(message)
            talk.say(message[::-1], to_server=False)
        talk.client.close()
        talk.server.receive_data(talk.client.data_to_send(), NOW)


@check(
    "CHN-02",
    "the plugin goes on from epoch to epoch",
    why="Keys change in mid-channel; what is kept from the epoch before makes the next one fail.",
    precedent="CVE-2017-13077 (KRACK); asyncssh #725 (a rekey that hangs)",
    flaws=("state carried over a rekey", "second instance of one key disturbed"),
    layer=Layer.CHANNEL,
)
def epochs(trial: Trial) -> None:
    """Lower the limit of an epoch and send through a dozen of them, both ways in turn."""
    records = trial.session.target.kind is AEAD
    small = Limits(max_inner=1024, pad_quantum=256, epoch_limit=3 if records else 4096)
    both = Limits(max_inner=1024, pad_quantum=256, epoch_limit=None)
    for talk in talks(trial, small if records or trial.session.target.kind is not KEY_EXCHANGE else both):
        talk.handshake()
        for number in range(40):
            talk.say(trial.rng.bytes(trial.rng.below(1000)), to_server=bool(number % 3))


@check(
    "CHN-03",
    "a changed byte ends a channel as a forgery, never as a plugin's failure",
    why="Every failure must look alike: a plugin that raises on a forged record tells it from others.",
    precedent="Terrapin (CVE-2023-48795); Lucky Thirteen (CVE-2013-0169)",
    flaws=("plugin raises on forged input", "forged record accepted", "bad ciphertext of a handshake tells"),
    layer=Layer.CHANNEL,
    forbids_waiver=True,
)
def forgeries(trial: Trial) -> None:
    """Flip bits of a record and of M1's ciphertext in every suite; the reason must be AUTHENTICATION."""
    for talk in talks(trial):
        talk.handshake()
        talk.client.send(b"transfer 100", NOW)
        frame = talk.client.data_to_send()
        at = HEADER_SIZE + trial.rng.below(len(frame) - HEADER_SIZE)
        _failed(talk.server.receive_data(flipped(frame, 8 * at + 3), NOW), talk)
    for talk in talks(trial):
        message = talk.client.data_to_send()
        filter_size, nonce_size = 16, 32
        bit = 8 * (HEADER_SIZE + filter_size + nonce_size) + trial.rng.below(
            8 * talk.suite.key_exchange.ciphertext_size
        )
        _failed(talk.server.receive_data(_refiltered(talk, flipped(message, bit)), NOW), talk)


def _refiltered(talk: Talk, message: bytes) -> bytes:
    """Give a changed M1 the filter that anyone can make (PROTOCOL §4.3), so that it is decapsulated."""
    header, rest = message[:HEADER_SIZE], message[HEADER_SIZE + MAC1_SIZE :]
    public_key = talk.static_public_key
    return header + mac1(public_key, header, rest) + rest


def _failed(events: list[Event], talk: Talk) -> None:
    failures = [event for event in events if isinstance(event, ChannelFailed)]
    if not failures:
        raise Violation(f"a forged message is accepted in {talk.suite.name}")
    if failures[0].reason is not FailureReason.AUTHENTICATION:
        raise Violation(f"a forged message ends the channel of {talk.suite.name} otherwise: {said(events)}")


@check(
    "CHN-04",
    "channels side by side do not disturb each other, and every channel has other bytes",
    why="A server has many channels in one process.",
    flaws=("state shared between channels", "the same bytes in two channels"),
    layer=Layer.CHANNEL,
    forbids_waiver=True,
)
def side_by_side(trial: Trial) -> None:
    """Hold several channels of each suite at once, send in turn, and compare what is on the wire."""
    channels = [*talks(trial), *talks(trial)]
    wire: set[bytes] = set()
    for talk in channels:
        talk.handshake()
        wire.add(talk.m1[HEADER_SIZE + 48 :][: talk.suite.key_exchange.ciphertext_size])
    if len(wire) < len(channels):
        raise Violation("two channels begin with one ciphertext")
    for number in range(12):
        for talk in channels:
            talk.say(trial.rng.bytes(50 * number), to_server=bool(number % 2))
