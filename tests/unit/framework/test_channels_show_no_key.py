"""No object that an open channel holds shows a key, whoever prints it (PROTOCOL §8.1)."""

import gc
from collections.abc import Iterator

import pytest

from framework import Channel, MessageReceived, Suite
from framework.secret import Secret
from tests.support.channels import NOW, aead_suite, etm_suite, open_pair, sealed

SUITES = {"bulk cipher": etm_suite(), "AEAD": aead_suite()}


def held_by(channel: Channel) -> Iterator[object]:
    """Every object of the framework, of a plugin or of the tests that the channel refers to, at any depth."""
    seen: set[int] = set()
    waiting: list[object] = [channel]
    while waiting:
        found = waiting.pop()
        if id(found) in seen or isinstance(found, type):
            continue
        seen.add(id(found))
        ours = type(found).__module__.partition(".")[0] in ("framework", "plugins", "tests")
        if ours:
            yield found
        if ours or isinstance(found, dict | list | tuple):
            waiting += gc.get_referents(found)


@pytest.mark.parametrize("from_client", [True, False])
@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_nothing_that_a_channel_holds_shows_a_key_or_a_message(suite: Suite, *, from_client: bool) -> None:
    pair = open_pair(suite)
    channel, peer = pair.sides(from_client=from_client)
    [event] = peer.receive_data(sealed(channel, b"the message")[0], NOW)
    assert isinstance(event, MessageReceived)
    held = [*held_by(channel), event]
    secrets = [each.expose() for each in held if isinstance(each, Secret)]
    assert len(secrets) >= 3, "two traffic secrets and the exporter"
    shown = "\n".join(repr(each) for each in held)
    for secret in (*secrets, b"the message"):
        for spelling in (secret.hex(), repr(secret)[2:-1], repr(list(secret))[1:-1], str(int.from_bytes(secret))):
            assert spelling not in shown
