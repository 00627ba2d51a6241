"""Attack 2: a whole session is recorded, and its half is played back to the other side as if it were new."""

from tests.attacks.attack import (
    AUTHENTICATION,
    BANK,
    CLIENT,
    MALFORMED,
    Attack,
    expect,
    expect_same,
    refused,
    rows,
    variants,
)
from tests.attacks.network import M1, M2, M3, RECORD, frame_type
from tests.attacks.requests import CTR, DES3, GCM, withdraw
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage


async def recorded_session(scene: Scene) -> tuple[list[bytes], list[bytes]]:
    """What client and bank send in a session with a withdrawal, from the first byte to close_notify."""
    session, line = await scene.open_session_and_line(scene.suite.key_exchange.generate_key_pair)
    await session.show_card()
    await session.ask(withdraw(10_00))
    await session.stream.close()
    kinds = [[frame_type(each) for each in party.frames] for party in (line.client, line.bank)]
    expect_same(kinds, [[M1, M3, RECORD, RECORD, RECORD], [M2, RECORD, RECORD, RECORD]], "the frames of a session")
    return line.client.frames, line.bank.frames


async def client_half(stage: Stage, suite: str, *, with_records: bool) -> None:
    """The bank was started again, and remembers nothing: it answers an old M1 with a new M2."""
    async with stage(suite) as scene:
        (m1, *rest), (m2, *_) = await recorded_session(scene)
        await scene.restart_bank()
        bank = await scene.proxy.dial()
        bank.give(m1)
        fresh_m2 = await bank.take()
        expect(differs_everywhere(fresh_m2[8:], m2[8:]), "nothing of the old M2 is in the new one")
        await scene.refuses(bank, b"".join(rest) if with_records else rest[0])


async def client_half_in_one_packet(stage: Stage, suite: str, *, remembers: bool) -> None:
    """A bank that remembers nothing refuses what follows an M1 that it has not answered."""
    async with stage(suite) as scene:
        client_frames, _ = await recorded_session(scene)
        if not remembers:
            await scene.restart_bank()
        await scene.refuses(await scene.proxy.dial(), b"".join(client_frames))


async def its_first_message_alone(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        (m1, *_), _ = await recorded_session(scene)
        await scene.refuses(await scene.proxy.dial(), m1)


async def bank_half(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        _, bank_frames = await recorded_session(scene)
        _, client, _ = await scene.call_impostor()
        await scene.refuses(client, b"".join(bank_frames))


def differs_everywhere(ours: bytes, theirs: bytes) -> bool:
    """No sixteen bytes of the one stand in the other: nonce, ciphertext and sealed payload are all new."""
    return not any(ours[start : start + 16] in theirs for start in range(len(ours) - 15))


ATTACK = Attack(
    2,
    "Replay of a whole session",
    "§4.3, §4.4, §4.5, §4.8",
    "records a session from the first byte to the last, and plays one half of it back to the other side",
    "A bank remembers first messages. A bank that was started again answers an old M1 with a new M2, so the old M3 "
    "does not open. A client takes an old M2 for a forgery.",
    (
        *variants(
            client_half,
            rows("suite with_records", (DES3, True), (CTR, False), (GCM, True)),
            expected=refused(BANK, AUTHENTICATION, moved=-10_00),
        ),
        *variants(
            client_half_in_one_packet,
            suite=(CTR, GCM),
            remembers=(True, False),
            expected=lambda remembers: refused(BANK, AUTHENTICATION if remembers else MALFORMED, moved=-10_00),
        ),
        *variants(its_first_message_alone, suite=(DES3, GCM), expected=refused(BANK, AUTHENTICATION, moved=-10_00)),
        *variants(bank_half, suite=(DES3, GCM), expected=refused(CLIENT, AUTHENTICATION, moved=-10_00)),
    ),
)
