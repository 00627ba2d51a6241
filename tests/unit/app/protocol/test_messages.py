"""The messages: what reads, what is refused, how large they get, and that the card's secret stays inside."""

import json
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from app.protocol.messages import (
    MAX_MESSAGE_SIZE,
    Accepted,
    CardAccepted,
    CardRefused,
    CardRequest,
    CheckRequest,
    DepositRequest,
    Refusal,
    Refused,
    Reply,
    Request,
    Unintelligible,
    WithdrawRequest,
    _parse,
    encode,
    new_request_id,
    read_reply,
    read_request,
)
from app.protocol.money import MAX_AMOUNT
from app.protocol.secret import CardSecret
from app.system.errors import MessageError

ID = "00112233445566778899aabbccddeeff"
SECRET = "5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2e75ec2"  # noqa: S105  # planted, and searched for

REQUESTS: list[Request] = [
    CardRequest(account="a" * 32, secret=CardSecret.from_hex(SECRET)),
    CheckRequest(id=ID),
    DepositRequest(id=ID, amount=MAX_AMOUNT),
    WithdrawRequest(id=ID, amount=MAX_AMOUNT),
]
REPLIES: list[Reply] = [
    CardAccepted(),
    *(CardRefused(error=refusal) for refusal in Refusal),
    *(Accepted(type=kind, id=ID, balance=MAX_AMOUNT) for kind in ("CHECK", "DEPOS", "WITHD")),
    *(Refused(type=kind, id=ID, error=refusal) for kind in ("CHECK", "DEPOS", "WITHD") for refusal in Refusal),
    Unintelligible(),
]


def refused(read: Callable[[bytes], object], data: bytes) -> MessageError:
    with pytest.raises(MessageError) as caught:
        read(data)
    return caught.value


@pytest.mark.parametrize("message", REQUESTS)
def test_a_request_reads_as_it_was_written_and_fits_one_record(message: Request) -> None:
    data = encode(message)
    assert len(data) <= MAX_MESSAGE_SIZE == 243
    assert read_request(data) == message
    assert encode(read_request(data)) == data


@pytest.mark.parametrize("message", REPLIES)
def test_a_reply_reads_as_it_was_written_and_fits_one_record(message: Reply) -> None:
    data = encode(message)
    assert len(data) <= MAX_MESSAGE_SIZE
    assert read_reply(data) == message
    assert encode(read_reply(data)) == data


def test_the_wire_form() -> None:
    assert encode(WithdrawRequest(id=ID, amount=5000)) == b'{"type":"WITHD","id":"%s","amount":5000}' % ID.encode()
    assert encode(Accepted(type="DEPOS", id=ID, balance=7)) == (
        b'{"type":"DEPOS","id":"%s","ok":true,"balance":7}' % ID.encode()
    )
    assert encode(Refused(type="WITHD", id=ID, error=Refusal.INSUFFICIENT_FUNDS)) == (
        b'{"type":"WITHD","id":"%s","ok":false,"error":"insufficient-funds"}' % ID.encode()
    )
    assert encode(REQUESTS[0]) == b'{"type":"CARD","account":"%s","secret":"%s"}' % (b"a" * 32, SECRET.encode())
    assert encode(Unintelligible()) == b'{"type":"ERROR","ok":false,"error":"bad-request"}'


def test_spacing_and_the_order_of_keys_do_not_matter_to_the_reader() -> None:
    data = b'{ "amount" : 5,\n"id":"%s", "type":"WITHD"}' % ID.encode()
    assert read_request(data) == WithdrawRequest(id=ID, amount=5)


@pytest.mark.parametrize(
    "amount",
    [
        *("0", "-1", "-5", "-0", "1.0", "5.00", "1e9", "1E2", "NaN", "Infinity", "-Infinity", "true", "false", "null"),
        *(
            '"5"',
            '"1_000"',
            '" 12 "',
            '"+7"',
            "[5]",
            '{"a":5}',
            "007",
            "+5",
            "0x10",
            "\u0663",
            '"\u0663"',
            "1_000",
            "''",
        ),
        *(str(MAX_AMOUNT + 1), str(2**63), str(2**64), "1" + "0" * 26, "9" * 150),
    ],
)
@pytest.mark.parametrize("kind", ["DEPOS", "WITHD"])
def test_an_amount_is_a_whole_number_in_range_or_nothing(kind: str, amount: str) -> None:
    refused(read_request, f'{{"type":"{kind}","id":"{ID}","amount":{amount}}}'.encode())


@pytest.mark.parametrize("balance", ["-1", "-0", "00", "1.0", "true", str(MAX_AMOUNT + 1), '"5"', "null"])
def test_a_balance_is_a_whole_number_in_range_or_nothing(balance: str) -> None:
    refused(read_reply, f'{{"type":"CHECK","id":"{ID}","ok":true,"balance":{balance}}}'.encode())


@pytest.mark.parametrize(
    "identity",
    [
        "",
        "0" * 31,
        "0" * 33,
        "A" * 32,
        "g" * 32,
        "0" * 31 + "\n",
        "0" * 32 + "\n",
        "\n" + "0" * 32,
        "\u0663" * 32,
        " " * 32,
    ],
)
def test_a_request_id_is_32_hex_digits(identity: str) -> None:
    refused(read_request, json.dumps({"type": "CHECK", "id": identity}, ensure_ascii=False).encode())


@pytest.mark.parametrize("name", ["", "-a", "A", "a" * 33, "a b", "a\n", "\na", "é", "a.b", "../a", "a_b", "\x00"])
def test_an_account_name_is_lower_case_letters_digits_and_hyphens(name: str) -> None:
    refused(read_request, json.dumps({"type": "CARD", "account": name, "secret": SECRET}).encode())


@pytest.mark.parametrize(
    "secret", ["", SECRET[:-1], SECRET + "0", SECRET.upper(), SECRET[:-1] + "\n", "g" * 64, 5, None, True]
)
def test_a_card_secret_is_64_hex_digits(secret: object) -> None:
    refused(read_request, json.dumps({"type": "CARD", "account": "demo", "secret": secret}).encode())


@pytest.mark.parametrize("message", [*REQUESTS, *REPLIES])
def test_no_key_may_lack_or_be_added_or_change_its_type(message: Request | Reply) -> None:
    read: Callable[[bytes], object] = read_request if message in REQUESTS else read_reply
    members: dict[str, Any] = json.loads(encode(message))
    for key, value in members.items():
        refused(read, json.dumps({name: members[name] for name in members if name != key}).encode())
        for other in (-1, 0.5, 2**70, True, False, 1, 0, None, "", "x", "X"):
            if type(other) is not type(value) or other in (-1, 2**70, "", "X"):
                refused(read, json.dumps({**members, key: other}, separators=(",", ":")).encode())
    refused(read, json.dumps({**members, "x": 1}, separators=(",", ":")).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"null",
        b"true",
        b"5",
        b'"CHECK"',
        b"{}",
        b"[]",
        b"[" * 243,
        b"{" * 243,
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b'{"type":"CHECK"}',
        b'{"type":"ERROR","ok":false,"error":"bad-request"}',
        b'{"type":"CHECK","id":"' + ID.encode() + b'"} {}',
        b'{"type":"CHECK","id":"' + ID.encode() + b'"}x',
        b'\xef\xbb\xbf{"type":"CHECK","id":"' + ID.encode() + b'"}',
        b'{"type":"CHECK","id":"' + ID.encode() + b'\xff"}',
        b'{"type":"check","id":"' + ID.encode() + b'"}',
        b'{"type":"\\ud800","id":"' + ID.encode() + b'"}',
        b'{"type":"CHECK","id":"' + ID.encode() + b'","\\ud800":1}',
        b'{"type":["CHECK"],"id":"' + ID.encode() + b'"}',
        '{"type":"CHECK","id":"ID"}'.replace("ID", ID).encode("utf-16"),
        b"\x00" * 243,
        b"a" * 1_000_000,
    ],
)
def test_what_is_not_a_request_is_refused(data: bytes) -> None:
    refused(read_request, data)


def test_a_key_that_occurs_twice_is_refused() -> None:
    good = b'{"type":"DEPOS","id":"%s","amount":5}' % ID.encode()
    twice = b'{"type":"DEPOS","id":"%s","amount":5,"amount":5}' % ID.encode()
    escaped = b'{"type":"DEPOS","id":"%s","amount":5,"\\u0061mount":9}' % ID.encode()
    assert read_request(good) == DepositRequest(id=ID, amount=5)
    refused(read_request, twice)
    refused(read_request, escaped)


def test_a_message_of_one_byte_more_than_a_record_holds_is_refused() -> None:
    data = b'{"type":"CHECK","id":"%s"}' % ID.encode()
    assert read_request(data + b" " * (243 - len(data))) == CheckRequest(id=ID)
    refused(read_request, data + b" " * (244 - len(data)))


def test_a_request_is_no_reply_and_a_reply_no_request() -> None:
    for request in REQUESTS:
        refused(read_reply, encode(request))
    for reply in REPLIES:
        refused(read_request, encode(reply))


def test_the_secret_of_a_card_is_in_no_repr() -> None:
    assert SECRET[:16] not in f"{REQUESTS[0]!r} {REQUESTS[0]!s} {REQUESTS[0].model_dump()!r}"


@pytest.mark.parametrize(
    "data",
    [
        f'{{"type":"CARD","account":"UPPER","secret":"{SECRET}"}}',
        f'{{"type":"CARD","account":"demo","secret":"{SECRET}0"}}',
        f'{{"type":"CARD","account":"demo","secret":"{SECRET}","x":1}}',
        f'{{"type":"CARD","account":"demo","secret":"{SECRET}"',
        f'{{"type":"CARD","account":"demo","secret":"{SECRET}\udcff"}}',
        f'{{"type":"{SECRET}"}}',
        f'{{"{SECRET}":1}}',
    ],
)
def test_an_error_keeps_nothing_of_the_message(data: str) -> None:
    error = refused(read_request, data.encode("utf-8", "surrogateescape"))
    assert error.__cause__ is None
    assert error.__context__ is None  # `from None` only hides it: a debugger or a logger still finds the input
    rendered = "".join(traceback.format_exception(error))
    assert SECRET[:16] not in f"{rendered} {error!r} {error.args!r} {vars(error)!r}"


def test_a_model_made_wrongly_here_does_not_show_the_secret_either() -> None:
    with pytest.raises(ValueError, match="account") as caught:
        CardRequest(account="UPPER", secret=CardSecret.from_hex(SECRET))
    assert SECRET[:16] not in str(caught.value)
    with pytest.raises(ValueError, match="secret") as caught:
        CardRequest.model_validate({"account": "demo", "secret": SECRET + "0"})
    assert SECRET[:16] not in str(caught.value)


@pytest.mark.parametrize(
    "members",
    [
        {"id": ID, "amount": "5"},
        {"id": ID, "amount": 5.0},
        {"id": ID, "amount": True},
        {"id": ID, "amount": 0},
        {"id": ID, "amount": MAX_AMOUNT + 1},
        {"id": ID.encode(), "amount": 5},
        {"id": ID, "amount": 5, "more": 1},
    ],
)
def test_a_model_made_here_is_as_strict_as_one_that_is_read(members: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        DepositRequest.model_validate(members)


@pytest.mark.parametrize("balance", [-1, MAX_AMOUNT + 1, 1.0])
def test_a_balance_made_here_is_in_range(balance: float) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Accepted.model_validate({"type": "CHECK", "id": ID, "balance": balance})


@pytest.mark.parametrize(
    "text",
    ['{"a":1.0}', '{"a":1e9}', '{"a":NaN}', '{"a":-Infinity}', '{"a":[1]}', '{"a":{}}', '{"a":-1}', '{"a":1,"a":1}'],
)
def test_the_json_reader_refuses_by_itself_what_no_message_has(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(not a whole number|not one flat object|out of range|a key occurs twice)$"):
        _parse(text.encode())


def test_request_ids_are_fresh() -> None:
    identities = {new_request_id() for _ in range(1000)}
    assert len(identities) == 1000
    assert all(CheckRequest(id=identity) for identity in identities)


def test_messages_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(CheckRequest(id=ID), "id", "0" * 32)  # noqa: B010  # what mypy forbids to write
