"""Runs checks in this process. `supervisor` runs them in another, where what hangs can be ended."""

import inspect
import signal
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from framework.contract.engine.collection import catalogue
from framework.contract.engine.subjects import kinds_of
from framework.contract.model.cause import cause_of, cause_told
from framework.contract.model.check import Check, NotApplicable, NotChecked
from framework.contract.model.oracle import OracleError
from framework.contract.model.outcome import Outcome, Verdict, finding
from framework.contract.model.target import Target
from framework.contract.model.trial import Session, Trial
from framework.contract.model.violation import TooSlow, Unsteady, Violation
from framework.errors import Interruption

CHECK_SECONDS = 60.0
"""One check may take so long; an honest plugin needs a few seconds."""


ADVICE = {"to claim", "to say"}
"""The inputs of a finding that offer a claim (`Vectors.about_claim`)."""


class _TimeIsUp(Interruption):
    """No Exception, so that no plugin's `except Exception` holds it back."""


def run_check(check: Check, session: Session, seconds: float = CHECK_SECONDS) -> Outcome:
    """Run one check against the plugin of the session."""
    if session.target.kind not in kinds_of(check):
        return Outcome(check.id, Verdict.NOT_APPLICABLE, f"it is for {', '.join(map(str, kinds_of(check)))}")
    again = session.target.arguments + session.effort.option
    begin = time.perf_counter()
    try:
        with _alarm(seconds):
            check.body(Trial(session, check.id))
        verdict, note, found = Verdict.PASSED, "", None
    except Violation as broken:
        verdict, note = Verdict.FAILED, ""
        raised = cause_of(broken.__cause__, session.primitive)
        broken.cause = broken.cause or raised or cause_told(broken.what)
        _withdraw_advice(broken, session, seconds)
        found = finding(check, broken, again, session.seed)
    except _TimeIsUp:
        verdict, note = Verdict.FAILED, ""
        found = finding(check, did_not_return(seconds, session.target), again, session.seed)
    except NotApplicable as reason:
        verdict, note, found = Verdict.NOT_APPLICABLE, str(reason), None
    except NotChecked as reason:
        verdict, note, found = Verdict.NOT_CHECKED, str(reason), None
    except OracleError as error:
        behind = traceback.format_exception(error.__cause__, limit=-3) if error.__cause__ else []
        verdict, note, found = Verdict.ERROR, "\n".join([str(error), *"".join(behind).splitlines()]), None
    except Exception as error:  # noqa: BLE001 - the kit's own fault, unless the plugin's code raised it
        verdict, note, found = Verdict.ERROR, traceback.format_exc(limit=-4), None
        if raised_by_plugin(error, session.primitive):
            violation = Violation(f"a call with valid arguments raised {type(error).__name__}")
            violation.cause = cause_of(error, session.primitive)
            verdict, note, found = Verdict.FAILED, "", finding(check, violation, again, session.seed)
    return Outcome(check.id, verdict, note, time.perf_counter() - begin, found, check.flaws)


def _withdraw_advice(broken: Violation, session: Session, seconds: float) -> None:
    """Offer no claim to a plugin that does not give the same each time: it would hide the fault, and be false."""
    if not ADVICE & set(broken.inputs):
        return
    failing = ""
    with suppress(_TimeIsUp), _alarm(seconds / 4):
        failing = doubt(session)
    if failing:
        kept = {name: value for name, value in broken.inputs.items() if name not in ADVICE}
        broken.inputs = {**kept, "no claim": f"{failing} fails: mend that first, for a claim would only hide it"}


def doubt(session: Session) -> str:
    """The id of a check that `steadies` and fails, if one does: what looks like a claim may then be a fault."""
    for check in catalogue().values():
        if check.steadies:
            try:
                check.body(Trial(session, check.id))
            except Unsteady:
                return check.id
            except Exception:  # noqa: BLE001, S112 - which is for the check itself to say
                continue
    return ""


def raised_by_plugin(error: Exception, primitive: object) -> bool:
    """Whether the kit's innermost frame had called into the plugin's own code when the exception was raised."""
    kit = Path(__file__).parents[1]
    try:
        plugin = Path(inspect.getfile(type(primitive))).parent
    except TypeError:
        return False
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        place = Path(frame.filename)
        if place.is_relative_to(kit):
            return False
        if place.is_relative_to(plugin):
            return True
    return False


def did_not_return(seconds: float, target: Target) -> TooSlow:
    """What is said of a plugin that hangs, or takes too long for the calls of a check."""
    who = "the plugin or its oracle" if target.oracle else "the plugin"
    return TooSlow(f"{who} did not come back within {seconds:g} s: too slow for the calls of this check, or hung")


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Interrupt Python code after so long; code in C only the supervisor can end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise _TimeIsUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
