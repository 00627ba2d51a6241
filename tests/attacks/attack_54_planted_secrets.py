"""Attack 54: secrets end up where they are kept for long: in logs, on standard error, in tracebacks, in a `repr`."""

import asyncio
import base64
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

from app.system.errors import ChannelFailedError, UserError
from app.system.logs import configure_logging
from tests.attacks.attack import (
    AUTHENTICATION,
    BANK,
    LIMIT,
    MALFORMED,
    Attack,
    SurpriseError,
    expect,
    expect_same,
    refused,
    rows,
    variants,
)
from tests.attacks.network import HEADER, flip
from tests.attacks.people import Puppet
from tests.attacks.requests import CTR, DES3, GCM, VICTIM, withdraw
from tests.attacks.rogue import DATA, inner
from tests.attacks.scene import Scene, asked
from tests.attacks.stage import Stage

AMOUNT = 7_654_321
"""An amount that occurs nowhere else."""


def spellings(secret: bytes) -> set[str]:
    """How a secret may be written: whole, or the first half of it."""
    part = secret[: max(8, len(secret) // 2)]
    return {
        part.hex(),
        part.hex().upper(),
        base64.b64encode(part).decode().rstrip("=")[:-1],
        repr(part)[2:-1],
        repr(list(part))[1:-1],
        str(int.from_bytes(secret)),
    }


SPOILERS: tuple[Callable[[Puppet], bytes], ...] = (
    lambda puppet: flip(puppet.seal(withdraw(AMOUNT)), 8 * HEADER.size),
    lambda puppet: puppet.rogue.seal(inner(DATA, b"x" * 20)[:-1] + b"\1"),
    lambda puppet: puppet.rogue.seal(inner(9, puppet.card.secret.hex().encode())),
    lambda puppet: puppet.rogue.key_update(),
)


async def commit_faults(scene: Scene) -> list[bytes]:
    """Let go wrong what can; gives the secrets that both sides of each channel have used."""
    secrets: list[bytes] = []
    for spoil in SPOILERS:
        puppet = await scene.open_puppet_with_card()
        await puppet.ask(withdraw(AMOUNT))
        unfinished = f'{{"type":"CARD","account":"alice","secret":"{puppet.card.secret.hex()}'
        puppet.bank.give(puppet.rogue.say(unfinished.encode()))
        await puppet.reply()
        secrets += [*puppet.rogue.traffic_secrets(), puppet.rogue.transcript.chaining_key]
        await scene.refuses(puppet.bank, spoil(puppet))
    return secrets


@contextmanager
def logs_on_standard_error(*, as_json: bool) -> Iterator[Callable[[], str]]:
    """Log everything as a program does; what is written to standard output and standard error can be read."""
    root, ours = logging.getLogger(), logging.getLogger("suitecase")
    before = root.handlers[:], sys.stdout, sys.stderr
    levels = {logger: logger.level for logger in (root, ours)}
    sys.stdout.flush()
    sys.stderr.flush()
    descriptors = {number: os.dup(number) for number in (1, 2)}
    with TemporaryFile("w+", encoding="utf-8", errors="backslashreplace", buffering=1) as file:
        for number in descriptors:
            os.dup2(file.fileno(), number)
        sys.stdout = sys.stderr = file
        root.handlers[:] = []
        configure_logging(as_json=as_json, level=logging.DEBUG)
        ours.setLevel(logging.DEBUG)

        def written() -> str:
            file.flush()
            file.seek(0)
            return file.read()

        try:
            yield written
        finally:
            root.handlers[:], sys.stdout, sys.stderr = before
            for logger, level in levels.items():
                logger.setLevel(level)
            for number, saved in descriptors.items():
                os.dup2(saved, number)
                os.close(saved)


async def nothing_of_them_is_written(stage: Stage, suite: str, *, as_json: bool) -> None:
    async with stage(suite) as scene:
        with logs_on_standard_error(as_json=as_json) as written:
            secrets = await commit_faults(scene)
            shown = await tracebacks(scene)
            output = written()
        expect("failed" in output, "the logs come this way")
        card = scene.cards[VICTIM]
        holders: list[object] = [scene.key_pair, scene.suite, scene.bank, scene.cards, card, card.request()]
        holders += [scene.client_channel(), scene.take_ephemeral(), withdraw(AMOUNT), *scene.log.failures]
        secrets += [scene.key_pair.private_key, scene.take_ephemeral().private_key]
        secrets += [bytes.fromhex(card.secret.hex()) for card in scene.cards.values()]
        text = "\n".join([output, *shown, *map(repr, holders)])
        leaked = sum(spelling in text for secret in secrets for spelling in spellings(secret))
        expect_same(leaked, 0, "secrets that are written somewhere")
        expect(str(AMOUNT) not in output, "no amount is in a log")
        expect('"secret"' not in text, "no message with a card is written")


async def tracebacks(scene: Scene) -> list[str]:
    """What Python prints of the exceptions that users of the ATM and of the channel get to see."""
    scene.proxy.holds = True
    asking = asyncio.create_task(asked(scene.atm(), withdraw(AMOUNT)))
    line = await scene.proxy.next_line()
    line.bank.give(await line.client.take())
    line.client.give(flip(await line.bank.take(), -1))
    try:
        await asking
    except (ChannelFailedError, UserError) as error:
        return ["".join(traceback.format_exception(error)), repr(error)]
    raise SurpriseError("the ATM takes an altered M2")


ATTACK = Attack(
    54,
    "Reading secrets where they are kept for long",
    "§8.1",
    "makes go wrong what can, and reads logs, standard error, tracebacks and what objects show of themselves",
    "None of them shows the secret of a card, a key of any kind, or what was said.",
    tuple(
        variants(
            nothing_of_them_is_written,
            rows("suite as_json", (DES3, False), (CTR, True), (GCM, False)),
            expected=refused(BANK, AUTHENTICATION, LIMIT, MALFORMED),
        )
    ),
)
