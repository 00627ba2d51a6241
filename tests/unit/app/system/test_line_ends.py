"""Files that went through an editor of Windows: lines that end in CR LF, and a mark of the encoding in front."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.atm.pending.mark import BankMark
from app.atm.pending.record import RecordName, read_record, write_record
from app.configuration.settings import load_settings
from app.credentials.card import Card, read_card
from app.credentials.keystore import PUBLIC_FILE, load_or_create, read_bank_key
from app.credentials.known_banks import KnownBanks
from app.credentials.public_key import BankKeys
from app.credentials.versions import NewerFileError
from app.protocol.messages import DepositRequest
from framework import KeyPair

SUITE = "des3-bg-hmac"
EDITED = [
    pytest.param(lambda data: data.replace(b"\n", b"\r\n"), id="line ends"),
    pytest.param(lambda data: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"), id="line ends and a mark"),
]
Edit = Callable[[bytes], bytes]


def load(directory: Path) -> KeyPair:
    pair = KeyPair(b"public", b"private")
    return load_or_create(directory, SUITE, lambda: pair, public_key_size=6, private_key_size=7)


@pytest.mark.parametrize("edit", EDITED)
def test_known_banks(tmp_path: Path, edit: Edit) -> None:
    path = tmp_path / "known"
    known = KnownBanks(path)
    known.add("bank:7000", SUITE, b"key")
    path.write_bytes(edit(path.read_bytes()))
    assert known.require("bank:7000", SUITE) == BankKeys(None, {SUITE: b"key"})
    known.add("other:7000", SUITE, b"another")
    assert known.require("bank:7000", SUITE) == BankKeys(None, {SUITE: b"key"})
    assert known.require("other:7000", SUITE) == BankKeys(None, {SUITE: b"another"})


@pytest.mark.parametrize("edit", EDITED)
def test_bank_pub(tmp_path: Path, edit: Edit) -> None:
    load(tmp_path)
    path = tmp_path / PUBLIC_FILE
    path.write_bytes(edit(path.read_bytes()))
    assert read_bank_key(path, SUITE) == b"public"
    load(tmp_path)
    assert read_bank_key(path, SUITE) == b"public"


def test_bank_pub_of_a_newer_program_is_not_replaced(tmp_path: Path) -> None:
    load(tmp_path)
    path = tmp_path / PUBLIC_FILE
    newer = path.read_bytes().replace(b"suitecase bank 1\n", b"suitecase bank 2\n").replace(b"\n", b"\r\n")
    assert b" 2\r\n" in newer
    path.write_bytes(newer)
    with pytest.raises(NewerFileError):
        load(tmp_path)
    assert path.read_bytes() == newer


def test_a_private_key(tmp_path: Path) -> None:
    load(tmp_path)
    path = tmp_path / f"{SUITE}.key"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert load(tmp_path).private_key == b"private"


@pytest.mark.parametrize("edit", EDITED)
def test_the_configuration_and_a_card(tmp_path: Path, edit: Edit, card: Card, card_path: Path) -> None:
    path = tmp_path / "suitecase.toml"
    path.write_bytes(edit(b"# mine\nlisten = '127.0.0.1:7'\nlog_json = true\n"))
    settings = load_settings({}, str(path))
    assert (settings.listen, settings.log_json) == ("127.0.0.1:7", True)
    card_path.write_bytes(edit(card_path.read_bytes()))
    assert read_card(card_path).account == card.account


def test_the_record_of_a_request(tmp_path: Path) -> None:
    request = DepositRequest(id="0" * 32, amount=500)
    mark = BankMark(None, SUITE, "SHA256:key")
    data = write_record(request, mark).replace(b"\n", b"\r\n")
    assert read_record(data, RecordName(request.id, 1, "0" * 16), tmp_path) == (request, mark)
