"""Attack 16: the stream is cut into single bytes, or glued together, to confuse a parser about where a frame ends.

A correct system gives the same for every segmentation: a session whose every byte travels alone is as any other, and
so is one whose frames arrive in one packet (PROTOCOL §4.1).
"""

import asyncio

import pytest

from app.ledger import Ledger
from app.protocol.messages import Accepted
from framework.aio.accepted import ServerConnection
from tests.attacks.hostile_proxy import Line, Party
from tests.attacks.scene import CTR, DES3, GCM, OPENING_BALANCE, VICTIM, Scene, Session, Stage, deposit, withdraw
from tests.support.accounts import apply

BALANCES = [OPENING_BALANCE - 10_00, OPENING_BALANCE - 5_00, OPENING_BALANCE - 5_00]


async def conversation(session: Session) -> list[int]:
    """A session like any other: the balances that the bank says."""
    await session.show_card()
    replies = [await session.ask(withdraw(10_00)), await session.ask(deposit(5_00))]
    balances = [reply.balance for reply in replies if isinstance(reply, Accepted)]
    balances.append(await session.balance())
    await session.stream.close()
    return balances


async def pass_on(sender: Party, receiver: Party, size: int) -> None:
    """Carry every frame over in pieces of this size, each in a packet of its own."""
    while True:
        frame = await sender.take_whenever()
        for start in range(0, len(frame), size):
            receiver.give(frame[start : start + size])
            await asyncio.sleep(0)
            await asyncio.sleep(0)  # one turn of the loop to arrive, one to be read


async def whole_session_in_pieces(scene: Scene, size: int) -> Line:
    scene.proxy.holds = True
    opening = asyncio.create_task(scene.open_session())
    line = await scene.proxy.next_line()
    carriers = [
        asyncio.create_task(pass_on(line.client, line.bank, size)),
        asyncio.create_task(pass_on(line.bank, line.client, size)),
    ]
    try:
        assert await conversation(await opening) == BALANCES
    finally:
        for carrier in carriers:
            carrier.cancel()
        await asyncio.gather(*carriers, return_exceptions=True)
    return line


@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_every_byte_in_a_packet_of_its_own(stage: Stage, suite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    real = ServerConnection.data_received

    def counted(connection: ServerConnection, data: bytes) -> None:
        sizes.append(len(data))
        real(connection, data)

    monkeypatch.setattr(ServerConnection, "data_received", counted)
    async with stage(suite) as scene:
        sizes.clear()
        line = await whole_session_in_pieces(scene, 1)
        assert sum(sizes) >= line.client.byte_count
        assert sizes.count(1) > line.client.byte_count / 2, "the bytes did not travel alone"
        assert scene.failures() == []
        assert scene.balance() == OPENING_BALANCE - 5_00


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_pieces_of_other_sizes(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        for size in (2, 7, 8, 9, 255, 295, 297):
            await whole_session_in_pieces(scene, size)
            with Ledger(scene.ledger_path) as ledger:
                apply(ledger, VICTIM, deposit(5_00))  # every session begins with the same balance
        assert scene.failures() == []


@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_frames_glued_together(stage: Stage, suite: str) -> None:
    """M3, card, two withdrawals and a deposit in one packet; then all their answers in one."""
    async with stage(suite) as scene:
        scene.proxy.holds = True
        opening = asyncio.create_task(scene.open_session())
        line = await scene.proxy.next_line()
        line.bank.give(await line.client.take())
        line.client.give(await line.bank.take())
        session = await opening
        for request in (session.card.request(), withdraw(1_00), withdraw(2_00), deposit(4_00)):
            await session.send(request)
        line.bank.give(b"".join([await line.client.take() for _ in range(5)]))
        line.client.give(b"".join([await line.bank.take() for _ in range(4)]))
        replies = [await session.reply() for _ in range(4)]
        balances = [reply.balance for reply in replies if isinstance(reply, Accepted)]
        assert balances == [OPENING_BALANCE + each for each in (-1_00, -3_00, 1_00)]
        assert scene.failures() == []


async def test_frames_glued_and_cut_at_the_same_time(stage: Stage) -> None:
    """Packets that begin in one frame and end in the next, at every offset."""
    async with stage(CTR) as scene:
        session, line = await scene.open_victim()
        line.client.hold()
        for _ in range(20):
            await session.send(withdraw(1))
        stream = b"".join([await line.client.take() for _ in range(20)])
        for start in range(0, len(stream), 301):
            line.bank.give(stream[start : start + 301])
            await asyncio.sleep(0)
        replies = [await session.reply() for _ in range(20)]
        assert [reply.balance for reply in replies if isinstance(reply, Accepted)] == [
            OPENING_BALANCE - spent for spent in range(1, 21)
        ]
