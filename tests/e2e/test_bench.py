"""The benchmarks run: what they print, draw and leave behind. How fast anything is, no test asks."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.dom import minidom

import pytest

SIZES = [2**exponent for exponent in range(6, 23, 2)]
CIPHER = ["bench", "cipher", "--runs", "1", "--seconds", "0.001"]
CHANNEL = ["bench", "channel", "--suite", "des3-bg2048-hmac", "--runs", "1", "--seconds", "0.02", "--megabytes"]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "app", *arguments]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=110, env={**os.environ, **environment}
    )


def figures(text: str) -> dict[str, list[dict[str, object]]]:
    by_name: dict[str, list[dict[str, object]]] = {}
    for line in text.splitlines():
        entry = json.loads(line)
        assert set(entry) in ({"name", "value", "unit"}, {"name", "value", "unit", "peer", "ratio"}), entry
        assert entry["value"] > 0
        assert entry.get("ratio", 1) > 0
        by_name.setdefault(entry["name"], []).append(entry)
    return by_name


def test_cipher_measures_each_engine_beside_openssl_and_draws(tmp_path: Path) -> None:
    pytest.importorskip("llvmlite")
    plot = tmp_path / "speed.svg"
    done = run(*CIPHER, "--json", "--plot", str(plot))
    assert done.returncode == 0, done.stderr
    assert "vector unit" in done.stderr
    measured = figures(done.stdout)
    for engine in ("des3/bitarray", "des3/numba"):
        for size in SIZES:
            (entry,) = measured[f"{engine}, {size} B"]
            assert (entry["unit"], entry["peer"]) == ("MB/s", "OpenSSL des-ede3-cbc")
        for cost in ("steady 256-byte record", "first record under a new key"):
            (entry,) = measured[f"{engine}, {cost}"]
            assert entry["unit"] == "µs"
    with minidom.parse(str(plot)) as document:  # noqa: S318 - drawn by ourselves
        drawn = [text.toxml() for text in document.getElementsByTagName("text")]
    for name in ("des3/numba", "des3/bitarray", "OpenSSL des-ede3-cbc"):
        assert any(f">{name}<" in text for text in drawn)


@pytest.mark.parametrize("place", ["", "missing/speed.svg"], ids=["a directory", "in no directory"])
def test_a_plot_that_cannot_be_written_is_refused_before_anything_is_measured(tmp_path: Path, place: str) -> None:
    done = run("bench", "cipher", "--plot", str(tmp_path / place))
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert str(tmp_path) in done.stderr.replace("\n", "")


def test_channel_measures_bulk_and_round_trips_beside_plain_tcp_and_tls() -> None:
    done = run(*CHANNEL, "1", "--json")
    assert done.returncode == 0, done.stderr
    measured = figures(done.stdout)
    peers = {entry.get("peer") for entry in measured["des3-bg2048-hmac, bulk"]}
    assert {"asyncio TCP", "asyncio TLS 1.3"} <= peers
    for count in ("1 connection", "50 connections"):
        (entry,) = measured[f"des3-bg2048-hmac, 64-byte round trips, {count}"]
        assert (entry["unit"], entry["peer"]) == ("1/s", "asyncio TCP")


def test_channel_says_why_a_peer_is_left_out(tmp_path: Path) -> None:
    done = run(*CHANNEL, "1", "--json", PATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "Without OpenSSH 3des-cbc: it is not installed; " in done.stderr
    assert "des3-bg2048-hmac, bulk" in figures(done.stdout)
    assert not any("OpenSSH" in name for name in figures(done.stdout))


def test_channel_can_be_interrupted_and_leaves_nothing_running() -> None:
    with subprocess.Popen(
        command(*CHANNEL, "4096"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        deadline = time.monotonic() + 60
        while members(process.pid) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert "Traceback" not in said
        assert process.returncode in (130, -signal.SIGINT)
        while members(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert members(process.pid) == 0


def members(session: int) -> int:
    """How many processes of this session live."""
    listed = subprocess.run(["ps", "-eo", "sess=,stat="], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listed.splitlines())
    return sum(1 for number, state, *_ in rows if int(number) == session and not state.startswith("Z"))


def test_ledger_measures_deposits_alone_and_through_channels_beside_one_sync_each(tmp_path: Path) -> None:
    options = ["--suite", "des3-bg2048-hmac", "--runs", "1", "--seconds", "0.05", "--directory", str(tmp_path)]
    done = run("bench", "ledger", *options, "--json")
    assert done.returncode == 0, done.stderr
    measured = figures(done.stdout)
    for place in ("ledger alone", "channels of des3-bg2048-hmac"):
        for count in ("1 ATM", "50 ATMs"):
            (entry,) = measured[f"{place}, {count}"]
            assert (entry["unit"], entry["peer"]) == ("1/s", "one sync each")
    assert list(tmp_path.iterdir()) == []
