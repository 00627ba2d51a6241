"""The contract kit's commands, as `python -m app` mounts them."""

import subprocess
import sys
from pathlib import Path


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "app", *arguments], cwd=folder, capture_output=True, text=True)


def test_a_plugin_is_checked(tmp_path: Path) -> None:
    done = run(tmp_path, "check-plugin", "hmac", "--only", "MAC-04")
    assert done.returncode == 0, done.stderr
    assert "MAC hmac of plugin hmac_sha256" in done.stdout
    assert "1 of 1 checks ran: 1 passed" in done.stdout


def test_an_unknown_plugin_is_one_sentence(tmp_path: Path) -> None:
    done = run(tmp_path, "check-plugin", "nosuch")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "no plugin or primitive named 'nosuch'" in done.stderr
    assert "if you have just written it, install it first: `pip install -e suitecase-nosuch`" in done.stderr
    assert "install" not in run(tmp_path, "check-plugin", "no such").stderr


def test_a_check_is_explained(tmp_path: Path) -> None:
    done = run(tmp_path, "explain", "MAC-04")
    assert done.returncode == 0
    assert done.stdout.startswith("MAC-04  a tag cut short is refused")


def test_a_plugin_is_begun(tmp_path: Path) -> None:
    assert run(tmp_path, "new-plugin", "toy", "--kind", "mac").returncode == 0
    assert (tmp_path / "suitecase-toy" / "pyproject.toml").is_file()
