"""Attack 45: cards are shown for accounts that may exist or not, to learn which of them do."""

from app.protocol.messages import CardRequest, encode
from app.protocol.secret import CardSecret
from tests.attacks.attack import SERVED, Attack, expect_same, variants
from tests.attacks.network import Ending
from tests.attacks.requests import BYSTANDER, CTR, DES3, GCM, VICTIM
from tests.attacks.stage import Stage


async def accounts_that_exist_and_that_do_not(stage: Stage, suite: str) -> None:
    """Inside the channel the answers are the same to the byte, and outside nothing differs either."""
    async with stage(suite) as scene:
        seen = []
        for account in (VICTIM, BYSTANDER, "nobody", "z" * 32):
            puppet = await scene.open_puppet()
            request = CardRequest(account=account, secret=CardSecret.generate())
            puppet.bank.give(puppet.rogue.say(encode(request)))
            answer = await puppet.bank.take()
            said = puppet.rogue.receives.open(answer)
            end = await puppet.bank.end()
            seen.append((said, len(answer), end.kind, len(puppet.bank.frames)))
        said, size, _, frames = seen[0]
        expect_same(seen, [(said, size, Ending.FIN, frames)] * 4, "answer, its size, the end, and the number of frames")


ATTACK = Attack(
    45,
    "Finding out which accounts exist",
    "§6.1",
    "shows cards of his own making, for accounts that exist and for some that do not, to learn which of them do",
    "An unknown account and a wrong secret are answered by the same bytes, and the session ends in the same way. (The "
    "protocol itself knows no clients' keys that could be tried.)",
    tuple(variants(accounts_that_exist_and_that_do_not, suite=(DES3, CTR, GCM), expected=SERVED)),
)
