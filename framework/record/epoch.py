"""Epochs: which keys are in use, how much they have carried, and the step to the next (PROTOCOL §6.4, §6.5)."""

from collections.abc import Callable
from struct import Struct
from typing import Generic, TypeVar

from framework.events import FailureReason
from framework.kdf import HASH_SIZE, expand_label
from framework.limits import MAX_EPOCH, MAX_SEQUENCE
from framework.secret import Secret
from framework.suite import Suite
from framework.violation import ProtocolViolation

_POSITION = Struct(">IQ")

K = TypeVar("K")


def next_traffic_secret(secret: Secret) -> Secret:
    """`ts_{n+1} = XL(ts_n, "upd", "", 32)` (PROTOCOL §6.5)."""
    return Secret(expand_label(secret.expose(), "upd", b"", HASH_SIZE))


class EpochKeys(Generic[K]):
    """The keys of one direction: the epoch in use, its sequence number, and what it has carried.

    `used` may reach `room` with records and `limit` with a key_update behind them (PROTOCOL §6.5), in the unit of the
    suite's epoch limit. `make_keys` is the protection's `sealer` or `opener`. Nothing advances unless `advance` or
    `step` is called, which happens only after a record has been sealed or verified.
    """

    __slots__ = ("_make_keys", "_secret", "epoch", "keys", "limit", "room", "sequence", "used")

    def __init__(self, suite: Suite, secret: Secret, make_keys: Callable[[Secret], K]) -> None:
        self._secret = secret
        self._make_keys = make_keys
        self.limit = suite.epoch_limit
        self.room = self.limit - suite.record_cost(suite.limits.pad_quantum)
        self.epoch = 0
        self.sequence = 0
        self.used = 0
        self.keys = make_keys(secret)

    def position(self) -> bytes:
        """`u32(epoch) ‖ u64(sequence)`, the implicit part of the associated data (PROTOCOL §6.1).

        Raises ProtocolViolation behind the last sequence number.
        """
        if self.sequence > MAX_SEQUENCE:
            raise ProtocolViolation(FailureReason.LIMIT, "the last sequence number has been used")
        return _POSITION.pack(self.epoch, self.sequence)

    def advance(self, cost: int) -> None:
        """Count a record that was sealed or verified."""
        self.sequence += 1
        self.used += cost

    def step(self) -> None:
        """Move to the next epoch and overwrite the traffic secret of this one."""
        if self.epoch >= MAX_EPOCH:
            raise ProtocolViolation(FailureReason.LIMIT, "the last epoch has ended")
        following = next_traffic_secret(self._secret)
        keys = self._make_keys(following)
        self._secret.wipe()
        self._secret, self.keys = following, keys
        self.epoch, self.sequence, self.used = self.epoch + 1, 0, 0

    def wipe(self) -> None:
        """Overwrite the traffic secret; the object is of no use afterwards."""
        self._secret.wipe()
