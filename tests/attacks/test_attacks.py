"""Every case of every attack, each on a stage of its own."""

from pathlib import Path

import pytest

from tests.attacks.attack import Case, NoSuchAddressError
from tests.attacks.catalogue import ATTACKS
from tests.attacks.stage import Props, Stage


@pytest.fixture(scope="session")
def props() -> Props:
    return Props()


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=f"{attack.number:02}-{case.name}") for attack in ATTACKS for case in attack.cases],
)
async def test_attack(case: Case, props: Props, tmp_path: Path) -> None:
    try:
        verdict = await case.run(Stage(props, tmp_path))
    except NoSuchAddressError as missing:
        pytest.skip(str(missing))
    assert verdict.as_expected, str(verdict)
