"""How a MAC compares: in constant time, and with one answer to every forgery."""

from collections.abc import Callable, Iterable
from functools import partial

from framework.contract.comparison.profiler import Observation, observe
from framework.contract.inputs.forgeries import flipped, shortened
from framework.contract.model.check import NotChecked, Violation, check
from framework.contract.model.trial import Trial
from framework.errors import VerificationError


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


def places(size: int) -> list[int]:
    """Bits of a tag in which the forgeries differ; the first is tried again, to warm caches before it counts."""
    return [0, 0, 7, 8 * (size // 2), 8 * size - 8, 8 * size - 1]


def judge(seen: list[Observation], size: int) -> None:
    """Say what was seen. The first observation only warmed up."""
    for observation in seen[1:]:
        if observation.early_exit:
            raise Violation(f"compared with `{observation.early_exit[0]}`, which stops at the first difference")
    counts = sorted({observation.instructions for observation in seen[1:]})
    if len(counts) > 1:
        raise Violation(f"the work depends on where tags differ: {counts[0]} to {counts[-1]} instructions")
    if not seen[-1].constant_time and counts[0] < 3 * size:
        raise NotChecked("the comparison happens inside C code, where it cannot be watched")


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


def same_answer(calls: Iterable[Callable[[], object]], secret: bytes) -> None:
    """Raise Violation unless all calls raise one kind of exception with one text, without cause and without secrets."""
    answers: dict[str, int] = {}
    for number, call in enumerate(calls):
        try:
            call()
        except VerificationError as error:
            notes = getattr(error, "__notes__", [])
            answer = f"{type(error).__name__}{error.args} {notes} from {type(error.__cause__).__name__}"
            quoted = f"{answer} {error.__cause__} {error.__context__} {vars(error)}"
            if secret.hex() in quoted or repr(secret)[2:-1] in quoted:
                raise Violation("the exception of a failed verification quotes a secret", answer=quoted) from None
            if error.__cause__ is not None or (error.__context__ is not None and not error.__suppress_context__):
                raise Violation("the exception of a failed verification carries its cause", answer=answer) from None
            answers.setdefault(answer, number)
        except Exception as error:
            raise Violation(f"a forgery is answered with {type(error).__name__}, not VerificationError") from error
        else:
            raise Violation("a forgery is accepted")
    if len(answers) > 1:
        raise Violation("forgeries are answered in different ways", answers=tuple(answers))
