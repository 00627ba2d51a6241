"""Messages: whatever a model can hold fits one record and reads back; whatever else comes is one quiet refusal."""

import json
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.protocol.messages import (
    ACCOUNT_NAME,
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
    encode,
    read_reply,
    read_request,
)
from app.protocol.money import MAX_AMOUNT
from app.protocol.secret import CardSecret
from app.system.errors import MessageError

identities = st.binary(min_size=16, max_size=16).map(bytes.hex)
amounts = st.integers(1, MAX_AMOUNT)
kinds = st.sampled_from(["CHECK", "DEPOS", "WITHD"])
refusals = st.sampled_from(Refusal)
requests: st.SearchStrategy[Request] = st.one_of(
    st.builds(
        CardRequest,
        account=st.from_regex(ACCOUNT_NAME, fullmatch=True),
        secret=st.binary(min_size=32, max_size=32).map(CardSecret),
    ),
    st.builds(CheckRequest, id=identities),
    st.builds(DepositRequest, id=identities, amount=amounts),
    st.builds(WithdrawRequest, id=identities, amount=amounts),
)
replies: st.SearchStrategy[Reply] = st.one_of(
    st.just(CardAccepted()),
    st.builds(CardRefused, error=refusals),
    st.builds(Accepted, type=kinds, id=identities, balance=st.integers(0, MAX_AMOUNT)),
    st.builds(Refused, type=kinds, id=identities, error=refusals),
    st.just(Unintelligible()),
)


@settings(deadline=None)
@given(requests)
def test_a_request_reads_back_and_fits(message: Request) -> None:
    data = encode(message)
    assert len(data) <= MAX_MESSAGE_SIZE
    assert read_request(data) == message
    assert encode(read_request(data)) == data


@settings(deadline=None)
@given(replies)
def test_a_reply_reads_back_and_fits(message: Reply) -> None:
    data = encode(message)
    assert len(data) <= MAX_MESSAGE_SIZE
    assert read_reply(data) == message
    assert encode(read_reply(data)) == data


@settings(deadline=None)
@given(requests, st.data())
def test_a_byte_changed_is_refused_or_still_one_canonical_message(message: Request, data: st.DataObject) -> None:
    wire = bytearray(encode(message))
    wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = read_request(bytes(wire))
    except MessageError:
        return
    assert json.loads(encode(read)) == json.loads(bytes(wire))


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
tree = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner), max_leaves=8)
near = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["CARD", "CHECK", "DEPOS", "WITHD", "ERROR"]) | scalars,
        "id": identities | scalars,
        "amount": st.integers() | scalars,
        "balance": st.integers() | scalars,
        "ok": scalars,
        "error": refusals | scalars,
        "account": st.text(max_size=40),
        "secret": st.text(max_size=70),
    },
)


@pytest.mark.parametrize("read", [read_request, read_reply])
@settings(deadline=None)
@given(
    data=st.binary(max_size=300)
    | tree.map(lambda value: json.dumps(value).encode())
    | near.map(lambda value: json.dumps(value).encode())
)
@example(data=b'{"type":"CARD","ok":1}')
@example(data=b'{"type":"ERROR","ok":false}')
def test_whatever_comes_is_a_message_or_one_error(read: Callable[[bytes], Request | Reply], data: bytes) -> None:
    caught: MessageError | None = None
    try:
        message = read(data)
    except MessageError as error:
        caught = error
    if caught is None:  # read as written: nothing coerced (1 is not true), nothing filled in, nothing dropped
        assert json.dumps(json.loads(data), sort_keys=True) == json.dumps(json.loads(encode(message)), sort_keys=True)
    else:
        assert (caught.args, caught.__cause__, caught.__context__) == (MessageError().args, None, None)
