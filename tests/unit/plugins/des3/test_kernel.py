"""The kernel: it agrees with the default engine, or is not used; and bringing it in holds nobody up."""

import errno
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from framework.errors import ConfigurationError
from plugins.des3 import TripleDes, kernel_loader
from plugins.des3.bitarray_engine import BitarrayKeystream, circuit_folding
from plugins.des3.compiled_engine import CompiledKeystream
from plugins.des3.kernel_loader import KernelLoader, load_kernel
from plugins.des3.key_schedule import KeySchedule
from tests.unit.plugins.des3.conftest import needs_compiler

pytestmark = needs_compiler

KEY = bytes.fromhex("0123456789abcdef23456789abcdef01456789abcdef0123")
NOT_AVAILABLE = "the fast engine of Triple DES is not available: "

Oracle = Callable[[bytes, int, int], bytes]


@pytest.fixture
def afresh() -> Iterator[None]:
    """Within, the kernel is compiled anew, and what was compiled is forgotten afterwards."""
    from plugins.des3.kernel import _tried_kernel

    _tried_kernel.cache_clear()
    yield
    _tried_kernel.cache_clear()


@pytest.mark.parametrize("first", [0, 1, 255, 256, 12345, 2**64 - 1, 2**64 - 300])
@pytest.mark.parametrize("count", [64, 256, 4096])
def test_the_engines_agree(first: int, count: int) -> None:
    schedule = KeySchedule.of(KEY, circuit_folding())
    expected = BitarrayKeystream(schedule).blocks(first, count)
    assert CompiledKeystream(load_kernel(), schedule).blocks(first, count) == expected


def test_a_keystream_gives_the_same_after_a_larger_and_a_smaller_batch(counter_oracle: Oracle) -> None:
    keystream = CompiledKeystream(load_kernel(), KeySchedule.of(KEY, circuit_folding()))
    for first, blocks in ((0, 256), (7, 4096), (5000, 64), (2**40 + 255, 512)):
        assert keystream.blocks(first, blocks) == counter_oracle(KEY, first, 8 * blocks)


@pytest.mark.usefixtures("afresh")
def test_code_that_does_not_agree_with_the_default_engine_is_not_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from plugins.des3.kernel_source import kernel_source

    sound = kernel_source()
    monkeypatch.setattr(
        "plugins.des3.kernel.kernel_source", lambda: sound.replace(" = or <4 x i64>", " = and <4 x i64>", 1)
    )
    with pytest.raises(ConfigurationError, match=f"{NOT_AVAILABLE}the compiled code does not agree"):
        TripleDes("numba").encryptor(KEY, bytes(8))
    loader = KernelLoader()
    loader.start()
    loader.wait()
    assert loader.kernel is None
    assert [record.getMessage() for record in caplog.records] == [
        f"{NOT_AVAILABLE}the compiled code does not agree with the default engine"
    ]


def test_a_loader_brings_the_kernel_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    loads = count()

    def load() -> object:
        next(loads)
        return load_kernel()

    monkeypatch.setattr(kernel_loader, "load_kernel", load)
    loader = KernelLoader()
    together = threading.Barrier(8)

    def start() -> None:
        together.wait()
        loader.start()

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    loader.wait()
    assert loader.kernel is load_kernel()
    assert (next(loads), caplog.text) == (1, "")


def test_a_loader_does_nothing_for_a_program_that_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Thread(target=int)
    ended.start()
    ended.join()
    monkeypatch.setattr(kernel_loader, "main_thread", lambda: ended)
    loader = KernelLoader()
    loader.start()
    loader.wait()
    assert loader.kernel is None


@pytest.mark.parametrize(
    "error", [OSError("libllvmlite.so: cannot map"), RuntimeError("no such target"), ImportError()]
)
def test_a_kernel_that_does_not_come_is_told_once_and_the_default_engine_serves(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, counter_oracle: Oracle, error: Exception
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("plugins.des3.kernel.fast_kernel", fail)
    cipher = TripleDes()
    for _ in range(3):
        assert cipher.encryptor(KEY, bytes(8)).encrypt(bytes(100)) == counter_oracle(KEY, 0, 100)
        for thread in threading.enumerate():
            if thread.name == "des3-kernel":
                thread.join()
    assert [record.getMessage() for record in caplog.records] == [f"{NOT_AVAILABLE}{error}"]


def test_a_system_without_a_thread_to_give_leaves_the_default_engine(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, counter_oracle: Oracle
) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    caplog.set_level(logging.INFO)
    cipher = TripleDes()
    for _ in range(3):
        assert cipher.encryptor(KEY, bytes(8)).encrypt(bytes(100)) == counter_oracle(KEY, 0, 100)
    assert [record.getMessage() for record in caplog.records] == [f"{NOT_AVAILABLE}can't start new thread"]


@pytest.mark.parametrize("seconds", [0, 0.1, 1.0, 1.03, 1.1, 1.2, 1.3])
def test_a_program_may_end_while_the_kernel_is_brought(seconds: float) -> None:
    program = (
        "import time; from plugins.des3 import TripleDes; "
        f"TripleDes().encryptor(bytes(range(24)), bytes(8)); time.sleep({seconds})"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_program_that_does_one_errand_does_not_load_the_compiler() -> None:
    program = (
        "import atexit, sys; from plugins.des3 import TripleDes; TripleDes().encryptor(bytes(range(24)), bytes(8)); "
        "atexit.register(lambda: print('llvmlite' in sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "False\n")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_child_forked_meanwhile_has_the_default_engine() -> None:
    program = """
import os, warnings
warnings.simplefilter("ignore")
from plugins.des3 import TripleDes
cipher = TripleDes()
wanted = cipher.encryptor(bytes(range(24)), bytes(8)).encrypt(bytes(1000))
child = os.fork()
same = cipher.encryptor(bytes(range(24)), bytes(8)).encrypt(bytes(1000)) == wanted
if not child:
    os._exit(0 if same else 1)
_, status = os.waitpid(child, 0)
raise SystemExit(status or not same)
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0


def test_the_kernel_takes_nothing_from_the_current_directory_and_leaves_nothing_behind(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    program = "from plugins.des3 import TripleDes; TripleDes('numba').encryptor(bytes(range(24)), bytes(8))"
    environment = {"HOME": str(home), "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TMPDIR": str(home)}
    for name in ("threading", "llvmlite", "plugins"):
        (tmp_path / f"{name}.py").write_text("open('taken', 'w')")
    subprocess.run([sys.executable, "-P", "-c", program], check=True, timeout=60, cwd=tmp_path, env=environment)
    assert not (tmp_path / "taken").exists()
    assert list(home.iterdir()) == []


def test_the_contract_kit_finds_no_fault_with_what_the_loader_does() -> None:
    """It watches the loader's thread as well: no file is written and no process started."""
    command = [sys.executable, "-m", "framework.contract", "check-plugin", "des3", "--only", "GEN-45"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "1 passed" in ended.stdout, ended.stdout + ended.stderr


@pytest.mark.usefixtures("afresh")
def test_many_who_come_first_together_have_one_kernel() -> None:
    together, kernels = threading.Barrier(4), []

    def load() -> None:
        together.wait()
        kernels.append(load_kernel())

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kernels) == 4
    assert all(kernel is kernels[0] for kernel in kernels)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_child_forked_before_the_kernel_came_brings_its_own() -> None:
    program = """
import os, time, warnings
warnings.simplefilter("ignore")
from plugins.des3 import TripleDes
cipher = TripleDes()
cipher.encryptor(bytes(range(24)), bytes(8))
child = os.fork()
if not child:
    cipher.encryptor(bytes(range(24)), bytes(8))
    cipher._engine.loader.wait()
    os._exit(0 if cipher._engine.loader.kernel else 1)
_, status = os.waitpid(child, 0)
raise SystemExit(status)
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0


@pytest.mark.usefixtures("afresh")
def test_nothing_is_compiled_where_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """LLVM ends the process when it gets no memory, and no `except` can catch that."""

    def none_left(*_: object) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr("plugins.des3.kernel.mmap", none_left)
    with pytest.raises(ConfigurationError, match=f"{NOT_AVAILABLE}.*Cannot allocate memory"):
        load_kernel()
