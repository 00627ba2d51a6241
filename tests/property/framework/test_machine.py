"""Two channels and a network without losses, against a model: two lists of messages (hypothesis, stateful).

Epochs hold two or three records, so that rekeying happens all the time; bytes arrive in any portions; the clock moves,
also backwards within the skew; either side closes when it likes.
"""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from framework import Channel, ChannelFailed, HandshakeCompleted, MisuseError, PeerClosed, Suite
from framework.limits import Limits
from framework.transitions import State
from tests.support.budget import examples
from tests.support.channels import NOW, aead_suite, etm_suite, messages

SKEW = 30_000

SUITES = [
    etm_suite(limits=Limits(max_inner=256, pad_quantum=32, epoch_limit=288)),
    etm_suite(limits=Limits(max_inner=256, pad_quantum=32, epoch_limit=1000)),
    etm_suite(limits=Limits(max_inner=240, pad_quantum=48, epoch_limit=2000)),
    aead_suite(limits=Limits(max_inner=256, pad_quantum=32, epoch_limit=2)),
    aead_suite(limits=Limits(max_inner=256, pad_quantum=16, epoch_limit=5)),
]
KEYS = SUITES[0].key_exchange.generate_key_pair()

sides = st.sampled_from(["client", "server"])


class TwoChannels(RuleBasedStateMachine):
    """The model: what each side has said, whether it has closed, and what the other has heard of it."""

    @initialize(suite=st.sampled_from(SUITES))
    def begin(self, suite: Suite) -> None:
        self.channels: dict[str, Channel] = {
            "client": Channel.client(suite, KEYS.public_key, now=NOW),
            "server": Channel.server(suite, KEYS, now=NOW),
        }
        self.clocks = {"client": NOW, "server": NOW}
        self.wire = {"client": bytearray(), "server": bytearray()}
        self.said: dict[str, list[bytes]] = {"client": [], "server": []}
        self.heard: dict[str, list[bytes]] = {"client": [], "server": []}
        self.opened = {"client": 0, "server": 0}
        self.told_of_the_end = {"client": 0, "server": 0}
        self.closed = {"client": False, "server": False}

    def flush(self, side: str) -> None:
        """What a side has to say goes onto its wire."""
        self.wire[side] += self.channels[side].data_to_send()

    @rule(side=sides, payload=st.binary(max_size=227))
    def send(self, side: str, payload: bytes) -> None:
        channel = self.channels[side]
        payload = payload[: channel.max_message_size]
        if channel.is_open:
            channel.send(payload, self.clocks[side])
            self.said[side].append(payload)
        else:
            try:
                channel.send(payload, self.clocks[side])
            except MisuseError:
                return
            raise AssertionError("sent outside of an open channel")

    @rule(side=sides)
    def send_too_much(self, side: str) -> None:
        channel = self.channels[side]
        before = list(channel._outgoing)
        try:
            channel.send(bytes(channel.max_message_size + 1), self.clocks[side])
        except MisuseError:
            assert channel._outgoing == before
            return
        raise AssertionError("sent too much")

    @rule(side=sides, portion=st.one_of(st.integers(1, 300), st.just(10**6)))
    def carry(self, side: str, portion: int) -> None:
        """Some of what a side has said arrives at the other."""
        self.flush(side)
        other = "server" if side == "client" else "client"
        taken, self.wire[side] = bytes(self.wire[side][:portion]), self.wire[side][portion:]
        if not taken:
            return
        events = self.channels[other].receive_data(taken, self.clocks[other])
        assert not [event for event in events if isinstance(event, ChannelFailed)]
        self.opened[other] += events.count(HandshakeCompleted())
        self.told_of_the_end[other] += events.count(PeerClosed())
        self.heard[other] += messages(events)

    @rule(side=sides, step=st.integers(0, 3_000))
    def tick(self, side: str, step: int) -> None:
        """Clocks run apart, within the skew between them and what is on the wire."""
        other = "server" if side == "client" else "client"
        if self.clocks[side] + step - NOW < SKEW and self.clocks[side] + step - self.clocks[other] < SKEW // 2:
            self.clocks[side] += step

    @rule(side=sides, step=st.integers(0, 1_000))
    def tick_back(self, side: str, step: int) -> None:
        self.clocks[side] = max(NOW, self.clocks[side] - step)

    @rule(side=sides)
    def close(self, side: str) -> None:
        """At any time: in the middle of the handshake, and again, too."""
        self.channels[side].close(self.clocks[side])
        self.closed[side] = True

    @invariant()
    def the_state_is_what_has_been_said_and_heard(self) -> None:
        for side, channel in self.channels.items():
            over, told = self.opened[side], self.told_of_the_end[side]
            assert channel.is_closed == self.closed[side]
            assert channel.is_open == (over and not self.closed[side])
            assert (channel.state is State.CLOSING) == (over and self.closed[side] and not told)
            assert (channel.state is State.CLOSED) == (self.closed[side] and told)
            assert (channel.state is State.PEER_CLOSED) == (not self.closed[side] and told)

    @invariant()
    def heard_is_what_was_said(self) -> None:
        for side, other in (("client", "server"), ("server", "client")):
            heard = self.heard[other]
            assert heard == self.said[side][: len(heard)]
            assert self.opened[other] <= 1
            assert self.told_of_the_end[other] <= self.closed[side]
            if self.told_of_the_end[other]:
                assert heard == self.said[side]

    @invariant()
    def memory_is_bounded(self) -> None:
        """At most one frame waits to become whole."""
        for channel in self.channels.values():
            assert len(channel._incoming) < 8 + 256 + 32 + 200

    def teardown(self) -> None:
        """At last everything arrives, and both end in order."""
        if not hasattr(self, "channels"):
            return
        for _ in range(4):
            for side in ("client", "server"):
                self.carry(side, 10**6)
        for side in ("client", "server"):
            self.channels[side].close(self.clocks[side])
            self.closed[side] = True
        for side in ("client", "server"):
            self.carry(side, 10**6)
        for side, other in (("client", "server"), ("server", "client")):
            assert self.heard[other] == self.said[side]
            assert (self.opened[other], self.told_of_the_end[other]) == (1, 1)
            assert self.channels[other].receive_eof() == []


TwoChannels.TestCase.settings = examples(40, steps=40)
TestTwoChannels = TwoChannels.TestCase
