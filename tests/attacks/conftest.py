"""The stage for every attack: bank, attacker, victim and bystander, and what must hold when it is over."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.bank.limits import DEFAULT_LIMITS as BANK_LIMITS
from app.bank.limits import BankLimits
from app.bank.server import open_bank
from app.credentials.keystore import load_or_create
from app.ledger import LEDGER_FILE, Ledger
from app.protocol.messages import Accepted
from framework import KeyPair, Suite
from framework.limits import DEFAULT_LIMITS, Limits
from framework.registry import Registry
from tests.support.accounts import apply, open_account_with_card, open_ledger

# Before they are imported, so that their assertions are rewritten like a test's own, and hold under -O too.
pytest.register_assert_rewrite("tests.attacks.scene", "tests.attacks.malice", "tests.attacks.hostile_proxy")

from tests.attacks.hostile_proxy import HostileProxy  # noqa: E402
from tests.attacks.scene import BYSTANDER, OPENING_BALANCE, VICTIM, Ephemerals, Scene, Stage, deposit  # noqa: E402


@pytest.fixture(scope="session")
def ephemerals() -> Ephemerals:
    return Ephemerals()


@pytest.fixture(scope="session")
def static_keys() -> dict[str, KeyPair]:
    """The bank's static keys, made once for all tests."""
    return {}


@pytest.fixture
def stage(
    registry: Registry,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    ephemerals: Ephemerals,
    static_keys: dict[str, KeyPair],
) -> Stage:
    """`async with stage(suite_name, limits) as scene`; at its end the ledger adds up and the bystander goes on."""

    @asynccontextmanager
    async def open_scene(
        suite: str | Suite, limits: Limits = DEFAULT_LIMITS, bank_limits: BankLimits = BANK_LIMITS
    ) -> AsyncIterator[Scene]:
        caplog.set_level(logging.INFO, "suitecase")
        if isinstance(suite, str):
            suite = Suite.parse(suite, registry, limits)
        data_dir = tmp_path / "data"
        kex = suite.key_exchange
        if suite.name not in static_keys:
            static_keys[suite.name] = kex.generate_key_pair()
        key_pair = load_or_create(
            data_dir,
            suite.name,
            lambda: static_keys[suite.name],
            public_key_size=kex.public_key_size,
            private_key_size=kex.private_key_size,
        )
        ledger_path = data_dir / LEDGER_FILE
        card_paths = {name: tmp_path / f"{name}.card" for name in (VICTIM, BYSTANDER)}
        with Ledger(ledger_path) as ledger:
            cards = {name: open_account_with_card(ledger, name, path) for name, path in card_paths.items()}
            apply(ledger, VICTIM, deposit(OPENING_BALANCE))
        async with open_ledger(data_dir) as live:
            bank = await open_bank(suite, data_dir, "127.0.0.1", 0, live, limits=bank_limits)
            async with bank.server, HostileProxy(*bank.server.address) as proxy:
                take_ephemeral = ephemerals.source(suite)
                scene = Scene(suite, key_pair, bank, proxy, cards, card_paths, ledger_path, take_ephemeral, caplog)
                try:
                    bystander = await scene.open_session(BYSTANDER, past_the_proxy=True)
                    await bystander.show_card()
                    assert isinstance(await bystander.ask(deposit(1)), Accepted)
                    yield scene
                    assert isinstance(await bystander.ask(deposit(1)), Accepted)
                    assert await bystander.balance() == 2
                    await bystander.stream.close()
                finally:
                    await scene.close()
        with Ledger(ledger_path) as ledger:
            ledger.verify()

    return open_scene
