"""Whether secrets are compared in constant time, and forgeries answered alike."""

from collections.abc import Callable, Iterable

from framework.contract.comparison.profiler import Observation
from framework.contract.model.check import NotChecked
from framework.contract.model.violation import Violation
from framework.errors import VerificationError


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
