"""Attack 27: a server that the client trusts passes the client's handshake on to another server, as its own."""

from app.protocol.names import APPLICATION, SERVER_NAME
from framework import KeyPair
from tests.attacks.attack import AUTHENTICATION, Attack, Outcome, variants
from tests.attacks.network import HEADER, M3, frame
from tests.attacks.requests import CTR, DES3, GCM
from tests.attacks.rogue import NONCE_SIZE, RogueClient
from tests.attacks.stage import Stage


async def ephemeral_key_that_is_passed_on(stage: Stage, suite: str, *, seals_itself: bool) -> None:
    """The client pins the key of the middle, who opens M1 and seals the client's ephemeral key again, for the bank.

    The client is then given the bank's M2, or one of the middle's own with the bank's ciphertext in it.
    """
    async with stage(suite) as scene:
        banks_key = scene.key_pair.public_key
        scene.key_pair = scene.suite.key_exchange.generate_key_pair()
        _, client, m1 = await scene.call_impostor()
        inside = scene.rogue_bank()
        inside.read_m1(m1)
        nobodys = KeyPair(inside.ephemeral_public_key, bytes(scene.suite.key_exchange.private_key_size))
        outside = RogueClient(scene.suite, banks_key, nobodys, APPLICATION, SERVER_NAME)
        bank = await scene.proxy.dial()
        bank.give(outside.m1())
        m2 = await bank.take()
        start = HEADER.size + NONCE_SIZE
        ciphertext = m2[start : start + scene.suite.key_exchange.ciphertext_size]
        await scene.refuses(client, inside.m2(ciphertext=ciphertext) if seals_itself else m2)
        await scene.refuses(bank, frame(M3, bytes(32 + scene.suite.tag_size)))


ATTACK = Attack(
    27,
    "Unknown key share",
    "§4.2, §4.4, §5",
    "is a server that the client trusts, opens its M1, seals the client's ephemeral key again for the bank, and passes "
    "the bank's answer on",
    "The whole transcript, with the server's key, is in every key: the client does not take the bank's answer for that "
    "of the server it called, and nobody has an M3 for the bank.",
    tuple(
        variants(
            ephemeral_key_that_is_passed_on,
            suite=(DES3, CTR, GCM),
            seals_itself=(False, True),
            expected=Outcome(bank=frozenset({AUTHENTICATION}), client=frozenset({AUTHENTICATION})),
        )
    ),
)
