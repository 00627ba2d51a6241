"""GEN-27: what is new with every call is not taken for something that was made of the secret."""

import time
from hashlib import sha256

import pytest

from framework.contract.engine.collection import check_of
from framework.contract.engine.runner import run_check
from framework.contract.model.outcome import Verdict
from framework.contract.model.trial import Effort, Session
from framework.registry import Registry
from tests.zoo.mac.genuine import Hmac
from tests.zoo.species import exhibits

GOOD = next(exhibit for exhibit in exhibits(good=True) if exhibit.name == "mac.Hmac")


class NotesTheTime(Hmac):
    def compute(self, key: bytes, message: bytes) -> bytes:
        self.last_used = time.time_ns()
        return super().compute(key, message)


class NotesTheTimeAndTheKey(NotesTheTime):
    def compute(self, key: bytes, message: bytes) -> bytes:
        self.check_value = sha256(key).digest()
        return super().compute(key, message)


@pytest.mark.parametrize(
    ("plugin", "verdict"), [(NotesTheTime(), Verdict.PASSED), (NotesTheTimeAndTheKey(), Verdict.FAILED)]
)
def test_the_time_of_a_call_was_made_of_nothing(plugin: Hmac, verdict: Verdict, partners: Registry) -> None:
    session = Session.begin(GOOD.target(), "1", Effort.QUICK, partners, primitive=plugin)
    outcome = run_check(check_of("GEN-27"), session, 30.0)
    assert outcome.verdict is verdict
    if outcome.finding is not None:
        assert outcome.finding.what == "the plugin keeps bytes made of the secret that it was given last"
