"""What the attacks rest on: pieces that travel alone, and verdicts that can be bad."""

import asyncio
from pathlib import Path

import pytest

from tests.attacks.attack import BANK, CLIENT, MALFORMED, SERVED, Case, Outcome, Step, expect, refused, rows, variants
from tests.attacks.attack_16_segmentation import pass_on
from tests.attacks.network import RECORD, HostileProxy, frame
from tests.attacks.requests import CTR, withdraw
from tests.attacks.stage import Props, Stage


class Reader(asyncio.Protocol):
    """Notes how many bytes each read has brought."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def data_received(self, data: bytes) -> None:
        self.sizes.append(len(data))


async def test_pieces_travel_alone() -> None:
    reader = Reader()
    server = await asyncio.get_running_loop().create_server(lambda: reader, "127.0.0.1", 0)
    async with server, HostileProxy(*server.sockets[0].getsockname()) as proxy:
        _, writer = await asyncio.open_connection(*proxy.address)
        line = await proxy.next_line()
        line.hold()
        writer.write(frame(RECORD, bytes(92)))
        carrier = asyncio.create_task(pass_on(line.client, line.bank, 1))
        async with asyncio.timeout(5):
            while sum(reader.sizes) < 100:  # noqa: ASYNC110 - a transport sets no asyncio.Event
                await asyncio.sleep(0.01)
        carrier.cancel()
        await asyncio.gather(carrier, return_exceptions=True)
        writer.close()
    assert reader.sizes.count(1) > 90


async def money_moves(stage: Stage) -> None:
    async with stage(CTR) as scene:
        session, _ = await scene.open_victim()
        await session.ask(withdraw(1_00))


async def something_is_refused(stage: Stage) -> None:
    async with stage(CTR) as scene:
        _, line = await scene.open_victim()
        await scene.refuses(line.bank, frame(1, b""))


async def something_shows(stage: Stage) -> None:
    async with stage(CTR):
        expect(1 > 2, "one is more than two")


@pytest.mark.parametrize(
    ("play", "expected", "other"),
    [
        (money_moves, Outcome(moved=-1_00), SERVED),
        (something_is_refused, refused(BANK, MALFORMED), refused(CLIENT, MALFORMED)),
        (something_is_refused, refused(BANK, MALFORMED), SERVED),
    ],
)
async def test_a_verdict_compares_the_outcome(play: object, expected: Outcome, other: Outcome, tmp_path: Path) -> None:
    props = Props()
    for number, (wanted, good) in enumerate(((expected, True), (other, False))):
        [case] = variants(play, expected=wanted)  # type: ignore[arg-type]
        verdict = await case.run(Stage(props, tmp_path / str(number)))
        assert verdict.as_expected is good
        assert str(wanted) in str(verdict)


async def test_a_surprise_is_no_success(tmp_path: Path) -> None:
    verdict = await Case("shows", something_shows, {}, SERVED).run(Stage(Props(), tmp_path))
    assert not verdict.as_expected
    assert str(verdict) == "not so: one is more than two"


async def test_whoever_watches_sees_each_step(tmp_path: Path) -> None:
    steps: list[Step] = []
    await Case("refused", something_is_refused, {}, SERVED).run(Stage(Props(), tmp_path, steps.append))
    told = [f"{step.who} {step.does}" for step in steps]
    assert "client says M1, 216 bytes" in told
    fault = told.index("attacker gives the bank M1, 8 bytes")
    assert told[fault + 1] == "bank notes in its log: malformed (a frame M1 in the state OPEN)"
    assert told[fault + 2] == "bank resets the connection"
    assert steps[fault].data == frame(1, b"")


def test_variants_are_every_combination() -> None:
    cases = [*variants(money_moves, rows("a b", (1, 2), (3, 4)), c=(5, 6), expected=lambda c: Outcome(moved=c))]
    assert [(case.name, case.expected.moved) for case in cases] == [
        ("money_moves-1-2-5", 5),
        ("money_moves-1-2-6", 6),
        ("money_moves-3-4-5", 5),
        ("money_moves-3-4-6", 6),
    ]
