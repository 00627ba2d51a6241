"""A secret that was given in the place of another file: the sentence says what it is, and nothing of it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from app.credentials.bank_file import PUBLIC_FILE, read_bank_file
from app.credentials.card import Card, create_card, read_card
from app.credentials.identity import IDENTITY_FILE, load_or_create_identity
from app.credentials.known_banks import KnownBanks
from app.credentials.mistaken import secret_file
from app.protocol.secret import CardSecret
from app.system.errors import FileError


@pytest.fixture
def card(tmp_path: Path) -> Path:
    path = tmp_path / "alice.card"
    create_card(path, Card("alice", CardSecret.generate()))
    return path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    load_or_create_identity(tmp_path / "bank")
    return tmp_path / "bank" / IDENTITY_FILE


def refusal(act: Callable[[], object], secret: str) -> str:
    with pytest.raises(FileError) as caught:
        act()
    assert secret not in f"{caught.value!r}"
    assert caught.value.__context__ is None
    return str(caught.value)


def test_a_secret_in_the_place_of_what_is_public(card: Path, key: Path) -> None:
    bank = read_bank_file(key.with_name(PUBLIC_FILE)).bank
    for path, what, secret in (
        (card, "a card", read_card(card).secret.hex()),
        (key, "a private key", key.read_text().split()[5]),
    ):
        said = f" {path} is {what}; give the bank's bank.pub, and keep this one secret."
        assert refusal(partial(read_bank_file, path), secret).endswith(said)
        known, before = KnownBanks(path), path.read_bytes()
        for act in (partial(known.find, "bank:1", "a-b"), partial(known.add, "bank:1", "a-b", b"key", bank.identity)):
            assert refusal(act, secret).endswith(f" {path} is {what}; give another path, and keep this one secret.")
        assert path.read_bytes() == before


def test_a_private_key_in_the_place_of_a_card(key: Path) -> None:
    said = refusal(lambda: read_card(key), key.read_text().split()[5])
    assert said.endswith("is not a card; it is a private key, to be kept secret; a card is what `open-account` writes.")


def test_as_they_were_written_before(card: Path, key: Path) -> None:
    assert secret_file(key.read_bytes().removeprefix(b"suitecase key 1 ")) == "a private key"
    assert secret_file(card.read_bytes().replace(b'"version": 1, ', b"")) == "a card"
    assert secret_file(key.read_bytes().replace(b"\n", b"\r\n")) == "a private key"


def test_what_is_public_is_none(key: Path) -> None:
    for data in (b"", b"{}", b"[1]", b"[" * 100_000, b"\xff", key.with_name(PUBLIC_FILE).read_bytes()):
        assert secret_file(data) == ""
