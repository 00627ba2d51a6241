"""A contract as a class of tests, one a check. It needs no pytest to be imported or made."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import SkipTest

from framework.contract.engine.collection import checks_for
from framework.contract.engine.finding import targets
from framework.contract.engine.run import DEFAULT_SEED
from framework.contract.engine.supervisor import Assignment, Supervisor
from framework.contract.engine.waiver import Waiver, apply_waivers
from framework.contract.model.check import Check
from framework.contract.model.oracle import name_of
from framework.contract.model.outcome import Outcome, Verdict
from framework.contract.model.report import Report
from framework.contract.model.target import Target
from framework.contract.model.trial import Effort
from framework.contract.report.escape import line, lines
from framework.contract.report.render import finding_text


class BrokenContract(AssertionError):
    """A check found something. The message is the finding."""


class Contract:
    """The base of what `contract_for` makes: runs a check when its test asks, in one worker for all."""

    contract_targets: tuple[Target, ...] = ()
    contract_waivers: tuple[Waiver, ...] = ()
    contract_seed: str = DEFAULT_SEED
    contract_effort: Effort = Effort.NORMAL
    contract_supervisors: dict[Target, Supervisor]
    contract_outcomes: dict[Target, list[Outcome]]

    @classmethod
    def teardown_class(cls) -> None:
        """End the workers; pytest calls this."""
        for supervisor in cls.contract_supervisors.values():
            supervisor.stop()

    def contract_run(self, target: Target, check: Check) -> Outcome:
        """Run one check. Raises BrokenContract for a finding, RuntimeError for a fault of the kit's, and SkipTest."""
        supervisor = self.contract_supervisors.setdefault(
            target, Supervisor(Assignment(target, self.contract_seed, self.contract_effort))
        )
        (outcome,) = apply_waivers([supervisor.run(check)], self.contract_waivers)
        self.contract_outcomes.setdefault(target, []).append(outcome)
        if outcome.verdict is Verdict.ERROR:
            raise RuntimeError(lines(outcome.note))
        if outcome.verdict is Verdict.FAILED:
            raise BrokenContract(finding_text(outcome.finding, outcome) if outcome.finding else line(outcome.note))
        if outcome.verdict in (Verdict.NOT_APPLICABLE, Verdict.NOT_CHECKED):
            raise SkipTest(line(f"{outcome.verdict}: {outcome.note}"))  # which pytest takes for a skip
        return outcome

    def contract_enough(self, target: Target) -> None:
        """Raise BrokenContract if the checks that this class has run were too few to say anything."""
        outcomes = self.contract_outcomes.get(target, [])
        complete = len(outcomes) == len(checks_for(target.kind))
        report = Report(target, self.contract_seed, self.contract_effort.name.lower(), tuple(outcomes), complete)
        if report.too_few:
            raise BrokenContract(f"{report.ran} of {report.applicable} checks ran: too few to say anything")


def contract_for(
    name: str,
    *,
    waivers: Sequence[Waiver] = (),
    seed: str = DEFAULT_SEED,
    deep: bool = False,
    vectors: Path | None = None,
    oracle: Callable[..., bytes] | str = "",
) -> type[Contract]:
    """Make a class of tests for a plugin, or for one primitive of it.

    `oracle` computes the same by other means (`framework.contract.model.oracle`): a function, or
    `package.module:function`. Raises ConfigurationError if there is no such plugin, if it does not load, or if the
    oracle is none.
    """
    found = targets(name, vectors=str(vectors.resolve()) if vectors else "", oracle=name_of(oracle))
    body: dict[str, Any] = {
        "__doc__": f"The contract of {name}.",
        "contract_targets": found,
        "contract_waivers": tuple(waivers),
        "contract_seed": seed,
        "contract_effort": Effort.DEEP if deep else Effort.NORMAL,
        "contract_supervisors": {},
        "contract_outcomes": {},
    }
    for target in found:
        for check in checks_for(target.kind):
            body[_test_name(target, found, check.id)] = _test(target, check)
        body[_test_name(target, found, "zz_enough")] = _enough(target)
    return type(f"TestContractOf{name.capitalize()}", (Contract,), body)


def _test_name(target: Target, found: Sequence[Target], what: str) -> str:
    which = f"{target.name}_" if len(found) > 1 else ""
    return f"test_{which}{what.replace('-', '_')}"


def _test(target: Target, check: Check) -> Callable[[Contract], None]:
    def test(self: Contract) -> None:
        self.contract_run(target, check)

    test.__doc__ = check.title
    return test


def _enough(target: Target) -> Callable[[Contract], None]:
    def test(self: Contract) -> None:
        self.contract_enough(target)

    test.__doc__ = "enough checks ran to say anything"
    return test
