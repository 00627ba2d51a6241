"""BG-KEM/1 with moduli short enough for many cases."""

import pytest

from framework import KeyPair
from plugins.blumgoldwasser.kem import BlumGoldwasserKem
from plugins.blumgoldwasser.parameters import Parameters


class SmallParameters(Parameters):
    """What nobody may register: a modulus short enough for a test to be quick."""

    def __post_init__(self) -> None:
        """Leave the floor of 2048 bits out."""


@pytest.fixture(scope="session")
def tiny() -> BlumGoldwasserKem:
    """A modulus of 256 bits."""
    return BlumGoldwasserKem(SmallParameters("tiny", modulus_bits=256, security_bits=0))


@pytest.fixture(scope="session")
def pair(tiny: BlumGoldwasserKem) -> KeyPair:
    return tiny.generate_key_pair()


@pytest.fixture(scope="session")
def other_pair(tiny: BlumGoldwasserKem) -> KeyPair:
    return tiny.generate_key_pair()


@pytest.fixture(scope="session")
def toy() -> BlumGoldwasserKem:
    """A modulus of 16 bits, all of whose residues can be looked at."""
    return BlumGoldwasserKem(SmallParameters("toy", modulus_bits=16, security_bits=0))
