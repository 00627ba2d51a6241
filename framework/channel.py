"""The channel without any input or output: bytes and the time go in, events and bytes come out.

    channel = Channel.client(suite, server_public_key, now=now)
    send(channel.data_to_send())
    for event in channel.receive_data(received, now): ...

Times are Unix time in whole milliseconds. The caller takes the wall clock once, at the beginning, and adds elapsed
monotonic time, so that a clock that is set in mid-session changes nothing (PROTOCOL §6.6). A channel is used by one
thread at a time, and by the process that made it alone: a forked copy would use the same keystream for other messages.
"""

import os
import secrets
from typing import NoReturn, Self

from framework.arguments import check_export, check_key_pair, check_time
from framework.buffers import as_bytes
from framework.errors import ChannelError, InvalidKeyError, MisuseError, PluginError, SuitecaseError
from framework.events import ChannelFailed, Event, FailureReason
from framework.handshake.context import Context
from framework.handshake.first_messages import FirstMessages
from framework.handshake.keys import Keys
from framework.handshake.steps import Handshake
from framework.info import RandomBytes
from framework.kdf import expand_label
from framework.kinds.key_pair import KeyPair
from framework.machine import Machine
from framework.record.codec import DATA, PREFIX_SIZE
from framework.suite import Suite
from framework.transitions import SENDING, START, TRANSITIONS, Input, State
from framework.violation import ProtocolViolation

DEFAULT_APPLICATION = "suitecase"
DEFAULT_SERVER_NAME = "server"


class Channel(Machine):
    """One side of a channel, from the first message to the last. Made by `client` or `server`.

    It checks what its caller gives, and takes every fault down the one failure path (PROTOCOL §8.1): the keys are
    dropped, what waits is thrown away, and the channel stays failed.
    """

    def __init__(self, suite: Suite, state: State, handshake: Handshake, outgoing: bytes, now: int) -> None:
        super().__init__(suite, state, handshake, outgoing)
        self._failure: ChannelFailed | None = None
        self._now = now
        self._owner = os.getpid()
        self._max_message_size = suite.limits.max_inner - PREFIX_SIZE

    @classmethod
    def client(
        cls,
        suite: Suite,
        server_public_key: bytes,
        *,
        now: int,
        ephemeral: KeyPair | None = None,
        application: str = DEFAULT_APPLICATION,
        server_name: str = DEFAULT_SERVER_NAME,
        random_bytes: RandomBytes = secrets.token_bytes,
    ) -> Self:
        """Begin a channel as the client; M1 waits in `data_to_send`.

        `ephemeral` is a fresh key pair of the suite's key exchange, made ahead because it is costly; it must not be
        used twice. Without it one is made here. Raises InvalidKeyError for a server key that may not be used,
        MisuseError for a key pair of another key exchange, and PluginError.
        """
        check_time(now)
        server_public_key = as_bytes(server_public_key, "the public key of the server")
        suite.key_exchange.check_public_key(server_public_key, pinned=True)
        if ephemeral is None:
            ephemeral = suite.key_exchange.generate_key_pair(random_bytes=random_bytes)
        check_key_pair(suite, ephemeral)
        context = Context(suite, server_public_key, application, server_name, random_bytes)
        handshake = Handshake(Keys(context, ephemeral=ephemeral))
        return cls(suite, START["client"], handshake, handshake.write(now), now)

    @classmethod
    def server(
        cls,
        suite: Suite,
        key_pair: KeyPair,
        *,
        now: int,
        application: str = DEFAULT_APPLICATION,
        server_name: str = DEFAULT_SERVER_NAME,
        random_bytes: RandomBytes = secrets.token_bytes,
        first_messages: FirstMessages | None = None,
    ) -> Self:
        """Await a channel as the server with this static key pair, which belongs to this suite alone.

        With `first_messages`, which all channels of this key share, a first message that came to one of them before is
        refused before it costs a decapsulation (PROTOCOL §4.8).

        Raises MisuseError for a key pair of another key exchange.
        """
        check_time(now)
        check_key_pair(suite, key_pair)
        context = Context(suite, key_pair.public_key, application, server_name, random_bytes)
        handshake = Handshake(Keys(context, static=key_pair), first_messages)
        return cls(suite, START["server"], handshake, b"", now)

    def __repr__(self) -> str:
        return f"<Channel {self._suite.name} {self._state}>"

    @property
    def suite(self) -> Suite:
        """The suite of this channel."""
        return self._suite

    @property
    def max_message_size(self) -> int:
        """Bytes that one message carries at most."""
        return self._max_message_size

    def screen(self, data: bytes, now: int) -> list[Event]:
        """Take bytes of the handshake without the costly work on them, for which `is_costly(0)` then asks.

        `receive_data`, without more bytes, does that work later. Of a first message, what is cheap is looked at here
        (PROTOCOL §4.8), so that noise, and what came before, waits for no turn. Raises as `receive_data`.
        """
        self._begin_call(now)
        data = as_bytes(data, "what the network gives")
        try:
            self._screen(data, now)
        except ProtocolViolation as violation:
            return [self._fail(violation.reason, violation.detail)]
        return []

    def receive_data(self, data: bytes, now: int) -> list[Event]:
        """Take bytes from the network, in any portions, and give what they mean.

        A fault of the peer's is the event ChannelFailed, the last of all. Raises ChannelError if the channel has
        failed before, and MisuseError, with nothing lost, for what is no bytes or no time.
        """
        self._begin_call(now)
        if type(data) is not bytes:
            data = as_bytes(data, "what the network gives")
        events: list[Event] = []
        try:
            self._receive(data, now, events)
        except ProtocolViolation as violation:
            events.append(self._fail(violation.reason, violation.detail))
        except (PluginError, InvalidKeyError) as error:
            detail = str(error) if isinstance(error, PluginError) else "a key was refused"
            events.append(self._fail(FailureReason.PLUGIN, detail))
        except BaseException as error:
            # Interrupted half-way, nobody can say what has advanced and what has not.
            self._fail(FailureReason.INTERNAL, f"interrupted by {type(error).__name__}")
            raise
        return events

    def receive_eof(self) -> list[Event]:
        """Take the end of the stream: a failure unless the peer had said close_notify (PROTOCOL §6.7)."""
        if self._failure is not None:
            return []
        try:
            self._end_of_stream()
        except ProtocolViolation as violation:
            return [self._fail(violation.reason, violation.detail)]
        return []

    def send(self, payload: bytes, now: int) -> None:
        """Seal one message of at most `max_message_size` bytes; it then waits in `data_to_send`.

        Raises MisuseError before the handshake, after `close`, in a forked process, and for a message that is too long
        or no bytes; nothing is lost then. Raises ChannelError if the channel has failed.
        """
        self._begin_call(now)
        if type(payload) is not bytes:
            payload = as_bytes(payload, "a message")
        if self._state not in SENDING:
            raise MisuseError("a message can be sent only between the end of the handshake and close()")
        if len(payload) > self._max_message_size:
            raise MisuseError(f"a message has at most {self._max_message_size} bytes, this one {len(payload)}")
        try:
            self._write(DATA, payload, now)
        except BaseException as error:  # noqa: BLE001 - it is raised again, or as a ChannelError
            self._fail_sending(error)

    def close(self, now: int | None = None) -> None:
        """Say close_notify; nothing can be sent afterwards. Without `now`, at the time of the last call.

        During the handshake it is said as soon as that is over. Harmless if repeated, and on a failed channel. Raises
        MisuseError for a wrong `now`, and ChannelError if the channel fails over it.
        """
        if (self._state, Input.CLOSE) not in TRANSITIONS:
            return
        self._begin_call(self._now if now is None else now)
        try:
            self._close(self._now)
        except BaseException as error:  # noqa: BLE001 - it is raised again, or as a ChannelError
            self._fail_sending(error)

    def fail(self, reason: FailureReason, detail: str = "") -> ChannelFailed:
        """Fail from outside, for what only the caller sees: a time-out, a connection that is lost."""
        if self._failure is not None:
            reason, detail = self._failure.reason, self._failure.detail
        return self._fail(reason, detail)

    def export(self, label: str, context: bytes, length: int) -> bytes:
        """Derive `length` bytes that both sides share and nobody else knows (PROTOCOL §4.6).

        The label is ASCII of at most 244 bytes, the context at most 255 bytes, `length` from 1 to 8,160 bytes. Raises
        MisuseError for others, and before the end of the handshake or after a failure.
        """
        if self._records is None or self._failure is not None:
            raise MisuseError("a secret can be exported only from an open channel")
        self._check_process()
        check_export(label, context, length)
        return expand_label(self._records.exporter.expose(), label, context, length)

    def _begin_call(self, now: int) -> None:
        if self._failure is not None:
            raise ChannelError("the channel has failed", self._failure.reason)
        self._check_process()
        check_time(now)
        self._now = now

    def _check_process(self) -> None:
        if os.getpid() != self._owner:
            raise MisuseError("a channel belongs to the process that made it, and this is another: open a new one")

    def _fail_sending(self, error: BaseException) -> NoReturn:
        """Fail, for a writer that failed half-way cannot be trusted with another record."""
        if not isinstance(error, SuitecaseError | ProtocolViolation):
            self._fail(FailureReason.INTERNAL, f"interrupted by {type(error).__name__}")
            raise error
        reason = error.reason if isinstance(error, ProtocolViolation) else FailureReason.PLUGIN
        self._fail(reason, str(error))
        raise ChannelError("the channel failed while sending", reason) from None

    def _fail(self, reason: FailureReason, detail: str) -> ChannelFailed:
        self._drop()
        self._failure = ChannelFailed(reason, detail)
        return self._failure
