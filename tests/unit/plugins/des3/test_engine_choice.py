"""Which engine a stream has: the one that was asked for, or the best one that there is when the stream begins."""

import re
import secrets
import subprocess
import sys
from collections.abc import Callable

import pytest

from framework.errors import ConfigurationError
from plugins.des3 import TripleDes, engine_choice
from plugins.des3.bitarray_engine import BitarrayKeystream
from plugins.des3.compiled_engine import CompiledKeystream
from plugins.des3.engine_choice import BestEngine, choose_engine
from plugins.des3.kernel_loader import KernelLoader, load_kernel
from tests.unit.plugins.des3.conftest import needs_compiler

KEY = bytes.fromhex("0123456789abcdef23456789abcdef01456789abcdef0123")
VARIABLE = "SUITECASE_DES3_ENGINE"

Oracle = Callable[[bytes, int, int], bytes]


@pytest.fixture
def without_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_choice, "find_spec", lambda _name: None)


class Unready(KernelLoader):
    """A loader that notes who asks, and whose kernel comes when the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.starts = 0

    def start(self) -> None:
        self.starts += 1


@pytest.fixture
def loader() -> Unready:
    return Unready()


@pytest.fixture
def cipher(loader: Unready) -> TripleDes:
    """Triple DES that chooses by itself, over that loader."""
    cipher = TripleDes("bitarray")
    cipher._engine = BestEngine(loader)
    return cipher


def test_bitarray_by_name() -> None:
    assert choose_engine("bitarray") is BitarrayKeystream


def test_bitarray_by_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "bitarray")
    assert choose_engine() is BitarrayKeystream


def test_a_name_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "nonsense")
    assert choose_engine("bitarray") is BitarrayKeystream


def test_an_empty_environment_variable_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    unset = type(choose_engine())
    monkeypatch.setenv(VARIABLE, "")
    assert type(choose_engine()) is unset


@pytest.mark.parametrize("value", [" ", "fast", "Numba", "bitarray "])
def test_another_engine_is_a_clear_error(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(VARIABLE, value)
    reason = "but Triple DES has only the engines 'bitarray' and 'numba'"
    with pytest.raises(ConfigurationError, match=re.escape(f"{VARIABLE} is '{value}', {reason}")):
        TripleDes()
    with pytest.raises(ConfigurationError, match=re.escape(f"the engine '{value}' was asked for, {reason}")):
        TripleDes(value)


@pytest.mark.usefixtures("without_compiler")
def test_without_a_compiler_asking_for_the_fast_engine_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="'numba' was asked for, but llvmlite is not installed: pip"):
        TripleDes("numba")
    monkeypatch.setenv(VARIABLE, "numba")
    with pytest.raises(ConfigurationError, match=f"{VARIABLE} is 'numba', but llvmlite is not installed: pip install"):
        TripleDes()


@pytest.mark.usefixtures("without_compiler")
def test_without_a_compiler_the_engine_is_bitarray() -> None:
    assert choose_engine() is BitarrayKeystream


@needs_compiler
def test_with_a_compiler_each_stream_has_the_best_engine() -> None:
    assert isinstance(choose_engine(), BestEngine)


@needs_compiler
def test_the_fast_engine_by_environment(monkeypatch: pytest.MonkeyPatch, counter_oracle: Oracle) -> None:
    monkeypatch.setenv(VARIABLE, "numba")
    encryptor = TripleDes().encryptor(KEY, bytes(8))
    assert isinstance(encryptor._keystream, CompiledKeystream)
    assert encryptor.encrypt(bytes(100)) == counter_oracle(KEY, 0, 100)


def test_importing_the_plugin_brings_in_nothing_heavy() -> None:
    program = (
        "import sys, threading; from plugins.des3 import TripleDes; TripleDes().check_key(bytes(range(24))); "
        "sys.exit(bool({'numpy', 'llvmlite'} & set(sys.modules)) or threading.active_count() > 1)"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


@pytest.mark.parametrize("direction", ["encryptor", "decryptor"])
def test_the_first_stream_asks_for_the_kernel_before_it_has_a_record(
    cipher: TripleDes, loader: Unready, direction: str
) -> None:
    cipher.check_key(KEY)
    assert loader.starts == 0
    getattr(cipher, direction)(KEY, bytes(8))
    assert loader.starts == 1


@needs_compiler
@pytest.mark.parametrize("before", [0, 1, 16384, 600_001])
def test_a_stream_keeps_the_engine_that_it_began_with(
    cipher: TripleDes, loader: Unready, before: int, counter_oracle: Oracle
) -> None:
    iv = secrets.token_bytes(8)
    early = cipher.encryptor(KEY, iv)
    stream = early.encrypt(bytes(before))
    loader.kernel = load_kernel()
    late = cipher.encryptor(KEY, iv)
    stream += early.encrypt(bytes(300_000))
    assert isinstance(early._keystream, BitarrayKeystream)
    assert isinstance(late._keystream, CompiledKeystream)
    assert stream == late.encrypt(bytes(before + 300_000))
    assert stream == counter_oracle(KEY, int.from_bytes(iv, "big"), before + 300_000)


@needs_compiler
def test_streams_that_begin_when_the_kernel_is_there_are_fast(counter_oracle: Oracle) -> None:
    cipher = TripleDes()
    first = cipher.encryptor(KEY, bytes(8))
    assert isinstance(cipher._engine, BestEngine)
    cipher._engine.loader.wait()
    later = [cipher.encryptor(KEY, bytes(8)), cipher.decryptor(KEY, bytes(8))]
    assert [type(stream._keystream) for stream in later] == [CompiledKeystream, CompiledKeystream]
    assert all(stream.apply(bytes(1000)) == counter_oracle(KEY, 0, 1000) for stream in (first, *later))
