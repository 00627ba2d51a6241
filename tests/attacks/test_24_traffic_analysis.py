"""Attack 24: the sizes of records are watched, to tell a deposit from a withdrawal and a yes from a no.

A correct system pads every message to one size: whatever is asked and answered, the wire shows a record like all
others, one for each message (PROTOCOL §3.3, §6.1).
"""

import pytest

from app.protocol.messages import CardRefused, CardRequest, Request
from app.protocol.secret import CardSecret
from tests.attacks.hostile_proxy import RECORD, frame_type
from tests.attacks.scene import CTR, DES3, GCM, VICTIM, Stage, check, deposit, withdraw


@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_all_records_look_alike(stage: Stage, suite: str) -> None:
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

        refused, other_line = await scene.open_session(), await scene.proxy.next_line()
        wrong = CardRequest(account=VICTIM, secret=CardSecret(bytes(32)))
        assert isinstance(await refused.ask(wrong), CardRefused)
        await other_line.bank.end()

        for party in (line.client, line.bank, other_line.client, other_line.bank):
            records = [each for each in party.frames if frame_type(each) == RECORD]
            assert {len(record) for record in records} == {8 + 256 + scene.suite.tag_size}
        said = [sum(frame_type(each) == RECORD for each in party.frames) for party in (line.client, line.bank)]
        assert said == [1 + len(requests) + 2] * 2
