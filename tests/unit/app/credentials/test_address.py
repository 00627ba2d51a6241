"""The address of a bank has one form, and what is none is refused."""

import pytest

from app.credentials.address import canonical_address
from app.credentials.known_banks import KnownBanks
from app.system.errors import InputError


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("127.0.0.1:7000", "127.0.0.1:7000"),
        ("Bank.Example:1", "bank.example:1"),
        ("localhost:65535", "localhost:65535"),
        ("[::1]:7000", "[::1]:7000"),
        ("[0:0:0:0:0:0:0:1]:7000", "[::1]:7000"),
        ("[2001:DB8::A]:7000", "[2001:db8::a]:7000"),
        ("[::ffff:127.0.0.1]:7", "127.0.0.1:7"),
        ("[::FFFF:7f00:1]:7", "127.0.0.1:7"),
    ],
)
def test_an_address_has_one_form(text: str, canonical: str) -> None:
    assert canonical_address(text) == canonical
    assert canonical_address(canonical_address(text)) == canonical_address(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "bank", "bank:", ":7000", "bank:0", "bank:65536", "bank:07", "bank:+7", "bank:7 ", " bank:7", "bank:7\n"),
        *(
            "ba nk:7",
            "#bank:7",
            "::1:7",
            "[::1]",
            "[::1]:0",
            "[:::]:7",
            "[bank]:7",
            "[::1%eth0]:7",
            "bank:\u0667",
            "b\u00e4nk:7",
        ),
        *("-bank:7", "bank-:7", "bank:7:7", "\x1b[2J:7", "a" * 10_000 + ":7", "bank:" + "7" * 10_000),
    ],
)
def test_what_is_no_address_is_refused(known: KnownBanks, text: str) -> None:
    for ask in (canonical_address, lambda address: known.find(address, "des3-bg-hmac")):
        with pytest.raises(InputError, match="is not the address of a bank") as caught:
            ask(text)
        assert len(str(caught.value)) < 200
        assert str(caught.value).isprintable()
