"""A whole run: the checks of one primitive, one after another in a worker, and the report."""

from collections.abc import Callable, Sequence

from framework.contract.engine.collection import check_of, checks_for
from framework.contract.engine.supervisor import Assignment, Supervisor
from framework.contract.engine.waiver import Waiver, apply_waivers
from framework.contract.model.check import Check
from framework.contract.model.outcome import Outcome, Verdict
from framework.contract.model.report import Report
from framework.contract.model.target import Target
from framework.contract.model.trial import Effort
from framework.errors import ConfigurationError

DEFAULT_SEED = "1"
"""The same inputs in every run, unless another seed is asked for: a build does not fail by chance."""

Told = Callable[[Check, Outcome | None], None]


def run_target(
    target: Target,
    *,
    seed: str = DEFAULT_SEED,
    effort: Effort = Effort.NORMAL,
    only: Sequence[str] = (),
    waivers: Sequence[Waiver] = (),
    tell: Told = lambda *_: None,
) -> Report:
    """Run all checks of the target's kind, or only some. Those that always run are told beside them when they fail.

    `tell` hears of each before and after.
    """
    chosen = [
        check for check in checks_for(target.kind) if not only or check.id in {check_of(each).id for each in only}
    ]
    if not chosen:
        raise ConfigurationError(f"none of {', '.join(only)} is a check of a {target.kind}")
    outcomes = []
    with Supervisor(Assignment(target, seed, effort)) as supervisor:
        for check in chosen:
            tell(check, None)
            outcomes.append(supervisor.run(check))
            tell(check, outcomes[-1])
        for check in checks_for(target.kind):
            if check.always and check not in chosen:
                outcome = supervisor.run(check)
                outcomes += [outcome] if outcome.verdict is Verdict.FAILED else []
    judged = apply_waivers(outcomes, [waiver for waiver in waivers if waiver.check in {check.id for check in chosen}])
    return Report(target, seed, effort.name.lower(), tuple(judged), complete=not only)
