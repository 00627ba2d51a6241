"""Attack 9: a message of the handshake is left out, doubled, or answered with another."""

from tests.attacks.attack import BANK, CLIENT, MALFORMED, Attack, refused, variants
from tests.attacks.network import HEADER, M1, M2, M3, RECORD, Party, frame
from tests.attacks.requests import CTR, DES3, GCM, withdraw
from tests.attacks.rogue import now_ms
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage

EXPECTED = {"EXPECT_M1": M1, "EXPECT_M3": M3, "OPEN": RECORD}
"""The bank's states and the one frame that each takes."""

UNEXPECTED = [
    (state, message) for state, expected in EXPECTED.items() for message in (M1, M2, M3, RECORD) if message != expected
]


async def recorded(scene: Scene) -> dict[int, bytes]:
    """Genuine frames of each type, of another connection."""
    _, line = await scene.open_victim()
    return {
        M1: line.client.frames[0],
        M2: line.bank.frames[0],
        M3: line.client.frames[1],
        RECORD: line.client.frames[2],
    }


async def bank_in(scene: Scene, state: str) -> Party:
    """The bank's side of a connection, in this state."""
    if state == "OPEN":
        _, line = await scene.open_victim()
        return line.bank
    if state == "EXPECT_M3":
        bank, _ = await scene.half_open()
        return bank
    return await scene.proxy.dial()


async def every_other_frame_to_the_bank(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        frames = await recorded(scene)
        states = UNEXPECTED[:: 4 if suite == DES3 else 1]
        await scene.refuse_all([(await bank_in(scene, state), frames[message]) for state, message in states])


async def every_other_frame_to_a_client_that_awaits_m2(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        frames = await recorded(scene)
        faults = []
        for wrong in (frames[M1], frames[M3], frames[RECORD], frame(M2, b"")):
            _, line = await scene.begin_session()
            await line.client.take()
            faults.append((line.client, wrong))
        await scene.refuse_all(faults)


async def second_m2_to_the_client(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        _, line = await scene.open_victim()
        await scene.refuses(line.client, line.bank.frames[0] * 2)


async def records_without_m3(stage: Stage, suite: str) -> None:
    """M3 is dropped, and what follows it is genuine: the bank has not seen that the client holds its ephemeral key."""
    async with stage(suite) as scene:
        session, line, _ = await scene.open_before_m3()
        await session.send(session.card.request())
        await session.send(withdraw(10_00))
        await scene.refuses(line.bank, await line.client.take() + await line.client.take())


async def genuine_messages_under_another_type(stage: Stage, suite: str) -> None:
    """M1 and M3 as they are due, fresh and for this connection; only the type in the header is another's."""
    async with stage(suite) as scene:
        faults = []
        for expected in (M1, M3):
            for other in {M1, M2, M3, RECORD} - {expected}:
                bank, channel = await scene.proxy.dial(f"127.0.1.{expected}"), scene.client_channel()
                message = channel.data_to_send()
                if expected == M3:
                    bank.give(message)
                    channel.receive_data(await bank.take(), now_ms())
                    message = channel.data_to_send()
                faults.append((bank, frame(other, message[HEADER.size :])))
        await scene.refuse_all(faults)


async def empty_messages_to_the_bank(stage: Stage) -> None:
    async with stage(CTR) as scene:
        await scene.refuse_all([(await bank_in(scene, state), frame(kind, b"")) for state, kind in EXPECTED.items()])


ATTACK = Attack(
    9,
    "Leaving out, doubling or exchanging messages of the handshake",
    "§4.1, §7",
    "leaves out a message of the handshake, doubles it, or gives another in its place; FREAK (CVE-2015-0204) lived on "
    "state machines that took messages they had not asked for",
    "No message is optional: the table names the one frame that a state takes, and every other is fatal at its header.",
    (
        *variants(every_other_frame_to_the_bank, suite=(DES3, CTR, GCM), expected=refused(BANK, MALFORMED)),
        *variants(every_other_frame_to_a_client_that_awaits_m2, suite=(CTR, GCM), expected=refused(CLIENT, MALFORMED)),
        *variants(second_m2_to_the_client, suite=(CTR, GCM), expected=refused(CLIENT, MALFORMED)),
        *variants(records_without_m3, suite=(DES3, GCM), expected=refused(BANK, MALFORMED)),
        *variants(genuine_messages_under_another_type, suite=(CTR, GCM), expected=refused(BANK, MALFORMED)),
        *variants(empty_messages_to_the_bank, expected=refused(BANK, MALFORMED)),
    ),
)
