"""MACs of large messages, and after many calls: what a fast path or a counter does at its edge."""

from framework.contract.inputs.working_time import MANY, working_seconds
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

LARGE = tuple(range(12, 21))
"""Exponents of the sizes, to 1 MiB, at which buffers and fast paths begin and end."""


@check(
    "MAC-17",
    "large messages have one tag, however they are cut",
    why="A fast path for bulk data that ends wrong shows only at sizes that fill its buffer to the last byte.",
    precedent="CVE-2022-37454 (XKCP's SHA-3: a large update after a small one)",
    flaws=("bulk path differs from block path", "end of a buffer tagged twice or never", "batch boundary"),
)
def large(trial: Trial) -> None:
    """Tag 2^12 to 2^20 bytes, one less and one more, whole, in pieces of 1,021 bytes, and after one byte."""
    keyed = trial.mac.keyed(trial.rng.bytes(trial.mac.key_size))
    whole = trial.rng.bytes(4096) * (1 << LARGE[-1] - 12) + b"\1"
    for exponent in LARGE:
        for size in ((1 << exponent) - 1, 1 << exponent, (1 << exponent) + 1):
            message = whole[:size]
            small = [message[at : at + 1021] for at in range(0, size, 1021)]
            wanted = keyed.tag(*small)
            for parts in ([message], [message[:1], message[1:]], [message[:-1], message[-1:]]):
                if keyed.tag(*parts) != wanted:
                    raise Violation(
                        f"{size} bytes have another tag in pieces of 1,021", parts=[len(part) for part in parts]
                    )


@check(
    "MAC-18",
    "the last of very many calls gives what the first gave",
    why="A counter inside an authenticator that comes round changes tags after hours, on the busiest channels first.",
    flaws=("state that shows after many calls", "a counter of calls that comes round"),
)
def many_calls(trial: Trial) -> None:
    """Tag two messages in turn 65,540 times with one authenticator, or as often as a second and a half allows."""
    keyed = trial.mac.keyed(trial.rng.bytes(trial.mac.key_size))
    messages = (b"", trial.rng.bytes(40))
    wanted = [keyed.tag(message) for message in messages]
    end = working_seconds() + trial.seconds
    for count in range(MANY):
        if keyed.tag(messages[count % 2]) != wanted[count % 2]:
            raise Violation(f"after {count + 2} calls a message has another tag", message=messages[count % 2])
        if count % 1024 == 0 and working_seconds() > end:
            break
    if not keyed.accepts(wanted[1], messages[1]):
        raise Violation("after many calls a genuine tag is refused", message=messages[1])
