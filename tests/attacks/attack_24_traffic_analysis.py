"""Attack 24: the sizes of records are watched, to tell a deposit from a withdrawal and a yes from a no."""

from app.protocol.messages import CardRefused, CardRequest, Request
from app.protocol.secret import CardSecret
from tests.attacks.attack import Attack, Outcome, expect, expect_same, variants
from tests.attacks.network import RECORD, frame_type
from tests.attacks.requests import CTR, DES3, GCM, VICTIM, check, deposit, withdraw
from tests.attacks.stage import Stage


async def all_records_look_alike(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        session, line = await scene.open_victim()
        requests: list[Request] = [
            check(),
            deposit(1),
            deposit(2**53 - 20_000),
            withdraw(1),
            withdraw(2**53 - 1),
            session.card.request(),
        ]
        for request in requests:
            await session.ask(request)
        await session.stream.send(b"what?")
        await session.reply()
        await session.stream.close()

        refused, other_line = await scene.open_session_and_line()
        wrong = CardRequest(account=VICTIM, secret=CardSecret(bytes(32)))
        expect(isinstance(await refused.ask(wrong), CardRefused), "a wrong secret is refused")
        await other_line.bank.end()

        for party in (line.client, line.bank, other_line.client, other_line.bank):
            sizes = {len(each) for each in party.frames if frame_type(each) == RECORD}
            expect_same(sizes, {8 + 256 + scene.suite.tag_size}, "the sizes of records")
        said = [sum(frame_type(each) == RECORD for each in party.frames) for party in (line.client, line.bank)]
        expect_same(said, [1 + len(requests) + 2] * 2, "records of each side, one for each message")


ATTACK = Attack(
    24,
    "Sizes on the wire",
    "§3.3, §6.1",
    "watches the sizes of records, to tell a deposit from a withdrawal and a yes from a no",
    "Every message is padded to one size: whatever is asked and answered, the wire shows one record like all others.",
    tuple(variants(all_records_look_alike, suite=(DES3, CTR, GCM), expected=Outcome(moved=2**53 - 20_000))),
)
