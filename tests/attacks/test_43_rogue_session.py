"""Attack 43: the victim is brought into the attacker's session, or the attacker's messages into the victim's.

In AsyncSSH an attacker on the path could do both during the handshake (CVE-2023-46445, CVE-2023-46446). A correct
system takes no message of an application before M3 has opened, and who speaks with the bank in a session is one
throughout (PROTOCOL §4.5, §7).
"""

import asyncio

import pytest

from framework import ChannelError
from framework.events import FailureReason
from tests.attacks.scene import BYSTANDER, CTR, DES3, GCM, OPENING_BALANCE, Stage, deposit, fails_silently, withdraw


@pytest.mark.parametrize("suite", [DES3, CTR, GCM])
async def test_victims_messages_in_the_attackers_session(stage: Stage, suite: str) -> None:
    """The attacker has an account, opens a session of his own, and lets the victim deposit there."""
    async with stage(suite) as scene:
        victim, line = await scene.open_victim()
        line.client.hold()
        await victim.send(deposit(50_00))
        money = await line.client.take()
        attacker = await scene.open_puppet()
        attacker.card = scene.cards[BYSTANDER]
        await attacker.show_card()
        await fails_silently(attacker.bank, lambda: attacker.bank.give(money))
        assert scene.failures_at_bank(attacker.bank) == [FailureReason.AUTHENTICATION]
        assert scene.balance(BYSTANDER) == 1


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_attackers_messages_in_the_victims_handshake(stage: Stage, suite: str) -> None:
    """What the attacker has sealed in a session of his own is slipped in before the victim's M3, and behind it."""
    async with stage(suite) as scene:
        attacker = await scene.open_puppet()
        his_card = attacker.seal(attacker.card.request())
        scene.proxy.holds = True
        for behind in (False, True):
            opening = asyncio.create_task(scene.open_session())
            line = await scene.proxy.next_line()
            line.bank.give(await line.client.take())
            line.client.give(await line.bank.take())
            await opening
            m3 = await line.client.take()
            wire = m3 + his_card if behind else his_card + m3
            await fails_silently(line.bank, lambda line=line, wire=wire: line.bank.give(wire))  # type: ignore[misc]
            expected = FailureReason.AUTHENTICATION if behind else FailureReason.MALFORMED
            assert scene.failures_at_bank(line.bank) == [expected]


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_banks_messages_of_the_attackers_session(stage: Stage, suite: str) -> None:
    """The client is given the M2 that the bank made for the attacker."""
    async with stage(suite) as scene:
        bank = await scene.proxy.dial()
        bank.give(scene.client_channel().data_to_send())
        foreign = await bank.take()
        scene.proxy.impersonates = scene.proxy.holds = True
        opening = asyncio.create_task(scene.open_session())
        line = await scene.proxy.next_line()
        await line.client.take()
        await fails_silently(line.client, lambda: line.client.give(foreign))
        with pytest.raises(ChannelError) as raised:
            await opening
        assert raised.value.reason == FailureReason.AUTHENTICATION


@pytest.mark.parametrize("suite", [CTR, GCM])
async def test_requests_before_a_card(stage: Stage, suite: str) -> None:
    """Inside an open channel, a request of somebody who has shown no card moves nothing, of whoever's account."""
    async with stage(suite) as scene:
        puppet = await scene.open_puppet()
        reply = await puppet.ask(withdraw(10_00))
        assert not reply.ok
        assert reply.error == "card-required"
        assert scene.balance() == OPENING_BALANCE
