"""What goes wrong with the tool itself is a sentence and never the code for a flaw."""

import errno
import os
import resource
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from framework.contract import cli
from framework.contract.cli import commands, ending
from framework.contract.cli.ending import write_report
from framework.contract.cli.template import write_plugin
from framework.contract.engine.child import environment
from framework.errors import ConfigurationError
from framework.kinds import MAC
from tests.e2e.processes import marked
from tests.e2e.programs import wait_until

ROOT = Path(__file__).resolve().parents[2]
CHECK = ("check-plugin", "hmac", "--only", "MAC-04")
Captured = pytest.CaptureFixture[str]
FULL = Path("/dev/full")


def run(
    folder: Path,
    *arguments: str,
    module: str = "framework.contract",
    before: Callable[[], object] | None = None,
    **to: object,
) -> "subprocess.CompletedProcess[str]":
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **to}
    ended = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=environment(PYTHONPATH=str(ROOT)),
        preexec_fn=before,
        text=True,
        timeout=100,
        **streams,  # type: ignore[call-overload]
    )
    assert "Traceback" not in (ended.stderr or ""), ended.stderr
    assert "Exception ignored" not in (ended.stderr or ""), ended.stderr
    return ended  # type: ignore[no-any-return]


@pytest.mark.parametrize("module", ["framework.contract", "app"])
def test_a_report_that_cannot_be_written_is_told_before_the_work(tmp_path: Path, module: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for output, said in (
        ("no/dir/x", "its folder is missing"),
        ("folder", "a folder"),
        ("file/x", "its folder is missing"),
    ):
        begin = time.monotonic()
        ended = run(tmp_path, "check-plugin", "hmac", "--output", output, module=module)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert said in ended.stderr
        assert len(ended.stderr.splitlines()) == 1
        assert time.monotonic() - begin < 20


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
@pytest.mark.parametrize("module", ["framework.contract", "app"])
def test_a_full_standard_output_is_no_flaw(tmp_path: Path, module: str) -> None:
    for arguments in (
        CHECK,
        ("explain", "MAC-04"),
        ("explain", "all"),
        ("new-plugin", "fresh", "--kind", "mac"),
        ("--help",),
    ):
        with FULL.open("w") as full:
            ended = run(tmp_path, *arguments, module=module, stdout=full)
        assert ended.returncode == 2, arguments
        assert "takes no more" in ended.stderr
        assert len(ended.stderr.splitlines()) == 1


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
def test_a_full_standard_error_changes_nothing(tmp_path: Path) -> None:
    with FULL.open("w") as full:
        assert run(tmp_path, *CHECK, stderr=full).returncode == 0
        assert run(tmp_path, "check-plugin", "nosuch", stderr=full).returncode == 2


@pytest.mark.parametrize("descriptor", [0, 1, 2])
def test_a_closed_stream_is_no_flaw(tmp_path: Path, descriptor: int) -> None:
    ended = run(tmp_path, *CHECK, before=lambda: os.close(descriptor))
    assert ended.returncode == (2 if descriptor == 1 else 0)
    assert descriptor != 1 or "Standard output is closed" in ended.stderr


def test_a_reader_that_has_gone_is_no_flaw(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        for arguments in (CHECK, ("explain", "all"), ("--help",)):
            ended = run(tmp_path, *arguments, stdout=pipe)
            assert (ended.returncode, ended.stderr) == (2, ""), arguments


def test_a_report_for_which_there_is_no_room_is_shown_and_the_old_one_stays(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("old")

    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))

    ended = run(tmp_path, *CHECK, "--output", "report", before=no_room)
    assert ended.returncode == 2
    assert "the report cannot be written to report (File too large" in ended.stderr
    assert "1 of 1 checks ran: 1 passed" in ended.stdout
    assert [file.name for file in tmp_path.iterdir()] == ["report"]
    assert (tmp_path / "report").read_text() == "old"


def test_a_report_may_go_to_a_device_or_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("aim")
    assert run(tmp_path, *CHECK, "--output", "link").returncode == 0
    assert "1 passed" in (tmp_path / "aim").read_text()
    assert (tmp_path / "link").is_symlink()
    assert run(tmp_path, *CHECK, "--output", os.devnull).returncode == 0
    assert "1 passed" in run(tmp_path, *CHECK, "--output", "/dev/stdout").stdout


def test_a_report_overwrites_no_file_but_the_one_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever somebody has put beside it, also under the name of the file that the report is written to first."""
    precious, report = tmp_path / "precious", tmp_path / "report"
    precious.write_text("precious")
    guessed = [tmp_path / ".report.part", tmp_path / ".taken.part"]
    for link in guessed:
        link.symlink_to(precious)
    write_report(report, "<report/>")
    assert report.read_text() == "<report/>"
    assert not report.is_symlink()
    monkeypatch.setattr("secrets.token_hex", lambda _: "taken")
    with pytest.raises(ConfigurationError, match="File exists"):
        write_report(report, "another")
    assert (report.read_text(), precious.read_text()) == ("<report/>", "precious")
    assert {file.name for file in tmp_path.iterdir()} == {"precious", "report", *(link.name for link in guessed)}


def test_two_runs_at_once_give_one_whole_report_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One begins and ends between the other's writing and its end."""
    report = tmp_path / "report"
    plain = Path.replace

    def late(part: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", plain)
        write_report(report, "second")
        assert report.read_text() == "second"
        return plain(part, target)

    monkeypatch.setattr(Path, "replace", late)
    write_report(report, "first")
    assert report.read_text() == "first"
    assert [file.name for file in tmp_path.iterdir()] == ["report"]


@pytest.mark.parametrize("name", ["r" * 255, "r"])
def test_a_report_may_have_any_name_and_the_permissions_of_a_new_file(tmp_path: Path, name: str) -> None:
    before = os.umask(0o027)
    try:
        write_report(tmp_path / name, "")
    finally:
        os.umask(before)
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o640


def test_a_new_plugin_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "suitecase-taken").touch()
    (tmp_path / "suitecase-dangling").symlink_to("nowhere")
    for name, directory in (("taken", "."), ("dangling", "."), ("fresh", "file"), ("fresh", "/proc/none")):
        ended = run(tmp_path, "new-plugin", name, "--kind", "mac", "--directory", directory)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert "--directory" in ended.stderr
        assert len(ended.stderr.splitlines()) == 1


def test_half_a_package_is_taken_away_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Path.write_text

    def full(path: Path, text: str, encoding: str) -> int:
        if path.name == "README.md":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return written(path, text, encoding)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ConfigurationError, match="No space left on device"):
        write_plugin("fresh", MAC, tmp_path)
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []
    assert write_plugin("fresh", MAC, tmp_path).is_dir()


def test_a_current_directory_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    ended = run(gone, *CHECK, "--oracle", "peer:tag", before=gone.rmdir)
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1


def test_no_process_to_be_had_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(subprocess, "Popen", refused)
    monkeypatch.setattr(sys, "argv", ["suitecase-contract", *CHECK])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("The operating system refuses: Resource temporarily unavailable")


def test_a_fault_of_the_kit_has_a_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("\x1b[2J")

    monkeypatch.setattr(commands, "targets", broken)
    monkeypatch.setattr(sys, "argv", ["suitecase-contract", *CHECK])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 70
    said = capsys.readouterr().err
    assert "The contract kit itself failed, which says nothing of the plugin: KeyError" in said
    assert said.removesuffix("\n").isprintable()


def test_an_oracle_that_fails_is_no_flaw_of_the_plugin(tmp_path: Path) -> None:
    (tmp_path / "peer.py").write_text("def tag(key, message):\n    raise LookupError\n")
    ended = run(tmp_path, "check-plugin", "hmac", "--only", "MAC-51", "--vectors", "none.json", "--oracle", "peer:tag")
    assert ended.returncode == 70
    assert "MAC-51 ERROR: the oracle peer:tag raised LookupError" in ended.stdout


def test_mistakes_on_the_command_line_are_not_flaws(tmp_path: Path) -> None:
    for arguments in (
        ("--nonsense",),
        ("check-plugin",),
        ("nosuch",),
        ("explain", "MAC-99"),
        (*CHECK, "--format", "x"),
    ):
        assert run(tmp_path, *arguments).returncode == 2, arguments


@pytest.mark.parametrize("module", ["framework.contract", "app"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_is_no_flaw_and_leaves_nothing_running(tmp_path: Path, module: str, number: int, code: int) -> None:
    """While a check runs, in a worker that the signal does not reach."""
    command = [sys.executable, "-m", module, "check-plugin", "des3", "--deep", "--only", "CIP-03"]
    mark = f"KIT_MARK={uuid.uuid4().hex}"
    environ = environment(PYTHONPATH=str(ROOT), KIT_MARK=mark.partition("=")[2])
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=pipe, stderr=pipe, text=True) as kit:
        wait_until(lambda: any("contract.engine.worker" in command_of(pid) for pid in marked(mark)))
        kit.send_signal(number)
        out, err = kit.communicate(timeout=60)
    assert (kit.returncode, out, err) == (code, "", "Interrupted.\n")
    wait_until(lambda: not marked(mark))


def command_of(pid: int) -> str:
    return subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True).stdout


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending._hearing_signals():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_codes_differ() -> None:
    codes = [ending.GREEN, ending.FLAW, ending.MISUSE, ending.INTERNAL, ending.INTERRUPTED]
    assert codes == [0, 1, 2, 70, 130]
