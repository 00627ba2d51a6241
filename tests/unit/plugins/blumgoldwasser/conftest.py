"""Keys and sources of randomness for the tests of BG-KEM/1."""

from collections.abc import Callable
from hashlib import shake_256

import pytest

from framework import KeyPair
from plugins.blumgoldwasser.kem import BlumGoldwasserKem
from plugins.blumgoldwasser.parameters import BG_2048, BG_3072, Parameters


class TinyParameters(Parameters):
    """What nobody may register: a modulus short enough for a test to be quick."""

    def __post_init__(self) -> None:
        """Leave the floor of 2048 bits out."""


class Seeded:
    """A source of randomness that a seed fixes and that notes the sizes asked of it."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self.sizes: list[int] = []

    def __call__(self, size: int) -> bytes:
        self.sizes.append(size)
        return shake_256(self._seed + len(self.sizes).to_bytes(4, "big")).digest(size)


@pytest.fixture
def seeded() -> Callable[[bytes], Seeded]:
    return Seeded


@pytest.fixture(scope="session")
def tiny() -> BlumGoldwasserKem:
    """BG-KEM/1 with a modulus of 256 bits."""
    return BlumGoldwasserKem(TinyParameters("tiny", modulus_bits=256, security_bits=0))


@pytest.fixture(scope="session")
def tiny_pair(tiny: BlumGoldwasserKem) -> KeyPair:
    return tiny.generate_key_pair()


@pytest.fixture(scope="session", params=[BG_3072, BG_2048], ids=lambda parameters: parameters.name)
def kem(request: pytest.FixtureRequest) -> BlumGoldwasserKem:
    """Each registered parameter set."""
    return BlumGoldwasserKem(request.param)


@pytest.fixture(scope="session")
def pair(kem: BlumGoldwasserKem) -> KeyPair:
    """One key pair of `kem`."""
    return kem.generate_key_pair()


@pytest.fixture(scope="session")
def other_pair(kem: BlumGoldwasserKem) -> KeyPair:
    """Another."""
    return kem.generate_key_pair()
