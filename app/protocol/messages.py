"""What an ATM and the bank say to each other inside the channel: strict models, their reader and their writer.

A message is one flat JSON object of at most 243 bytes, so that each fits one padded record and all look alike
on the wire. Amounts and balances are whole minor units.
"""

import json
import secrets
from enum import StrEnum
from typing import Annotated, Final, Literal, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, StringConstraints, TypeAdapter

from app.protocol.money import MAX_AMOUNT
from app.protocol.secret import CardSecret
from app.system.errors import MessageError

RECORD_QUANTUM: Final = 256
"""Bytes that a record's content is padded to (PROTOCOL §3.3, pad_quantum)."""
RECORD_OVERHEAD: Final = 13
"""Bytes of that which the record needs itself (PROTOCOL §6.1): u8 content type, u64 timestamp, u32 length."""
MAX_MESSAGE_SIZE: Final = RECORD_QUANTUM - RECORD_OVERHEAD
"""The longest message in bytes, 243: every message is one record, and every record has one size."""

ACCOUNT_NAME: Final = "[a-z0-9][a-z0-9-]{0,31}"
"""What an account may be called, as a regular expression for the whole name."""

_MAX_DIGITS = len(str(MAX_AMOUNT))


class Refusal(StrEnum):
    """Why the bank did not do what was asked; these words are what crosses the wire."""

    INSUFFICIENT_FUNDS = "insufficient-funds"
    BALANCE_LIMIT = "balance-limit"
    REQUEST_ID_REUSED = "request-id-reused"
    CARD_REQUIRED = "card-required"
    CARD_REFUSED = "card-refused"
    CARD_ALREADY_PRESENTED = "card-already-presented"
    TOO_MANY_SESSIONS = "too-many-sessions"  # what a bank of an earlier version says; now an older session gives way
    BAD_REQUEST = "bad-request"


def _card_secret(value: object) -> CardSecret:
    if isinstance(value, CardSecret):
        return value
    if isinstance(value, str):
        return CardSecret.from_hex(value)
    raise ValueError("a card secret is written as 64 lower-case hex digits")


# \A and \z, for a regular expression that has to match is searched for otherwise.
AccountName = Annotated[str, StringConstraints(pattern=rf"\A{ACCOUNT_NAME}\z")]
RequestId = Annotated[str, StringConstraints(pattern=r"\A[0-9a-f]{32}\z")]
Amount = Annotated[int, Field(ge=1, le=MAX_AMOUNT)]
Balance = Annotated[int, Field(ge=0, le=MAX_AMOUNT)]
Secret = Annotated[
    CardSecret,
    PlainValidator(_card_secret),
    PlainSerializer(lambda secret: secret.hex(), return_type=str, when_used="json"),
]
# Strict mode would take the enumeration's member alone; by value, a string must still be one of the words exactly.
AnyRefusal = Annotated[Refusal, Field(strict=False)]


class _Message(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class CardRequest(_Message):
    """Presents the card; the first message of a session. `secret` is 32 bytes, in hex on the wire."""

    type: Literal["CARD"] = "CARD"
    account: AccountName
    secret: Secret


class CheckRequest(_Message):
    """Asks for the balance. `id` is 16 random bytes in hex, as in every request that the ledger answers."""

    type: Literal["CHECK"] = "CHECK"
    id: RequestId


class DepositRequest(_Message):
    """Adds `amount` minor units to the account."""

    type: Literal["DEPOS"] = "DEPOS"
    id: RequestId
    amount: Amount


class WithdrawRequest(_Message):
    """Takes `amount` minor units from the account."""

    type: Literal["WITHD"] = "WITHD"
    id: RequestId
    amount: Amount


class CardAccepted(_Message):
    """The session may ask for the account of the card."""

    type: Literal["CARD"] = "CARD"
    ok: Literal[True] = True


class CardRefused(_Message):
    """The card is not good, the session has one already, or its account has too many sessions."""

    type: Literal["CARD"] = "CARD"
    ok: Literal[False] = False
    error: AnyRefusal


class Accepted(_Message):
    """The request was carried out; `balance` minor units are in the account after it."""

    type: Literal["CHECK", "DEPOS", "WITHD"]
    id: RequestId
    ok: Literal[True] = True
    balance: Balance


class Refused(_Message):
    """The request was not carried out and never will be under this id, unless a card was all that lacked."""

    type: Literal["CHECK", "DEPOS", "WITHD"]
    id: RequestId
    ok: Literal[False] = False
    error: AnyRefusal


class Unintelligible(_Message):
    """The bank could not read the message, so it can say neither its type nor its id."""

    type: Literal["ERROR"] = "ERROR"
    ok: Literal[False] = False
    error: Literal[Refusal.BAD_REQUEST] = Refusal.BAD_REQUEST


AccountRequest = CheckRequest | DepositRequest | WithdrawRequest
AccountReply = Accepted | Refused
Request = CardRequest | AccountRequest
Reply = CardAccepted | CardRefused | AccountReply | Unintelligible

_M = TypeVar("_M", bound=BaseModel)
_REQUEST: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="type")])
_REPLY: TypeAdapter[Reply] = TypeAdapter(
    Annotated[
        Annotated[CardAccepted | CardRefused, Field(discriminator="ok")]
        | Annotated[AccountReply, Field(discriminator="ok")]
        | Unintelligible,
        Field(discriminator="type"),
    ]
)


def new_request_id() -> str:
    """Draw a request id: 16 random bytes in hex. A retry keeps the id of what it repeats."""
    return secrets.token_hex(16)


def encode(message: Request | Reply) -> bytes:
    """Write a message in its canonical form: compact JSON, keys in the order of the model."""
    return message.model_dump_json().encode("ascii")


def read_request(data: bytes) -> Request:
    """Read what an ATM sent. Raises MessageError, which says nothing of `data`."""
    return _read(_REQUEST, data)


def read_reply(data: bytes) -> Reply:
    """Read what the bank sent. Raises MessageError, which says nothing of `data`."""
    return _read(_REPLY, data)


def _read(adapter: TypeAdapter[_M], data: bytes) -> _M:
    try:
        members = _parse(data)
        message = adapter.validate_python(members)
        # For pydantic the number 1 is the literal True, and a default stands in for a key that is not there.
        if json.dumps(members, sort_keys=True) == json.dumps(message.model_dump(mode="json"), sort_keys=True):
            return message
    except (ValueError, RecursionError):
        pass
    # Raised out here so that the exception has no context: JSONDecodeError and ValidationError keep their input.
    raise MessageError


def _parse(data: bytes) -> object:
    """Read one flat JSON object. Raises ValueError for everything else."""
    if len(data) > MAX_MESSAGE_SIZE:
        raise ValueError("too long")
    # No value of a message contains a bracket, so this bounds the depth before the parser sees it.
    if data.count(b"{") != 1 or b"[" in data:
        raise ValueError("not one flat object")
    return json.loads(
        data.decode("utf-8"),
        object_pairs_hook=_unique_keys,
        parse_int=_natural_number,
        parse_float=_refuse_number,
        parse_constant=_refuse_number,
    )


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key occurs twice")
    return members


def _natural_number(text: str) -> int:
    if len(text) > _MAX_DIGITS or not (text.isascii() and text.isdigit()):
        raise ValueError("out of range")
    return int(text)


def _refuse_number(_text: str) -> NoReturn:
    raise ValueError("not a whole number")
