"""The kit held against plugins that are broken on purpose, and against good ones."""

from collections.abc import Callable

import pytest

from framework.contract.catalogue import catalogue, checks_for
from framework.contract.outcome import Outcome, Verdict
from tests.zoo.species import Exhibit, exhibits

RunCheck = Callable[..., Outcome]

BROKEN = list(exhibits())
GOOD = list(exhibits(good=True))


@pytest.mark.parametrize("exhibit", BROKEN, ids=lambda exhibit: exhibit.name)
def test_a_broken_plugin_is_found_by_the_checks_it_names(exhibit: Exhibit, run: RunCheck) -> None:
    assert exhibit.flaw
    for check_id in exhibit.specimen.found_by:
        outcome = run(exhibit.target(), check_id, 2.0 if exhibit.specimen.hangs else 30.0)
        assert outcome.verdict is Verdict.FAILED, (check_id, outcome)
        assert outcome.finding is not None
        assert outcome.finding.what


@pytest.mark.parametrize("exhibit", GOOD, ids=lambda exhibit: exhibit.name)
def test_a_good_plugin_passes_whole(exhibit: Exhibit, run: RunCheck) -> None:
    """The checks that start processes take seconds: they run for the first good plugin of each kind."""
    target = exhibit.target()
    first = next(other for other in GOOD if other.specimen.kind is exhibit.specimen.kind)
    checks = [check for check in checks_for(target.kind) if exhibit == first or not check.processes]
    outcomes = [run(target, check.id) for check in checks]
    assert [outcome for outcome in outcomes if outcome.verdict in (Verdict.FAILED, Verdict.ERROR)] == []


def test_every_check_finds_somebody() -> None:
    """Each check is named by a specimen, and the test above shows that it finds it."""
    named = {check_id for exhibit in BROKEN for check_id in exhibit.specimen.found_by}
    assert set(catalogue()) - named == set()
    assert named <= set(catalogue())


def test_the_zoo_is_large_and_has_two_good_plugins_of_every_kind() -> None:
    kinds = [exhibit.specimen.kind for exhibit in GOOD]
    assert all(kinds.count(kind) >= 2 for kind in set(kinds))
