"""GEN-32: what threads that take turns find, they find again, on a busy machine as on an idle one."""

import threading

import pytest

from framework.contract.checks.generic import threads
from framework.contract.engine.collection import check_of
from framework.contract.engine.runner import run_check
from framework.contract.inputs.drbg import Drbg
from framework.contract.model.outcome import Verdict
from framework.contract.model.trial import Effort, Session
from framework.registry import Registry
from tests.zoo.mac.genuine import Hmac
from tests.zoo.species import Exhibit, exhibits

RACING = [exhibit for exhibit in exhibits() if "GEN-32" in exhibit.specimen.found_by]
GOOD = next(exhibit for exhibit in exhibits(good=True) if exhibit.name == "mac.Hmac")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("exhibit", RACING, ids=lambda exhibit: exhibit.name)
def test_turns_alone_find_a_race_of_two_lines(
    exhibit: Exhibit, seed: int, partners: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "_freely", lambda _session, _rounds: [[]] * threads.MEMBERS)
    session = Session.begin(exhibit.target(), str(seed), Effort.QUICK, partners)
    assert run_check(check_of("GEN-32"), session, 30.0).verdict is Verdict.FAILED


def test_turns_are_the_seed_s_choice(partners: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[int] = []
    go = threads.Member.go

    def noted(member: threads.Member) -> None:
        order.append(member._turns._members.index(member))
        go(member)

    monkeypatch.setattr(threads.Member, "go", noted)

    def of(seed: str) -> list[int]:
        order.clear()
        threads._in_turns(Session.begin(GOOD.target(), "1", Effort.QUICK, partners), Drbg(seed))
        return list(order)

    first = of("a")
    assert len(first) > 100
    assert of("a") == first
    assert of("b") != first


class Locked(Hmac):
    """Lets one thread at a time in: right, if slow."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def compute(self, key: bytes, message: bytes) -> bytes:
        with self.lock:
            self.current = key
            return super().compute(self.current, message)


def test_a_plugin_that_locks_is_not_waited_for_for_ever(partners: Registry) -> None:
    session = Session.begin(GOOD.target(), "1", Effort.QUICK, partners, primitive=Locked())
    assert run_check(check_of("GEN-32"), session, 30.0).verdict is Verdict.PASSED


def test_what_a_thread_raises_is_a_finding(partners: Registry) -> None:
    class Raises(Hmac):
        def compute(self, key: bytes, message: bytes) -> bytes:
            if threading.current_thread() is not threading.main_thread():
                raise KeyError("busy")
            return super().compute(key, message)

    session = Session.begin(GOOD.target(), "1", Effort.QUICK, partners, primitive=Raises())
    outcome = run_check(check_of("GEN-32"), session, 30.0)
    assert outcome.verdict is Verdict.FAILED
    assert outcome.finding is not None
    assert "in a thread, KeyError is raised" in outcome.finding.what
