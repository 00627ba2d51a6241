"""The bank tries its address before it makes a key, and says in a sentence why it cannot listen there."""

import socket

import pytest

from app.bank.server import try_address
from app.system.errors import UserError
from tests.support.names import silent_name_server


def test_a_port_in_use_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use; choose"):
            try_address("127.0.0.1", port)


def test_a_name_server_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framework.aio.listening.RESOLVE_SECONDS", 0.1)
    said = r"cannot listen on bank\.example:0: its name server does not answer; choose"
    with silent_name_server(monkeypatch), pytest.raises(UserError, match=said):
        try_address("bank.example", 0)


def test_the_addresses_are_given_in_digits() -> None:
    assert try_address("127.0.0.1", 0) == ["127.0.0.1"]
