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

ENGINES = ["bitarray", "numba"] if importlib.util.find_spec("numba") else ["bitarray"]

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
def kernel_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the compiled kernel of the fast engine out of the user's own cache, and shares it in a run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "des3-kernel"))
        patch.delenv("SUITECASE_DES3_ENGINE", raising=False)
        yield


@pytest.fixture(scope="session", params=ENGINES)
def cipher(request: pytest.FixtureRequest, kernel_cache: None) -> TripleDes:  # noqa: ARG001
    """Triple DES by each engine."""
    return TripleDes(engine=request.param)
