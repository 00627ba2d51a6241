"""Attack 29: a client's keys are stolen, to pose as the bank to it (key compromise impersonation)."""

from tests.attacks.attack import AUTHENTICATION, CLIENT, Attack, refused, variants
from tests.attacks.requests import CTR, DES3, GCM
from tests.attacks.rogue import encapsulated
from tests.attacks.stage import Stage

GUESSES = ("nothing", "zeros", "a secret for the bank", "a secret for the client")


async def thief_poses_as_the_bank(stage: Stage, suite: str, guess: str) -> None:
    """He lacks the one secret that M1 has sealed for the bank, and puts a guess in its place."""
    async with stage(suite) as scene:
        ephemeral = scene.take_ephemeral()
        scene.take_ephemeral = lambda: ephemeral
        _, client, m1 = await scene.call_impostor()
        secrets = {
            "nothing": b"",
            "zeros": bytes(32),
            "a secret for the bank": encapsulated(scene.suite, scene.key_pair.public_key)[1],
            "a secret for the client": encapsulated(scene.suite, ephemeral.public_key)[1],
        }
        thief = scene.rogue_bank()
        thief.follow_m1(m1, secrets[guess])
        thief.ephemeral_public_key = ephemeral.public_key
        await scene.refuses(client, thief.m2())


ATTACK = Attack(
    29,
    "Posing as the bank to a client whose keys were stolen",
    "§4.3, §4.4, §5",
    "has all keys of a client, its ephemeral private key included, and poses as the bank to it",
    "M1 holds a secret that only the bank's key opens, and every key after it needs that secret: the client refuses.",
    tuple(
        variants(
            thief_poses_as_the_bank, suite=(DES3, CTR, GCM), guess=GUESSES, expected=refused(CLIENT, AUTHENTICATION)
        )
    ),
)
