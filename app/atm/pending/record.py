"""The record of a request that was sent and not answered: its name, and what stands in it (PROTOCOL §13.6)."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.atm.pending.mark import BankMark
from app.credentials.public_key import SUITE_NAME, BankIdentity
from app.credentials.versions import heading, stated_version
from app.protocol.messages import AccountRequest, CardRequest, encode, read_request
from app.system.errors import FileError, MessageError

NOUN: Final = "record of pending requests"
MAX_RECORD: Final = 1024
"""The longest record in bytes, for the writer and for the reader."""

UNFINISHED: Final = ".new"
DAMAGED: Final = ".damaged"

_KIND: Final = "request"
_NOT_KNOWN: Final = "-"
_NAME: Final = re.compile(r"([0-9a-f]{32})(?:\.([0-9]+))?\.([0-9a-f]{16})((?:\.new)?(?:\.damaged)?)")
_ORDER_DIGITS: Final = 8


@dataclass(frozen=True)
class RecordName:
    """`<id>.<order>.<tag>`: the request's id, its place in the order of the card's requests, and the card's tag.

    A record from before requests were counted has no order. It was sent earlier than all that have one.
    """

    request_id: str
    order: int
    tag: str
    suffix: str = ""

    @classmethod
    def parse(cls, name: str) -> "RecordName | None":
        """Read the name of a file; None if it is not a record's."""
        match = _NAME.fullmatch(name)
        return None if match is None else cls(match[1], int(match[2] or 0), match[3], match[4])

    def __str__(self) -> str:
        return f"{self.request_id}.{self.order:0{_ORDER_DIGITS}}.{self.tag}{self.suffix}"


def write_record(request: AccountRequest, mark: BankMark) -> bytes:
    """Write what stands in a record: a line about the bank, and the message. Raises FileError if it is too long."""
    identity = _NOT_KNOWN if mark.identity is None else mark.identity.encode()
    line = " ".join([heading(_KIND), identity, mark.suite_name or _NOT_KNOWN, mark.key or _NOT_KNOWN])
    data = line.encode("ascii") + b"\n" + encode(request)
    if len(data) > MAX_RECORD:
        raise FileError(f"The {NOUN} would be longer than {MAX_RECORD} bytes; choose another suite.")
    return data


def read_record(data: bytes, name: RecordName, path: Path) -> tuple[AccountRequest, BankMark] | None:
    """Read what stands in a record. Gives None where it is not what its name says. Raises NewerFileError.

    A record from before records had versions is the message alone, and says nothing of the bank.
    """
    line, _, message = data[: MAX_RECORD + 1].partition(b"\n")
    line = line.removesuffix(b"\r")
    mark: BankMark | None = BankMark()
    if stated_version(line.decode("ascii", errors="replace"), _KIND, path, NOUN):
        mark = _parse_mark(line.decode("ascii", errors="replace"))
    else:
        message = data
    with suppress(MessageError):
        request = read_request(message)
        if mark is not None and not isinstance(request, CardRequest) and request.id == name.request_id:
            return request, mark
    return None


def _parse_mark(line: str) -> BankMark | None:
    fields = line.removeprefix(f"{heading(_KIND)} ").split(" ")
    if len(fields) != 3:
        return None
    identity, suite_name, key = fields
    if suite_name != _NOT_KNOWN and re.fullmatch(SUITE_NAME, suite_name) is None:
        return None
    with suppress(ValueError):
        return BankMark(
            None if identity == _NOT_KNOWN else BankIdentity.decode(identity),
            "" if suite_name == _NOT_KNOWN else suite_name,
            "" if key == _NOT_KNOWN else key,
        )
    return None
