"""A keyed MAC that is used again and again, and beside others: as good as new each time."""

from collections.abc import Iterator
from functools import partial

from framework.contract.inputs.forgeries import flipped
from framework.contract.model.adapters import CLEAN, KeyedMac, MacAdapter, invoke
from framework.contract.model.check import check
from framework.contract.model.smallest import cut, least, without
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

Call = tuple[int, int, bytes]
"""Which authenticator, which of `CALLS`, and the message."""

CALLS = ("tag", "verify", "refuse", "tag")
MISUSED = " and 'text', which must fail"


@check(
    "MAC-16",
    "an authenticator is reusable, whatever happened before",
    why="A state that one call leaves behind makes the next tag wrong, and channels fail long after the cause.",
    precedent="BouncyCastle's GCM reused its IV after doFinal() (Wycheproof, doc/bugs.md); pyca's base_hash_test",
    flaws=(
        "state left by the previous message",
        "state left by a failed call",
        "state shared by instances",
        "buffer known by its id()",
    ),
)
def reusable(trial: Trial) -> None:
    """Run random calls on three authenticators, two of them of one key, against a model made of fresh ones.

    And pass one buffer with other octets in it each time.
    """
    rng = trial.rng
    _reads_again(trial.mac, rng.bytes(trial.mac.key_size))
    for length in trial.sequences(200, 200):
        keys = [rng.bytes(trial.mac.key_size) for _ in range(2)]
        calls = [(rng.below(3), rng.below(4), rng.bytes(rng.below(150))) for _ in range(length)]
        least(calls, partial(_as_fresh, trial.mac, [*keys, keys[0]]), _fewer_calls)


def _reads_again(mac: MacAdapter, key: bytes) -> None:
    """Raise Violation if a buffer is known again by its identity, and what it holds now is not read."""
    keyed = mac.keyed(key)
    first, second = bytearray(8), bytearray(8)
    for octet in (1, 2, 3):
        for buffer in (first, second):
            buffer[:] = bytes([octet]) * 8
            wanted = mac.keyed(key).tag(bytes(first), bytes(second))
            try:
                tag = invoke("tag", keyed.inner.tag, first, second, allow=CLEAN)
            except CLEAN:
                return
            if tag != wanted:
                raise Violation("a buffer that held other octets before is not read again", message=bytes(buffer))


def _as_fresh(mac: MacAdapter, keys: list[bytes], calls: list[Call]) -> None:
    keyed, history = [mac.keyed(key) for key in keys], []
    for which, act, message in calls:
        fresh = mac.keyed(keys[which]).tag(message)
        history.append(f"{CALLS[act]}({which}, {len(message)} bytes{MISUSED if act == 3 else ''})")
        if act == 0 and keyed[which].tag(message) != fresh:
            raise Violation("a tag differs from a fresh authenticator's", calls=history, message=message)
        if act == 1 and not keyed[which].accepts(fresh, message):
            raise Violation("a genuine tag is refused after other calls", calls=history, message=message)
        if act == 2 and keyed[which].accepts(flipped(fresh, 5), message):
            raise Violation("a forged tag is accepted after other calls", calls=history, message=message)
        if act == 3:
            misuse(keyed[which], message)


def _fewer_calls(calls: list[Call]) -> Iterator[list[Call]]:
    return without(calls, lambda call: ((*call[:2], message) for message in cut(call[2])))


def misuse(keyed: KeyedMac, message: bytes) -> None:
    """Make a call that has to fail in the middle."""
    try:
        keyed.inner.tag(message, "text")
    except Exception:  # noqa: BLE001 - what it raises, another check asks
        return
