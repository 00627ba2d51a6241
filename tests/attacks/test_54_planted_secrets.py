"""Attack 54: secrets end up where they are kept for long: in logs, on standard error, in tracebacks, in a `repr`.

A correct system writes none of them anywhere, whatever goes wrong: not the card's secret, not a key of any kind, not
what was said (PROTOCOL §8.1).
"""

import asyncio
import base64
import logging
import traceback
from collections.abc import Callable, Iterable
from functools import partial

import pytest

from app.system.errors import ChannelFailedError, UserError
from app.system.logs import configure_logging
from framework import Channel
from tests.attacks import malice
from tests.attacks.hostile_proxy import HEADER, flip
from tests.attacks.scene import CTR, DES3, GCM, Puppet, Scene, Stage, asked, fails_silently, withdraw

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


def secrets_of_channel(channel: Channel) -> list[bytes]:
    records = channel._records
    assert records is not None
    epochs = (records.writer._epoch, records.reader._epoch)
    return [records.exporter.expose(), *(epoch._secret.expose() for epoch in epochs)]


async def commit_faults(scene: Scene) -> tuple[list[bytes], list[str]]:
    """Let go wrong what can; gives the secrets that were in use and how the objects that held them show themselves."""
    secrets: list[bytes] = []
    holders: list[object] = []
    shown: list[str] = []
    spoilers: tuple[Callable[[Puppet], bytes], ...] = (
        lambda puppet: flip(puppet.seal(withdraw(AMOUNT)), 8 * HEADER.size),
        lambda puppet: malice.seal(puppet.channel, malice.inner(malice.DATA, b"x" * 20)[:-1] + b"\1"),
        lambda puppet: malice.seal(puppet.channel, malice.inner(9, puppet.card.secret.hex().encode())),
        lambda puppet: malice.key_update(puppet.channel),
    )
    for spoil in spoilers:
        puppet = await scene.open_puppet()
        await puppet.show_card()
        await puppet.ask(withdraw(AMOUNT))
        unfinished = f'{{"type":"CARD","account":"alice","secret":"{puppet.card.secret.hex()}'
        puppet.bank.give(puppet.seal_bytes(unfinished.encode()))
        await puppet.reply()
        connection = scene.bank_side(puppet.bank)
        secrets += secrets_of_channel(puppet.channel) + secrets_of_channel(connection.channel)
        holders += [puppet.channel, connection.channel, puppet.card, puppet.card.request(), withdraw(AMOUNT)]
        for records in (puppet.channel._records, connection.channel._records):
            assert records is not None
            holders += [records, records.exporter, records.writer._epoch._secret, records.writer._epoch.keys]
        shown += map(repr, holders)
        holders += list(connection.channel.receive_data(b"", connection._clock.now()))
        spoilt = spoil(puppet)
        await fails_silently(puppet.bank, partial(puppet.bank.give, spoilt))
    return secrets, [*shown, *map(repr, holders)]


@pytest.mark.parametrize(("suite", "as_json"), [(DES3, False), (CTR, True), (GCM, False)])
async def test_nothing_of_them_is_written(
    stage: Stage, suite: str, capfd: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written: list[str] = []
    try:
        async with stage(suite) as scene:
            configure_logging(as_json=as_json, level=logging.DEBUG)
            secrets, shown = await commit_faults(scene)
            secrets += [scene.key_pair.private_key, scene.take_ephemeral().private_key]
            secrets += [card.secret._value for card in scene.cards.values()]
            written += [*shown, *map(repr, [scene.key_pair, scene.suite, scene.bank, scene.cards])]
            written += await tracebacks(scene)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    output, errors = capfd.readouterr()
    assert "failed" in errors, "the logs did not come this way"
    text = "\n".join([output, errors, *written])
    assert [spelling for secret in secrets for spelling in spellings(secret) if spelling in text] == []
    assert str(AMOUNT) not in errors
    assert '"secret"' not in text


async def tracebacks(scene: Scene) -> Iterable[str]:
    """What Python prints of the exceptions that users of the ATM and of the channel get to see."""
    seen = []
    scene.proxy.holds = True
    asking = asyncio.create_task(asked(scene.atm(), withdraw(AMOUNT)))
    line = await scene.proxy.next_line()
    line.bank.give(await line.client.take())
    line.client.give(flip(await line.bank.take(), -1))
    try:
        await asking
    except (ChannelFailedError, UserError) as error:
        seen += ["".join(traceback.format_exception(error)), repr(error)]
    assert seen
    return seen
