"""The oracles, and the engines as they are to be had here."""

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB

from plugins.des3 import TripleDes

HAS_COMPILER = importlib.util.find_spec("llvmlite") is not None
ENGINES = ["bitarray", "numba"] if HAS_COMPILER else ["bitarray"]

needs_compiler = pytest.mark.skipif(not HAS_COMPILER, reason="the fast engine needs llvmlite")

Oracle = Callable[[bytes, int, int], bytes]


@pytest.fixture(scope="session")
def textbook() -> ModuleType:
    """The oracle for one block, `textbook_des.py`."""
    spec = importlib.util.spec_from_file_location("textbook_des", Path(__file__).parent / "textbook_des.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def counter_oracle() -> Oracle:
    """The keystream by another's Triple DES: ECB of the counter blocks, `size` bytes from the first counter."""

    def keystream(key: bytes, first: int, size: int) -> bytes:
        counters = ((first + index) % (1 << 64) for index in range(-(-size // 8)))
        blocks = b"".join(counter.to_bytes(8, "big") for counter in counters)
        return Cipher(TripleDES(key), ECB()).encryptor().update(blocks)[:size]  # noqa: S305  # the oracle

    return keystream


@pytest.fixture(scope="session", autouse=True)
def no_engine_in_the_environment() -> Iterator[None]:
    """What the environment asks for is not what these tests ask for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SUITECASE_DES3_ENGINE", raising=False)
        yield


@pytest.fixture(scope="session", params=ENGINES)
def cipher(request: pytest.FixtureRequest) -> TripleDes:
    """Triple DES by each engine."""
    return TripleDes(engine=request.param)
