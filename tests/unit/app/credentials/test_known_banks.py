"""Known banks: what is found, what is refused and where, and that a key on record never changes by itself."""

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from app.credentials.known_bank import KnownBank
from app.credentials.known_banks import MAX_FILE_SIZE, KnownBanks
from app.credentials.public_key import BankIdentity, BankKeys, describe_key, fingerprint
from app.credentials.versions import NewerFileError
from app.system.errors import ChangedKeyError, FileError, UnknownBankError

StartProgram = Callable[..., subprocess.Popen[str]]

SUITE = "des3-bg-hmac"
KEY = b"the key of the bank"
FIRST = "suitecase known-banks 1"


def only(suite: str, key: bytes) -> BankKeys:
    return BankKeys(None, {suite: key})


def test_a_bank_is_added_and_found(known: KnownBanks, path: Path) -> None:
    known.add("Bank.example:7000", SUITE, KEY)
    known.add("[0::1]:7000", SUITE, b"another")
    assert known.find("bank.EXAMPLE:7000", SUITE) == known.require("bank.example:7000", SUITE) == only(SUITE, KEY)
    assert known.find("[::1]:7000", SUITE) == only(SUITE, b"another")
    assert (
        path.read_text()
        == f"{FIRST}\nbank.example:7000 {describe_key(SUITE, KEY)}\n[::1]:7000 {describe_key(SUITE, b'another')}\n"
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_bank_is_known_by_address_port_and_suite(known: KnownBanks) -> None:
    known.add("bank:7000", SUITE, KEY)
    assert known.find("bank:7001", SUITE) is None
    assert known.find("bank2:7000", SUITE) is None
    assert known.find("bank:7000", "aes-x-hmac") is None


def test_an_unknown_bank_is_a_sentence_that_says_what_to_do(known: KnownBanks) -> None:
    with pytest.raises(UnknownBankError, match=r"The bank bank:7000 is not in .*give it with --bank-key\.$"):
        known.require("bank:7000", SUITE)
    known.add("bank:7000", SUITE, KEY)
    known.add("bank:7000", "a-b", KEY)
    said = f"is in .* for {SUITE}, a-b, and not for the suite aes-x-hmac; .*`trust --suite aes-x-hmac` first\\.$"
    with pytest.raises(UnknownBankError, match=said):
        known.require("bank:7000", "aes-x-hmac")


def test_a_changed_key_is_a_hard_stop(known: KnownBanks, path: Path) -> None:
    path.write_text(f"# my banks\n\nbank:7000 {describe_key(SUITE, KEY)}\n")
    before = path.read_bytes()
    with pytest.raises(ChangedKeyError) as caught:
        known.add("BANK:7000", SUITE, b"someone else's")
    sentence = str(caught.value)
    for part in ("bank:7000", SUITE, fingerprint(KEY), fingerprint(b"someone else's"), f"remove line 3 of {path}"):
        assert part in sentence
    assert caught.value.exit_code == 3
    assert path.read_bytes() == before


def test_a_key_can_be_held_against_the_one_on_record(known: KnownBanks, path: Path) -> None:
    known.check("bank:7000", SUITE, only(SUITE, KEY))  # not known: nothing to say against it
    assert not path.exists()
    known.add("bank:7000", SUITE, KEY)
    known.check("BANK:7000", SUITE, only(SUITE, KEY))
    known.check("bank:7001", SUITE, only(SUITE, b"another"))
    with pytest.raises(ChangedKeyError, match="HAS CHANGED"):
        known.check("BANK:7000", SUITE, only(SUITE, b"another"))


def test_another_suite_is_no_way_round_the_key_on_record(known: KnownBanks, path: Path) -> None:
    known.add("bank:7000", SUITE, KEY)
    before = path.read_bytes()
    with pytest.raises(UnknownBankError, match=f"for {SUITE}, and not for the suite a-b; .*`trust --suite a-b`"):
        known.check("BANK:7000", "a-b", only("a-b", b"another"))
    assert path.read_bytes() == before
    known.add("bank:7000", "a-b", b"another")  # what `trust --suite` does
    known.check("BANK:7000", "a-b", only("a-b", b"another"))
    known.check("bank:7000", SUITE, only(SUITE, KEY))


def test_a_known_bank_is_not_added_twice(known: KnownBanks, path: Path) -> None:
    known.add("bank:7000", SUITE, KEY)
    inode = path.stat().st_ino
    known.add("BANK:7000", SUITE, KEY)
    assert path.stat().st_ino == inode
    assert len(path.read_text().splitlines()) == 2


def test_adding_keeps_comments_modes_links_and_a_missing_line_end(
    known: KnownBanks, path: Path, tmp_path: Path
) -> None:
    real = tmp_path / "elsewhere"
    text = f"# é: a comment\nold:1 {describe_key(SUITE, KEY)}"
    real.write_text(text)
    real.chmod(0o644)
    path.symlink_to(real)
    known.add("bank:7000", SUITE, KEY)
    assert real.read_text() == f"{FIRST}\n{text}\nbank:7000 {describe_key(SUITE, KEY)}\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o644
    assert path.is_symlink()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("bank", "it does not begin with host:port"),
        ("bank:7000", "it should read"),
        (f"BANK:7000 {describe_key(SUITE, KEY)}", "should be written bank:7000"),
        (f"[0::1]:7000 {describe_key(SUITE, KEY)}", r"should be written \[::1\]:7000"),
        (f" bank:7000 {describe_key(SUITE, KEY)}", "it does not begin with host:port"),
        (f"bank:7000  {describe_key(SUITE, KEY)}", "it should read"),
        (f"bank:7000 {describe_key(SUITE, KEY)} ", "it should read"),
        (f"bank:7000\t{describe_key(SUITE, KEY)}", "it does not begin with host:port"),
        (f"bank:7000 {SUITE} {fingerprint(b'x')} {describe_key(SUITE, KEY).split()[2]}", "fingerprint is not that"),
        (f"bank:7000 SUITE {fingerprint(KEY)} {describe_key(SUITE, KEY).split()[2]}", "name of a suite"),
    ],
)
def test_a_malformed_line_is_named_and_stops_everything(known: KnownBanks, path: Path, line: str, reason: str) -> None:
    content = f"# comment\nother:1 {describe_key(SUITE, KEY)}\n\n{line}\n"
    path.write_bytes(content.encode())
    for ask in (known.find, known.require, lambda address, suite: known.add(address, suite, KEY)):
        with pytest.raises(FileError, match=f"Line 4 of the known-banks file .* is malformed: .*{reason}"):
            ask("other:1", SUITE)
    assert path.read_bytes() == content.encode()


def test_a_bank_that_occurs_twice_is_refused(known: KnownBanks, path: Path) -> None:
    path.write_text(f"bank:1 {describe_key(SUITE, KEY)}\nbank:1 {describe_key(SUITE, b'other')}\n")
    with pytest.raises(FileError, match=r"Line 2 .* repeats line 1; remove one of them"):
        known.find("bank:1", SUITE)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_is_refused(known: KnownBanks, path: Path, mode: int) -> None:
    known.add("bank:7000", SUITE, KEY)
    path.chmod(mode)
    for ask in (known.find, known.require, lambda address, suite: known.add(address, suite, KEY)):
        with pytest.raises(FileError, match=f"run `chmod go-w {path}`"):
            ask("bank:7000", SUITE)
    path.chmod(0o644)
    assert known.find("bank:7000", SUITE) == only(SUITE, KEY)


def test_a_file_of_another_user_is_refused(known: KnownBanks, path: Path, give_away: Callable[[Path], int]) -> None:
    known.add("bank:7000", SUITE, KEY)
    path.chmod(0o644)
    owner = give_away(path)
    for ask in (known.find, known.require, known_add(known), known_check(known)):
        with pytest.raises(FileError, match=rf"belongs to another user \(uid {owner}\); .* give one of your own\.$"):
            ask("bank:7000", SUITE)


@pytest.mark.parametrize("missing", [False, True])
def test_a_file_that_anyone_can_replace_or_has_removed_is_refused(
    known: KnownBanks, path: Path, tmp_path: Path, *, missing: bool
) -> None:
    own = tmp_path / "of ones own"
    own.mkdir()
    KnownBanks(own / "banks").add("bank:7000", SUITE, KEY)
    known.add("bank:7000", SUITE, KEY)
    if missing:
        path.rename(tmp_path / "gone")
    tmp_path.chmod(0o777)
    (own / "to open").symlink_to(path)
    (tmp_path / "to own").symlink_to(own / "banks")
    for banks in (known, KnownBanks(own / "to open"), KnownBanks(tmp_path / "to own")):
        for ask in (banks.find, banks.require, known_add(banks), known_check(banks)):
            said = f"can be replaced by other users; run `chmod o-w {tmp_path}`, or keep it elsewhere"
            with pytest.raises(FileError, match=said):
                ask("bank:7000", SUITE)


@pytest.mark.parametrize("mode", [0o1777, 0o775, 0o755])
def test_where_only_its_owner_can_replace_the_file_it_may_lie(known: KnownBanks, tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    known.add("bank:7000", SUITE, KEY)
    assert known.require("bank:7000", SUITE) == only(SUITE, KEY)


def known_add(known: KnownBanks) -> Callable[[str, str], object]:
    return lambda address, suite: known.add(address, suite, KEY)


def known_check(known: KnownBanks) -> Callable[[str, str], object]:
    return lambda address, suite: known.check(address, suite, only(suite, KEY))


def test_what_is_no_text_or_no_file(known: KnownBanks, path: Path) -> None:
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(FileError, match="is not a text file"):
        known.find("bank:7000", SUITE)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(FileError, match="is not a regular file"):
        known.find("bank:7000", SUITE)
    path.unlink()
    path.symlink_to(path)
    for ask in (known.find, known_add(known)):
        with pytest.raises(FileError, match="Too many levels of symbolic links"):
            ask("bank:7000", SUITE)


def test_a_line_is_what_it_was(known: KnownBanks) -> None:
    line = f"[::1]:7000 {describe_key(SUITE, KEY)}"
    assert KnownBank.parse(line).encode() == line
    assert known.find("[::1]:7000", SUITE) is None


def test_lines_that_end_as_on_windows_are_read(known: KnownBanks, path: Path) -> None:
    identity = BankIdentity(bytes(range(32)))
    known.add("bank:7000", SUITE, KEY, identity)
    path.write_bytes(b"# mine\n" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert known.require("bank:7000", SUITE) == BankKeys(identity, {SUITE: KEY})
    known.add("other:1", SUITE, KEY)
    assert known.require("other:1", SUITE) == only(SUITE, KEY)


def test_a_file_of_a_newer_program_is_neither_read_nor_written(known: KnownBanks, path: Path) -> None:
    path.write_text(f"# mine\nsuitecase known-banks 2\nbank:7000 {describe_key(SUITE, KEY)}\n")
    before = path.read_bytes()
    for ask in (known.find, known.require, known_add(known)):
        with pytest.raises(NewerFileError, match="was written by a newer suitecase"):
            ask("bank:7000", SUITE)
    assert path.read_bytes() == before


def test_the_file_is_never_written_longer_than_it_is_read(known: KnownBanks, path: Path) -> None:
    known.add("bank:7000", SUITE, KEY)
    line = f"bank2:7000 {describe_key(SUITE, KEY)}\n"
    room = MAX_FILE_SIZE - len(path.read_bytes()) - len(line)
    with path.open("a") as file:
        file.write("#" + "x" * (room - 1) + "\n")
    full = path.read_bytes()
    with pytest.raises(FileError, match=f"would be longer than the {MAX_FILE_SIZE} bytes .*; remove the lines"):
        known.add("bank2:7000", SUITE, KEY)
    assert path.read_bytes() == full
    assert known.require("bank:7000", SUITE) == only(SUITE, KEY)
    path.write_bytes(full.replace(b"#x", b"#", 1))
    known.add("bank2:7000", SUITE, KEY)
    assert len(path.read_bytes()) == MAX_FILE_SIZE
    assert known.require("bank2:7000", SUITE) == only(SUITE, KEY)


ADD_MANY = """
import sys
from pathlib import Path
from app.credentials.known_banks import KnownBanks

sys.stdin.readline()
for port in range(1, 11):
    KnownBanks(Path(sys.argv[1])).add(f"{sys.argv[2]}:{port}", "des3-bg-hmac", b"key")
"""


def test_processes_that_add_at_once_lose_nothing(known: KnownBanks, path: Path, start_program: StartProgram) -> None:
    processes = [start_program(ADD_MANY, path, host) for host in ("a", "b", "c")]
    for process in processes:
        if process.stdin is None:
            raise TypeError("a pipe was asked for")
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    assert all(known.find(f"{host}:{port}", SUITE) for host in "abc" for port in range(1, 11))


def test_the_same_bank_by_another_name(tmp_path: Path) -> None:
    """Whoever trusted 127.0.0.1 and connects to localhost is told what is on record."""
    known = KnownBanks(tmp_path / "banks")
    for address in ("127.0.0.1:7100", "[::1]:7100", "127.0.0.1:7200"):
        known.add(address, SUITE, KEY)
    with pytest.raises(UnknownBankError, match=r"; if it is the same as 127\.0\.0\.1:7100 or \[::1\]:7100, which is"):
        known.require("localhost:7100", SUITE)
    with pytest.raises(UnknownBankError, match=r"for the suite [a-z0-9-]+; get its bank\.pub"):
        known.require("localhost:7300", SUITE)
