"""Lines that are no commands: refused at the console, and independently by the bank."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from app.credentials.card import read_card
from app.protocol.messages import new_request_id
from app.protocol.names import APPLICATION, SERVER_NAME
from framework import Suite, open_channel
from framework.aio import ChannelStream
from framework.registry import Registry
from tests.e2e.programs import QUICK_SUITE, Programs, RunningBank, Town

AMOUNTS = [
    "1e9", "-5", "+5", "0.001", "NaN", "Infinity", "٣", "\uff15", "0", "0.0", "00", "007", ".5", "5.", "5,00", "1_000",
    "0x10", "1 2", "5\x00", "5\x1b[2J", "$5", "five", "90071992547409.92", "9" * 400, "½", "1\u00a0000",
    "\u22125", "'5'",
]  # fmt: skip
OTHERS = {
    "": "empty-line",
    "   \t ": "empty-line",
    "\0": "unknown-command",
    "\0" * 300: "unknown-command",
    "\x1b[31mCHECK\x1b[0m": "unknown-command",
    "CHECK\x07": "unknown-command",
    "C\u041dECK": "unknown-command",  # its second letter is Cyrillic
    "\u017f": "unknown-command",
    "BALANCE": "unknown-command",
    "w" * 900: "unknown-command",
    "CHECK 5": "unexpected-argument",
    "QUIT now": "unexpected-argument",
    "DEPOS": "no-amount",
    "withd  ": "no-amount",
    "CHECK" + " " * 1100: "line-too-long",
    "A" * 1_000_000: "line-too-long",
}
NO_TEXT = [b"\xff\xfe", b"DEPOS \xc3\x28", b"CHECK \xed\xa0\x80"]


def test_the_console_refuses_each_and_moves_nothing(programs: Programs) -> None:
    lines = [f"{command} {amount}" for amount in AMOUNTS for command in ("DEPOS", "WITHD")]
    script = "\n".join(["DEPOS 10", *lines, *OTHERS, ""]).encode() + b"\n".join([*NO_TEXT, b"CHECK"])
    ended = programs.run_warm("--suite", QUICK_SUITE, "--json", given=script)
    answers = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.code == 2
    assert answers.pop(0) == {"type": "DEPOS", "ok": True, "balance": "10.00"}
    assert answers.pop() == {"type": "CHECK", "ok": True, "balance": "10.00"}
    expected = [(line[:5], "invalid-amount") for line in lines]
    expected += [(_kind(line, error), error) for line, error in OTHERS.items()]
    expected += [("ERROR", "not-utf-8")] * len(NO_TEXT)
    assert [(answer["type"], answer["error"]) for answer in answers] == expected
    for answer in answers:
        assert set(answer) == {"type", "ok", "error", "message"}
        assert answer["ok"] is False
        assert answer["message"].isprintable()
        assert len(answer["message"]) < 150


def _kind(line: str, error: str) -> str:
    return line[:5].strip().upper() if error in ("unexpected-argument", "no-amount") else "ERROR"


def test_the_console_tells_people_in_one_line_each(programs: Programs) -> None:
    script = "\n".join([*(f"DEPOS {amount}" for amount in AMOUNTS), *OTHERS]) + "\n"
    ended = programs.run_warm("--suite", QUICK_SUITE, given=script)
    assert (ended.code, ended.out) == (2, "")
    refusals = ended.err.splitlines()[6:]
    assert len(refusals) == len(AMOUNTS) + len(OTHERS)
    assert all(line.isprintable() for line in refusals)
    assert all(line.startswith(f"line {number}: ") for number, line in enumerate(refusals, 1))


def request(**members: object) -> bytes:
    return json.dumps(members).encode()


def money(amount: object, kind: str = "DEPOS") -> bytes:
    return request(type=kind, id=new_request_id(), amount=amount)


RAW: list[bytes] = [
    *(money(amount) for amount in AMOUNTS),
    *(money(amount) for amount in (-5, 0, 0.001, 1e9, 2**53, 10**40, True, None, [5], {"value": 5}, "5")),
    b'{"type":"DEPOS","id":"%b","amount":NaN}' % new_request_id().encode(),
    b'{"type":"DEPOS","id":"%b","amount":Infinity}' % new_request_id().encode(),
    b'{"type":"DEPOS","id":"%b","amount":1e2}' % new_request_id().encode(),
    b'{"type":"DEPOS","id":"%b","amount":007}' % new_request_id().encode(),
    b'{"type":"DEPOS","id":"%b","amount":5,"amount":6}' % new_request_id().encode(),
    b'{"type":"DEPOS","id":"%b","amount":\xd9\xa3}' % new_request_id().encode(),
    money(5, "WITHDRAW"),
    money(5, "depos"),
    request(type="DEPOS", amount=5),
    request(type="DEPOS", id="", amount=5),
    request(type="DEPOS", id="g" * 32, amount=5),
    request(type="CHECK", id=new_request_id(), amount=5),
    request(type="CHECK", id=new_request_id(), account="bob"),
    request(type="CHECK"),
    b"",
    b" ",
    b"\n",
    b"\0" * 200,
    b"\xff\xfe",
    b"CHECK",
    b"DEPOS 50",
    b"null",
    b"{}",
    b"[]",
    b"[" * 240,
    b'{"a":' * 40,
    b'"' + b"w" * 230 + b'"',
    b"9" * 243,
    b"A" * 60_000,
    b"\x1b[31m",
]


@pytest.fixture
def over_a_channel(town: Town, registry: Registry) -> Callable[..., Awaitable[ChannelStream]]:
    """Open a real channel to a bank, and present no card yet."""
    suite = Suite.parse(QUICK_SUITE, registry)

    async def connect(bank: RunningBank) -> ChannelStream:
        from app.credentials.keystore import read_bank_key

        host, _, port = bank.address.rpartition(":")
        key = read_bank_key(town.data_dir / "bank.pub", QUICK_SUITE)
        return await open_channel(host, int(port), suite, key, application=APPLICATION, server_name=SERVER_NAME)

    return connect


async def ask(stream: ChannelStream, message: bytes) -> object:
    await stream.send(message)
    async with asyncio.timeout(20):
        answer = await stream.receive()
    assert answer is not None
    return json.loads(answer)


def card_message(path: Path) -> bytes:
    card = read_card(path)
    return request(type="CARD", account=card.account, secret=card.secret.hex())


async def test_the_bank_refuses_each_by_itself_and_the_session_goes_on(
    town: Town, over_a_channel: Callable[..., Awaitable[ChannelStream]]
) -> None:
    bank, card = town.bank(), town.account()
    async with await over_a_channel(bank) as stream:
        assert await ask(stream, card_message(card)) == {"type": "CARD", "ok": True}
        accepted = await ask(stream, money(1000))
        assert isinstance(accepted, dict)
        assert accepted["balance"] == 1000
        for message in RAW:
            answer = await ask(stream, message)
            assert answer == {"type": "ERROR", "ok": False, "error": "bad-request"}, message[:60]
        last = await ask(stream, request(type="CHECK", id=new_request_id()))
        assert isinstance(last, dict)
        assert last["balance"] == 1000
    assert bank.stop() == 0
    assert "Traceback" not in bank.log
    assert town.balance() == 1000


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (money(5), {"type": "DEPOS", "ok": False, "error": "card-required"}),
        (money(5, "WITHD"), {"type": "WITHD", "ok": False, "error": "card-required"}),
        (b"garbage", {"type": "ERROR", "ok": False, "error": "bad-request"}),
        (
            request(type="CARD", account="alice", secret="0" * 64),
            {"type": "CARD", "ok": False, "error": "card-refused"},
        ),
    ],
    ids=["DEPOS", "WITHD", "garbage", "another's card"],
)
async def test_without_a_card_the_bank_serves_nothing_and_ends_the_session(
    town: Town, over_a_channel: Callable[..., Awaitable[ChannelStream]], message: bytes, said: dict[str, object]
) -> None:
    bank, _card = town.bank(), town.account()
    async with await over_a_channel(bank) as stream:
        answer = await ask(stream, message)
        assert isinstance(answer, dict)
        answer.pop("id", None)
        assert answer == said
        async with asyncio.timeout(4):  # the time for a card is longer
            assert await stream.receive() is None
    assert town.balance() == 0
