"""From a wheel, in an empty virtual environment and an empty folder: nothing may lean on the source tree."""

import importlib.util
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.programs import PATIENCE, QUICK_SUITE, ROOT, Ended, Programs, ended
from tests.support.stranger import write_project


@dataclass(frozen=True)
class Installed:
    """A virtual environment that has the wheel, and this environment's other packages behind it."""

    bin: Path
    site: Path

    def run(self, programs: Programs, program: str, *arguments: object, given: str = "") -> Ended:
        environment = {name: value for name, value in programs.environment.items() if name != "PYTHONPATH"}
        process = subprocess.Popen(
            [self.bin / program, *map(str, arguments)],
            cwd=programs.folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        return ended(process, given)


@pytest.fixture
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    wheel = build_wheel(folder)
    venv.create(folder / "venv", symlinks=True)
    (python,) = (folder / "venv" / "bin").glob("python3")
    call(sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "-q", str(wheel))
    site = Path(call(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    # The dependencies; the project itself is found first where it was installed. Files *.pth there are not followed.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n" + sysconfig.get_path("platlib") + "\n")
    return Installed(folder / "venv" / "bin", site)


def build_wheel(folder: Path) -> Path:
    """With the build backend if it is installed, else with one that pip fetches."""
    if importlib.util.find_spec("hatchling"):
        call(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    else:
        call(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT))
    (wheel,) = folder.glob("suitecase-*.whl")
    return wheel


def call(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=2 * PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_main_job_from_a_wheel(programs: Programs, installed: Installed) -> None:
    """One test, for the installation takes its seconds."""
    done = installed.run(programs, "suitecase", "--suite", QUICK_SUITE, "--json", given="DEPOS 50\nWITHD 51\n")
    assert done.code == 1
    assert done.out.splitlines() == [
        '{"type":"DEPOS","ok":true,"balance":"50.00"}',
        '{"type":"WITHD","ok":false,"error":"insufficient-funds"}',
    ]
    optimized = installed.run(programs, "python3", "-O", "-m", "app", "--suite", QUICK_SUITE, given="CHECK\n")
    assert (optimized.code, optimized.out) == (0, "CHECK ok, balance 50.00\n")

    assert installed.run(programs, "suitecase", "--version").out.startswith("suitecase 0.")
    listed = installed.run(programs, "suitecase", "plugins")
    ours = [line.split()[0] for line in listed.out.splitlines() if " suitecase " in line]
    assert ours == ["blumgoldwasser", "des3", "hmac_sha256"]

    where = "import app, framework, plugins.des3; print(app.__file__, framework.__file__, plugins.des3.__file__)"
    files = installed.run(programs, "python3", "-c", where).out.split()
    assert all(Path(file).is_relative_to(installed.site) for file in files)
    assert (installed.site / "framework" / "py.typed").exists()
    assert not (installed.site / "tests").exists()
    assert (installed.site / "suitecase_pytest.py").exists()

    write_project(programs.folder)
    passed = installed.run(programs, "python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_own.py")
    assert (passed.code, "3 passed" in passed.out) == (0, True), passed.out + passed.err
