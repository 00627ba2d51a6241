"""Attack 30: everything is recorded today, and the bank's private key is stolen later."""

from app.protocol.names import APPLICATION, SERVER_NAME
from framework import KeyPair
from tests.attacks.attack import Attack, Outcome, expect, variants
from tests.attacks.network import Line
from tests.attacks.requests import CTR, DES3, GCM, withdraw
from tests.attacks.rogue import NONCE_SIZE, Halves, RogueServer
from tests.attacks.scene import Scene
from tests.attacks.stage import Stage


class Thief(RogueServer):
    """What a recording and the bank's private key give together."""

    def __init__(self, scene: Scene, line: Line) -> None:
        super().__init__(scene.suite, scene.key_pair, APPLICATION, SERVER_NAME)
        self.line = line
        self.payload = self.read_m1(line.client.frames[0])
        header, body = Halves.of(line.bank.frames[0])
        boundary = NONCE_SIZE + scene.suite.key_exchange.ciphertext_size
        self.ciphertext, self.sealed = body[NONCE_SIZE:boundary], body[boundary:]
        self.transcript.mix(header, body[:boundary])

    def second_secret(self, private_key: bytes) -> bytes:
        """What M2's ciphertext holds for the owner of this key."""
        return self.suite.key_exchange.decapsulate(private_key, self.ciphertext)

    def opens_m2(self, second_secret: bytes) -> bool:
        """Whether M2, and with it all that follows, opens with this secret; b"" is none at all."""
        first = self.transcript.chaining_key
        if second_secret:
            self.transcript.mix_key(second_secret)
        opens = self.transcript.opens("m2", self.sealed)
        self.transcript.chaining_key = first
        return opens

    def read(self, second_secret: bytes) -> bytes:
        """All that the client has said, with this secret."""
        self.transcript.mix_key(second_secret)
        self.transcript.open("m2", self.sealed)
        self.read_m3(self.line.client.frames[1])
        return b"".join(map(self.receives.open, self.line.client.frames[2:]))


async def thief_of_the_banks_key_reads_nothing(stage: Stage, suite: str) -> None:
    async with stage(suite) as scene:
        kex = scene.suite.key_exchange
        ephemeral: KeyPair = kex.generate_key_pair()
        session, line = await scene.open_session_and_line(lambda: ephemeral)
        await session.show_card()
        await session.ask(withdraw(10_00))

        thief = Thief(scene, line)
        expect(
            thief.payload.startswith(ephemeral.public_key), "the thief reads M1, which holds a public key and a time"
        )
        stolen = (scene.key_pair.private_key, kex.generate_key_pair().private_key, bytes(kex.private_key_size))
        guesses = [b"", bytes(32), thief.transcript.chaining_key, *map(thief.second_secret, stolen)]
        for guess in guesses:
            expect(not thief.opens_m2(guess), "the thief opens nothing else")
        # The control: the key that the client has erased by now opens everything.
        secret = thief.second_secret(ephemeral.private_key)
        expect(thief.opens_m2(secret), "the client's ephemeral key opens M2")
        expect(b'"amount":1000' in thief.read(secret), "the client's ephemeral key opens the records")


ATTACK = Attack(
    30,
    "Stealing the bank's key later",
    "§4.4, §4.6, §5",
    "records everything today, and steals the bank's private key later, as with Heartbleed (CVE-2014-0160)",
    "A key that both sides have erased by then is in all that follows M1: the thief reads the first message, which "
    "holds a public key and a time, and nothing else.",
    tuple(variants(thief_of_the_banks_key_reads_nothing, suite=(DES3, CTR, GCM), expected=Outcome(moved=-10_00))),
)
