"""Attack 5: a message of one session is put in the place of its counterpart in another."""

from tests.attacks.attack import (
    AUTHENTICATION,
    BOTH_SIDES,
    CLIENT,
    CONNECTION,
    Attack,
    Outcome,
    Side,
    refused,
    variants,
)
from tests.attacks.requests import CTR, DES3, GCM, accepted, withdraw
from tests.attacks.stage import Stage


async def record(stage: Stage, suite: str, side: Side) -> None:
    """Both sessions are the same person's, at the same position, and say the same."""
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        other, others_line = await scene.open_victim()
        request = withdraw(10_00)
        line.across(side).hold()
        others_line.across(side).hold()
        await session.send(request)
        await other.send(request)
        await line.across(side).take()
        foreign = await others_line.across(side).take()
        await scene.refuses(line.side(side), foreign)
        others_line.across(side).release()
        others_line.side(side).give(foreign)
        accepted(await other.reply())


async def m1(stage: Stage, suite: str) -> None:
    """The bank answers the other client's M1, and this client does not take the answer for its own."""
    async with stage(suite) as scene:
        _, line = await scene.begin_session()
        await line.client.take()
        line.bank.give(scene.fresh_m1())
        await scene.refuses(line.client, await line.bank.take())


async def m2_and_m3_exchanged_between_two_handshakes(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        handshakes = []
        for _ in range(3):
            opening, line = await scene.begin_session()
            line.bank.give(await line.client.take())
            handshakes.append((opening, line))
        (_, first), (_, second), (opening, third) = handshakes
        await scene.refuses(first.client, await second.bank.take())
        third.client.give(await third.bank.take())
        await opening
        await scene.refuses(second.bank, await third.client.take())
        second.client.give_rst()
        await scene.reason(second.client)


ATTACK = Attack(
    5,
    "Splicing two sessions",
    "§4.4, §4.5, §4.6",
    "puts a message of one session in the place of its counterpart in another, of the same person with the same bank",
    "Every key comes from the whole transcript of its own handshake, so nothing of one session means anything in "
    "another.",
    (
        *variants(
            record,
            suite=(DES3, CTR, GCM),
            side=BOTH_SIDES,
            expected=lambda side: refused(side, AUTHENTICATION, moved=-10_00),
        ),
        *variants(m1, suite=(CTR, GCM), expected=refused(CLIENT, AUTHENTICATION)),
        *variants(
            m2_and_m3_exchanged_between_two_handshakes,
            suite=(DES3, GCM),
            expected=Outcome(bank=frozenset({AUTHENTICATION}), client=frozenset({AUTHENTICATION, CONNECTION})),
        ),
    ),
)
