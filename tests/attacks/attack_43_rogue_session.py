"""Attack 43: the victim is brought into the attacker's session, or the attacker's messages into the victim's."""

from tests.attacks.attack import (
    AUTHENTICATION,
    BANK,
    CLIENT,
    MALFORMED,
    SERVED,
    Attack,
    expect_same,
    refused,
    variants,
)
from tests.attacks.requests import BYSTANDER, CTR, DES3, GCM, deposit, withdraw
from tests.attacks.stage import Stage


async def victims_messages_in_the_attackers_session(stage: Stage, suite: str) -> None:
    """The attacker has an account, opens a session of his own, and lets the victim deposit there."""
    async with stage(suite) as scene:
        victim, line = await scene.open_victim()
        line.client.hold()
        await victim.send(deposit(50_00))
        money = await line.client.take()
        attacker = await scene.open_puppet()
        attacker.card = scene.cards[BYSTANDER]
        await attacker.show_card()
        await scene.refuses(attacker.bank, money)
        expect_same(scene.balance(BYSTANDER), 1, "the attacker's balance")


async def attackers_messages_in_the_victims_handshake(stage: Stage, suite: str, *, behind: bool) -> None:
    """What the attacker has sealed in a session of his own is slipped in before the victim's M3, or behind it."""
    async with stage(suite) as scene:
        attacker = await scene.open_puppet()
        his_card = attacker.seal(attacker.card.request())
        _, line, m3 = await scene.open_before_m3()
        await scene.refuses(line.bank, m3 + his_card if behind else his_card + m3)


async def banks_messages_of_the_attackers_session(stage: Stage, suite: str) -> None:
    """The client is given the M2 that the bank made for the attacker."""
    async with stage(suite) as scene:
        bank = await scene.proxy.dial()
        bank.give(scene.fresh_m1())
        foreign = await bank.take()
        _, client, _ = await scene.call_impostor()
        await scene.refuses(client, foreign)


async def requests_before_a_card(stage: Stage, suite: str) -> None:
    """Inside an open channel, a request of somebody who has shown no card moves nothing, of whoever's account."""
    async with stage(suite) as scene:
        puppet = await scene.open_puppet()
        reply = await puppet.ask(withdraw(10_00))
        expect_same((reply.ok, getattr(reply, "error", "")), (False, "card-required"), "the answer")


ATTACK = Attack(
    43,
    "Rogue sessions",
    "§4.5, §7",
    "brings the victim into his own session, or his messages into the victim's, as it could be done to AsyncSSH during "
    "the handshake (CVE-2023-46445, CVE-2023-46446)",
    "No message of an application is taken before M3 has opened, and who speaks with the bank in a session is one "
    "throughout.",
    (
        *variants(
            victims_messages_in_the_attackers_session, suite=(DES3, CTR, GCM), expected=refused(BANK, AUTHENTICATION)
        ),
        *variants(
            attackers_messages_in_the_victims_handshake,
            suite=(CTR, GCM),
            behind=(False, True),
            expected=lambda behind: refused(BANK, AUTHENTICATION if behind else MALFORMED),
        ),
        *variants(banks_messages_of_the_attackers_session, suite=(CTR, GCM), expected=refused(CLIENT, AUTHENTICATION)),
        *variants(requests_before_a_card, suite=(CTR, GCM), expected=SERVED),
    ),
)
