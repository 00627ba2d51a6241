"""Epochs: the chain of traffic secrets, positions and room (PROTOCOL §6.4, §6.5)."""

import hmac

import pytest

from framework import PluginError, Suite
from framework.events import FailureReason
from framework.limits import MAX_EPOCH, MAX_SEQUENCE, Limits
from framework.record.epoch import EpochKeys, next_traffic_secret
from framework.secret import Secret
from framework.violation import ProtocolViolation
from tests.support.channels import aead_suite, etm_suite

TS = bytes(range(32))
TIGHT = Limits(max_inner=512, pad_quantum=32, epoch_limit=1024)


def update(ts: bytes) -> bytes:
    """XL(ts, "upd", "", 32) by hand."""
    return hmac.digest(ts, b"\0\x20" + b"\x0e" + b"suitecase1 upd" + b"\0" + b"\x01", "sha256")


def exposing(secret: Secret) -> bytes:
    """Stands for `sealer` and `opener`."""
    return secret.expose()


def test_the_next_traffic_secret_is_the_specification_s() -> None:
    assert next_traffic_secret(Secret(TS)).expose() == update(TS)


def test_a_step_moves_on_and_erases() -> None:
    first = Secret(TS)
    epoch = EpochKeys(etm_suite(limits=TIGHT), first, exposing)
    assert (epoch.epoch, epoch.sequence, epoch.used, epoch.keys) == (0, 0, 0, TS)
    epoch.advance(32)
    epoch.advance(64)
    assert (epoch.epoch, epoch.sequence, epoch.used) == (0, 2, 96)
    assert epoch.position() == bytes(4) + bytes(7) + b"\x02"
    epoch.step()
    assert (epoch.epoch, epoch.sequence, epoch.used, epoch.keys) == (1, 0, 0, update(TS))
    assert epoch.position() == bytes(3) + b"\x01" + bytes(8)
    assert first.expose() == bytes(32), "the secret of an epoch that has ended is erased"
    epoch.step()
    assert epoch.keys == update(update(TS))


def test_a_step_that_fails_changes_nothing() -> None:
    def failing(secret: Secret) -> bytes:
        if secret.expose() != TS:
            raise PluginError("no")
        return b"keys"

    epoch = EpochKeys(etm_suite(limits=TIGHT), Secret(TS), failing)
    epoch.advance(32)
    with pytest.raises(PluginError):
        epoch.step()
    assert (epoch.epoch, epoch.sequence, epoch.used, epoch.keys) == (0, 1, 32, b"keys")


@pytest.mark.parametrize(
    ("suite", "costs"),
    [
        (etm_suite(limits=TIGHT), [(0, 1024 - 32), (512, 512 - 32), (1000, -8)]),
        (aead_suite(limits=Limits(max_inner=512, pad_quantum=32, epoch_limit=3)), [(0, 2), (1, 1), (2, 0)]),
    ],
    ids=["bytes", "records"],
)
def test_there_is_room_for_a_record_and_the_key_update_behind_it(suite: Suite, costs: list[tuple[int, int]]) -> None:
    for used, left in costs:
        epoch = EpochKeys(suite, Secret(TS), exposing)
        epoch.advance(used)
        assert epoch.room - epoch.used == left
        assert epoch.limit - epoch.used == left + suite.record_cost(32)


def test_the_last_epoch_is_the_last() -> None:
    epoch = EpochKeys(etm_suite(limits=TIGHT), Secret(TS), exposing)
    epoch.epoch = MAX_EPOCH - 1
    epoch.step()
    assert epoch.position()[:4] == b"\xff" * 4
    with pytest.raises(ProtocolViolation) as caught:
        epoch.step()
    assert caught.value.reason is FailureReason.LIMIT
    assert epoch.epoch == MAX_EPOCH


def test_the_last_sequence_number_is_the_last() -> None:
    """RFC 8446 §5.3: sequence numbers do not wrap."""
    epoch = EpochKeys(aead_suite(), Secret(TS), exposing)
    epoch.sequence = MAX_SEQUENCE
    assert epoch.position() == bytes(4) + b"\xff" * 8
    epoch.advance(1)
    with pytest.raises(ProtocolViolation) as caught:
        epoch.position()
    assert caught.value.reason is FailureReason.LIMIT


def test_wiping_erases_the_secret_in_use() -> None:
    epoch = EpochKeys(etm_suite(limits=TIGHT), Secret(TS), exposing)
    epoch.step()
    held = epoch._secret
    epoch.wipe()
    assert held.expose() == bytes(32)
