"""The bank's static keys: made once, one a suite, private; and the public file that ATMs read."""

import base64
import hashlib
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from app.credentials.identity import IDENTITY_FILE
from app.credentials.keystore import PUBLIC_FILE, load_or_create, read_bank_key
from app.credentials.public_key import fingerprint
from app.system.errors import FileError, MissingFileError
from framework import KeyPair

StartProgram = Callable[..., subprocess.Popen[str]]

SUITE = "des3-bg-hmac"
PUBLIC = b"public key material"
PRIVATE = b"PRIVATE key material, 5ec2e7"


def load(directory: Path, suite: str = SUITE, pair: KeyPair | None = None) -> KeyPair:
    made = pair or KeyPair(PUBLIC, PRIVATE)
    return load_or_create(
        directory,
        suite,
        lambda: made,
        public_key_size=len(made.public_key),
        private_key_size=len(made.private_key),
    )


def test_a_directory_in_which_others_can_put_keys(tmp_path: Path) -> None:
    tmp_path.chmod(0o770)
    with pytest.raises(FileError, match=r"data directory .* \(mode 0770\); run `chmod 700 "):
        load_or_create(tmp_path, SUITE, never, public_key_size=1, private_key_size=1)
    assert list(tmp_path.iterdir()) == []


def never() -> KeyPair:
    raise RuntimeError("a key must not be made anew")


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    load(directory)
    again = load_or_create(directory, SUITE, never, public_key_size=len(PUBLIC), private_key_size=len(PRIVATE))
    assert (again.public_key, again.private_key) == (PUBLIC, PRIVATE)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert modes == {f"{SUITE}.key": 0o600, IDENTITY_FILE: 0o600, PUBLIC_FILE: 0o644}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_each_suite_has_its_own_key_and_its_line(tmp_path: Path) -> None:
    load(tmp_path)
    load(tmp_path, "aes-x-hmac", KeyPair(b"another", b"one"))
    assert read_bank_key(tmp_path / PUBLIC_FILE, SUITE) == PUBLIC
    assert read_bank_key(tmp_path / PUBLIC_FILE, "aes-x-hmac", public_key_size=7) == b"another"
    comment, version, identity, *lines = (tmp_path / PUBLIC_FILE).read_text().splitlines()
    assert comment.startswith("#")
    assert version == "suitecase bank 1"
    assert identity.startswith("identity SHA256:")
    expected = base64.b64encode(hashlib.sha256(PUBLIC).digest()).decode().rstrip("=")
    assert [line.split()[0] for line in lines] == ["aes-x-hmac", SUITE]
    assert lines[1].startswith(f"{SUITE} SHA256:{expected} {base64.b64encode(PUBLIC).decode()} ")
    assert b"5ec2e7" not in (tmp_path / PUBLIC_FILE).read_bytes()


def test_the_public_file_is_mended_and_otherwise_left_alone(tmp_path: Path) -> None:
    load(tmp_path)
    path = tmp_path / PUBLIC_FILE
    wanted = path.read_text()
    inode = path.stat().st_ino
    load(tmp_path)
    assert path.stat().st_ino == inode
    path.write_text(f"# a note of the opérateur\n{SUITE} SHA256:old b2xk\n")
    load(tmp_path)
    assert path.read_text() == "# a note of the opérateur\n" + wanted.partition("\n")[2]
    path.unlink()
    load(tmp_path)
    assert path.read_text() == wanted


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_private_key_that_others_can_reach(tmp_path: Path, mode: int) -> None:
    load(tmp_path)
    (tmp_path / f"{SUITE}.key").chmod(mode)
    with pytest.raises(FileError, match=rf"mode 0{mode:o}\); run `chmod 600 .*{SUITE}\.key`"):
        load(tmp_path)


@pytest.mark.parametrize("damage", ["", "x", "{suite} a b c\n", "{whole}{whole}", "{cut}", "{flipped}", "\udcff\n"])
def test_a_damaged_private_key_is_refused_and_never_replaced(tmp_path: Path, damage: str) -> None:
    load(tmp_path)
    path = tmp_path / f"{SUITE}.key"
    whole = path.read_text()
    flipped = whole.replace(base64.b64encode(PRIVATE).decode()[:4], "AAAA")
    damaged = damage.format(suite=SUITE, whole=whole, cut=whole[:-5], flipped=flipped)
    path.write_bytes(damaged.encode("utf-8", "surrogateescape"))
    with pytest.raises(FileError, match="is damaged or not a key for des3-bg-hmac; restore it") as caught:
        load_or_create(tmp_path, SUITE, never, public_key_size=len(PUBLIC), private_key_size=len(PRIVATE))
    assert caught.value.__context__ is None
    assert base64.b64encode(PRIVATE).decode()[:8] not in f"{caught.value!r}"
    assert path.read_bytes() == damaged.encode("utf-8", "surrogateescape")


def test_the_key_of_another_suite_is_refused(tmp_path: Path) -> None:
    load(tmp_path)
    (tmp_path / f"{SUITE}.key").rename(tmp_path / "des3-x-hmac.key")
    with pytest.raises(FileError, match="not a key for des3-x-hmac"):
        load(tmp_path, "des3-x-hmac")


@pytest.mark.parametrize("sizes", [(18, len(PRIVATE)), (len(PUBLIC), 99)])
def test_a_key_of_another_size_is_refused(tmp_path: Path, sizes: tuple[int, int]) -> None:
    load(tmp_path)
    with pytest.raises(FileError, match="holds a key of another size"):
        load_or_create(tmp_path, SUITE, never, public_key_size=sizes[0], private_key_size=sizes[1])


@pytest.mark.parametrize("name", ["", "../evil", "a/b", "DES3-bg", "des3", "a-b\n", "."])
def test_a_suite_name_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not the name of a suite"):
        load(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_nowhere_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / f"{SUITE}.key").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileError, match="is in the way"):
        load(tmp_path)


def test_an_interrupted_generation_leaves_no_key(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        load_or_create(tmp_path, SUITE, never, public_key_size=1, private_key_size=1)
    assert list(tmp_path.iterdir()) == []
    load(tmp_path)


START_AT_ONCE = """
import secrets, sys, time
from pathlib import Path
from app.credentials.keystore import load_or_create
from framework import KeyPair

def generate():
    time.sleep(0.05)
    return KeyPair(secrets.token_bytes(8), secrets.token_bytes(8))

sys.stdin.readline()
for suite in (sys.argv[2], "shared-x-hmac"):
    pair = load_or_create(Path(sys.argv[1]), suite, generate, public_key_size=8, private_key_size=8)
print(pair.public_key.hex(), pair.private_key.hex(), flush=True)
"""


def test_processes_that_start_at_once_agree_on_one_key_and_lose_no_line(
    tmp_path: Path, start_program: StartProgram
) -> None:
    processes = [start_program(START_AT_ONCE, tmp_path / "data", f"own-x-{letter}") for letter in "abc"]
    for process in processes:
        if process.stdin is None:
            raise TypeError("a pipe was asked for")
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = {process.communicate()[0] for process in processes}
    assert len(outputs) == 1
    public = bytes.fromhex(outputs.pop().split()[0])
    path = tmp_path / "data" / PUBLIC_FILE
    assert read_bank_key(path, "shared-x-hmac") == public
    assert all(read_bank_key(path, f"own-x-{letter}") for letter in "abc")


def test_a_fingerprint_is_as_openssh_writes_it() -> None:
    # printf abc | openssl dgst -sha256 -binary | base64
    assert fingerprint(b"abc") == "SHA256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0"


def test_a_bank_key_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(
        MissingFileError, match=r"There is no bank key file .*; check the path; the bank writes it as bank\.pub"
    ):
        read_bank_key(tmp_path / "none", SUITE)


def test_a_bank_key_file_without_the_suite_names_those_it_has(tmp_path: Path) -> None:
    load(tmp_path)
    load(tmp_path, "aes-x-hmac")
    with pytest.raises(FileError, match=r"no key for the suite gcm-x \(it has: aes-x-hmac, des3-bg-hmac\)"):
        read_bank_key(tmp_path / PUBLIC_FILE, "gcm-x")
    (tmp_path / "empty").write_text("# nothing\n\n")
    with pytest.raises(FileError, match=r"\(it has: none\)"):
        read_bank_key(tmp_path / "empty", SUITE)


def test_a_bank_key_of_another_size(tmp_path: Path) -> None:
    load(tmp_path)
    assert read_bank_key(tmp_path / PUBLIC_FILE, SUITE, public_key_size=len(PUBLIC)) == PUBLIC
    with pytest.raises(FileError, match="has the wrong size"):
        read_bank_key(tmp_path / PUBLIC_FILE, SUITE, public_key_size=len(PUBLIC) + 1)


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o775])
def test_a_bank_key_file_that_anyone_can_replace(tmp_path: Path, mode: int) -> None:
    load(tmp_path)
    tmp_path.chmod(mode)
    if mode == 0o777:
        with pytest.raises(FileError, match=f"can be replaced by other users; run `chmod o-w {tmp_path}`"):
            read_bank_key(tmp_path / PUBLIC_FILE, SUITE)
    else:
        read_bank_key(tmp_path / PUBLIC_FILE, SUITE)


def test_a_bank_key_file_that_others_can_change(tmp_path: Path) -> None:
    load(tmp_path)
    (tmp_path / PUBLIC_FILE).chmod(0o666)
    with pytest.raises(FileError, match="run `chmod go-w"):
        read_bank_key(tmp_path / PUBLIC_FILE, SUITE)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"{SUITE}", "it should read"),
        (f"{SUITE} {fingerprint(b'k')} aw== more", "it should read"),
        (f"DES3 {fingerprint(b'k')} aw==", "name of a suite"),
        (f"{SUITE} {fingerprint(b'other')} aw==", "the fingerprint is not that of the key"),
        (f"{SUITE} {fingerprint(b'k')}= aw==", "the fingerprint is not that of the key"),
        (f"{SUITE} MD5:abc aw==", "the fingerprint is not that of the key"),
        (f"{SUITE} {fingerprint(b'k')} aw", "not base64"),
        (f"{SUITE} {fingerprint(b'k')} ax==", "not base64"),  # decodes to the same byte, and is not how it is written
        (f"{SUITE} {fingerprint(b'k')} a*w==", "not base64"),
        (f"{SUITE} {fingerprint(b'')} =", "not base64"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / PUBLIC_FILE
    path.write_text(f"# comment\n\n{line}\n")
    with pytest.raises(FileError, match=f"Line 3 of the bank key file .* is malformed: .*{reason}"):
        read_bank_key(path, SUITE)


def test_two_keys_for_a_suite_are_refused(tmp_path: Path) -> None:
    path = tmp_path / PUBLIC_FILE
    path.write_text(f"{SUITE} {fingerprint(b'k')} aw==\n{SUITE} {fingerprint(b'l')} bA==\n")
    with pytest.raises(FileError, match=r"Line 2 .* is a second key for des3-bg-hmac"):
        read_bank_key(path, SUITE)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00" * 300_000])
def test_what_is_no_text_or_too_large(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / PUBLIC_FILE
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"is not a text file|is longer than"):
        read_bank_key(path, SUITE)
