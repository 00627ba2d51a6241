"""How a MAC compares: in constant time, and with one answer to every forgery."""

from collections.abc import Callable
from functools import partial

from framework.contract.comparison.constant_time import judge, places, same_answer
from framework.contract.comparison.profiler import observe
from framework.contract.inputs.forgeries import flipped, shortened
from framework.contract.model.check import check
from framework.contract.model.trial import Trial


@check(
    "MAC-31",
    "tags are compared in constant time",
    why="A comparison that stops at the first difference tells how many bytes were right: a tag is found byte by byte.",
    precedent="KeyCzar (Coda Hale, A Lesson in Timing Attacks); CVE-2022-48566 (CPython's compare_digest)",
    flaws=("comparison in non-constant time", "comparison in a loop that stops early"),
    forbids_waiver=True,
)
def constant_time(trial: Trial) -> None:
    """Watch verify refuse tags that differ in the first, a middle and the last byte."""
    keyed = trial.mac.keyed(trial.rng.bytes(trial.mac.key_size))
    message = trial.rng.bytes(40)
    tag = keyed.tag(message)
    size = trial.mac.tag_size

    def verifying(forged: bytes) -> Callable[[], object]:
        return lambda: keyed.inner.verify(forged, message)

    judge([observe(verifying(flipped(tag, bit)), secret_size=min(8, size)) for bit in places(size)], size)


@check(
    "MAC-32",
    "all forgeries get the same answer, without detail",
    why="What tells one failure from another is an oracle; a message that quotes the right tag is the forgery itself.",
    precedent="CVE-2016-1000345 (BouncyCastle: padding oracle); CVE-2020-26939 (its OAEP: an early exception)",
    flaws=("distinguishable failures", "the right tag in an exception"),
    forbids_waiver=True,
)
def one_answer(trial: Trial) -> None:
    """Compare the exceptions that many forgeries raise, and look for the right tag in them."""
    keyed = trial.mac.keyed(trial.rng.bytes(trial.mac.key_size))
    message = trial.rng.bytes(20)
    tag = keyed.tag(message)
    forgeries = [flipped(tag, 0), flipped(tag, 8 * len(tag) - 1), *shortened(tag), tag + b"\0", b"\0" * len(tag)]
    same_answer([partial(keyed.inner.verify, forged, message) for forged in forgeries], tag)
