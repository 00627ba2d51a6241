"""Which engine serves, and that changing it in mid-epoch cannot be seen in the stream."""

import importlib.util
import os
import re
import secrets
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from framework.errors import ConfigurationError
from plugins.des3 import TripleDes, engine_choice, kernel_loader, numba_engine
from plugins.des3.bitarray_engine import BitarrayKeystream
from plugins.des3.engine_choice import BULK_BYTES, AdaptiveEngine, AdaptiveKeystream, choose_engine
from plugins.des3.kernel_cache import (
    discard_damaged,
    holds_kernel,
    kernel_cache_directory,
    prepare_private_directory,
    seal_kernel,
)
from plugins.des3.kernel_loader import KernelLoader
from plugins.des3.numba_engine import NumbaKeystream, load_kernel

KEY = bytes.fromhex("0123456789abcdef23456789abcdef01456789abcdef0123")
VARIABLE = "SUITECASE_DES3_ENGINE"

needs_numba = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="the fast engine needs numba")

Oracle = Callable[[bytes, int, int], bytes]


@pytest.fixture
def without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_choice, "find_spec", lambda _name: None)


class Unready(KernelLoader):
    """A loader that is asked, and whose kernel comes when the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.starts = 0

    def start(self) -> None:
        self.starts += 1


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


@pytest.mark.usefixtures("without_numba")
def test_without_numba_asking_for_it_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="'numba' was asked for, but numba is not installed: pip"):
        TripleDes("numba")
    monkeypatch.setenv(VARIABLE, "numba")
    with pytest.raises(ConfigurationError, match=f"{VARIABLE} is 'numba', but numba is not installed: pip install"):
        TripleDes()


@pytest.mark.usefixtures("without_numba")
def test_without_numba_the_default_is_bitarray() -> None:
    assert choose_engine() is BitarrayKeystream


@needs_numba
def test_with_numba_the_default_adapts() -> None:
    assert isinstance(choose_engine(), AdaptiveEngine)


@needs_numba
def test_numba_by_environment(monkeypatch: pytest.MonkeyPatch, counter_oracle: Oracle) -> None:
    monkeypatch.setenv(VARIABLE, "numba")
    encryptor = TripleDes().encryptor(KEY, bytes(8))
    assert encryptor.encrypt(bytes(100)) == counter_oracle(KEY, 0, 100)
    assert isinstance(encryptor._keystream, NumbaKeystream)


def test_importing_and_little_traffic_bring_in_nothing_heavy() -> None:
    program = (
        "import sys; from plugins.des3 import TripleDes; "
        "TripleDes().encryptor(bytes(range(24)), bytes(8)).encrypt(bytes(1000)); "
        "sys.exit(bool({'numba', 'numpy', 'llvmlite'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def adaptive(cipher: TripleDes) -> tuple[TripleDes, Unready]:
    loader = Unready()
    cipher._engine = AdaptiveEngine(loader)
    return cipher, loader


def test_only_bulk_traffic_asks_for_the_fast_engine() -> None:
    cipher, loader = adaptive(TripleDes("bitarray"))
    for _ in range(20):
        cipher.encryptor(KEY, bytes(8)).encrypt(bytes(4096))
    assert loader.starts == 0
    encryptor = cipher.encryptor(KEY, bytes(8))
    encryptor.encrypt(bytes(BULK_BYTES))
    assert loader.starts > 0


@needs_numba
@pytest.mark.parametrize("before", [1, 4096, 16384, 70_000, 600_001])
def test_the_switch_in_mid_epoch_cannot_be_seen(before: int, counter_oracle: Oracle) -> None:
    cipher, loader = adaptive(TripleDes("bitarray"))
    iv = secrets.token_bytes(8)
    encryptor = cipher.encryptor(KEY, iv)
    keystream = encryptor._keystream
    assert isinstance(keystream, AdaptiveKeystream)
    stream = encryptor.encrypt(bytes(before))
    engines = [(keystream._plain, keystream._fast)]
    loader.kernel = load_kernel()
    stream += encryptor.encrypt(bytes(300_000))
    engines.append((keystream._plain, keystream._fast))
    assert [[engine is not None for engine in pair] for pair in engines] == [[True, False], [False, True]]
    assert stream == counter_oracle(KEY, int.from_bytes(iv, "big"), before + 300_000)


@needs_numba
@pytest.mark.parametrize("first", [0, 1, 255, 256, 12345, 2**64 - 1, 2**64 - 300])
@pytest.mark.parametrize("count", [64, 256, 4096])
def test_the_engines_agree(first: int, count: int) -> None:
    plain, fast = (TripleDes(engine).encryptor(KEY, bytes(8))._keystream for engine in ("bitarray", "numba"))
    assert plain.blocks(first, count) == fast.blocks(first, count)


@needs_numba
def test_the_loader_compiles_in_another_process_and_caches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, counter_oracle: Oracle
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    loader = KernelLoader()
    loader.wait()
    loader.start()
    loader.start()
    loader.wait(90)
    assert loader.kernel is not None
    directory = kernel_cache_directory()
    assert directory.is_relative_to(tmp_path)
    assert holds_kernel(directory)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    cipher, _ = adaptive(TripleDes("bitarray"))
    cipher._engine = AdaptiveEngine(loader)
    assert cipher.encryptor(KEY, bytes(8)).encrypt(bytes(100)) == counter_oracle(KEY, 0, 100)


@needs_numba
def test_the_compiler_ends_with_the_process_that_wants_the_kernel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pid_file = tmp_path / "pid"
    program = f"""
import time
from pathlib import Path
from plugins.des3 import kernel_loader

pid_file = Path({str(pid_file)!r})
note = f"import os; open({{str(pid_file)!r}}, 'w').write(str(os.getpid()))"
kernel_loader._COMPILE = note + kernel_loader._COMPILE
kernel_loader.KernelLoader().start()
while not (pid_file.exists() and pid_file.read_text()):
    time.sleep(0.01)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    pid = pid_file.read_text()
    deadline = time.monotonic() + 60
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not runs(pid)
    assert not holds_kernel(kernel_cache_directory()), "it was not given up, it finished"


def runs(pid: str) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True).stdout.strip()
    return state != "" and not state.startswith("Z")


@needs_numba
def test_the_compiler_takes_nothing_from_the_current_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It would run as the bank what others could put there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    for name in ("threading", "numba", "plugins"):
        (tmp_path / f"{name}.py").write_text("open('taken', 'w')")
    loader = KernelLoader()
    loader.start()
    loader.wait(90)
    assert loader.kernel is not None
    assert not (tmp_path / "taken").exists()


@needs_numba
@pytest.mark.parametrize("program", ["raise SystemExit(3)", "pass"])
def test_a_loader_that_fails_leaves_the_default_engine(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    counter_oracle: Oracle,
    program: str,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(kernel_loader, "_COMPILE", program)
    loader = KernelLoader()
    loader.start()
    loader.wait(60)
    assert loader.kernel is None
    assert "the fast engine of Triple DES is not available" in caplog.text
    cipher, _ = adaptive(TripleDes("bitarray"))
    cipher._engine = AdaptiveEngine(loader)
    size = BULK_BYTES + 100_000
    assert cipher.encryptor(KEY, bytes(8)).encrypt(bytes(size)) == counter_oracle(KEY, 0, size)


@pytest.mark.parametrize("mode", [0o720, 0o702])
def test_a_cache_directory_that_others_may_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(mode)
    with pytest.raises(ConfigurationError, match="is not private to this user"):
        prepare_private_directory(shared)


@needs_numba
def test_compilers_take_turns_and_the_first_one_s_kernel_serves_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from plugins.des3 import numba_kernel

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    turns: list[str] = []

    def compile_kernel(directory: Path) -> None:
        turns.append("begin")
        if not list(directory.glob("*.nbc")):
            (directory / "kernel.nbc").write_bytes(b"half")
            time.sleep(0.05)
            (directory / "kernel.nbc").write_bytes(b"whole")
        turns.append("end")

    monkeypatch.setattr(numba_kernel, "compile_kernel", compile_kernel)
    threads = [threading.Thread(target=numba_engine.load_kernel) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert turns == ["begin", "end"] * 3
    assert caplog.text == ""


def half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def emptied(kernel: Path) -> None:
    for file in kernel.rglob("*.nb?"):
        file.write_bytes(b"")


DAMAGE: dict[str, Callable[[Path], None]] = {
    "machine code cut in half": lambda kernel: half(next(kernel.rglob("*.nbc"))),
    "index cut in half": lambda kernel: half(next(kernel.rglob("*.nbi"))),
    "empty files": emptied,
    "seal cut in half": lambda kernel: half(kernel / "kernel.json"),
    "no seal": lambda kernel: (kernel / "kernel.json").unlink(),
    "no index": lambda kernel: next(kernel.rglob("*.nbi")).unlink(),
    "no machine code": lambda kernel: next(kernel.rglob("*.nbc")).unlink(),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_kernel_is_known_and_discarded(
    damage: Callable[[Path], None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "below").mkdir()
    for name in ("kernel.nbi", "kernel.1.nbc"):
        (tmp_path / "below" / name).write_bytes(name.encode() * 100)
    seal_kernel(tmp_path)
    discard_damaged(tmp_path)
    assert (holds_kernel(tmp_path), caplog.text) == (True, "")
    damage(tmp_path)
    assert not holds_kernel(tmp_path)
    discard_damaged(tmp_path)
    assert "is damaged or incomplete; it is made anew" in caplog.text
    assert [path.name for path in tmp_path.rglob("*")] == ["below"]
    caplog.clear()
    discard_damaged(tmp_path)
    assert caplog.text == ""


@needs_numba
def test_a_damaged_kernel_is_made_anew_and_the_person_is_told_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture, counter_oracle: Oracle
) -> None:
    load_kernel()
    whole = kernel_cache_directory()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    damaged = kernel_cache_directory()
    shutil.copytree(whole, damaged)
    half(next(damaged.rglob("*.nbc")))
    loader = KernelLoader()
    loader.start()
    loader.wait(90)
    assert loader.kernel is not None, caplog.text
    assert holds_kernel(damaged)
    (record,) = caplog.records
    assert record.getMessage() == f"the compiled kernel in {damaged} is damaged or incomplete; it is made anew"
    cipher, _ = adaptive(TripleDes("bitarray"))
    cipher._engine = AdaptiveEngine(loader)
    assert cipher.encryptor(KEY, bytes(8)).encrypt(bytes(100)) == counter_oracle(KEY, 0, 100)


@needs_numba
def test_a_user_without_a_home_has_the_default_engine(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for answer in (RuntimeError("Could not determine home directory."), Path("~/.cache/suitecase")):
        caplog.clear()

        def user_cache_path(_: str, answer: Path | Exception = answer) -> Path:
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr("platformdirs.user_cache_path", user_cache_path)
        loader = KernelLoader()
        loader.start()
        loader.wait(60)
        assert loader.kernel is None
        assert "there is no home directory for the compiled kernel; set HOME or XDG_CACHE_HOME" in caplog.text


def test_a_cache_directory_that_cannot_be_written_to_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr("os.access", lambda path, mode: not mode & os.W_OK or path != tmp_path)
    with pytest.raises(ConfigurationError, match="cannot be written to"):
        prepare_private_directory(tmp_path)


def test_a_cache_directory_behind_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(ConfigurationError, match="is not private to this user"):
        prepare_private_directory(tmp_path / "link")


def test_a_cache_directory_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be made"):
        prepare_private_directory(tmp_path / "file" / "cache")


@needs_numba
def test_numba_keeps_its_own_cache_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    from numba import config

    monkeypatch.setattr(config, "CACHE_DIR", "untouched")
    numba_engine.load_kernel()
    assert config.CACHE_DIR == "untouched"


@needs_numba
def test_another_circuit_is_another_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    before = kernel_cache_directory()
    monkeypatch.setattr("plugins.des3.kernel_cache._SOURCES", ("circuits.txt",))
    assert kernel_cache_directory() != before
