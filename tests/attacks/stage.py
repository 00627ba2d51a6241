"""The stage: opens scenes, keeps what attacks may share, and gathers what an attack came to."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from app.bank.limits import DEFAULT_LIMITS as BANK_LIMITS
from app.bank.limits import BankLimits
from app.bank.server import open_bank
from app.credentials.keystore import load_or_create
from app.ledger import LEDGER_FILE, Ledger
from framework import FailureReason, KeyPair, Suite
from framework.limits import DEFAULT_LIMITS, Limits
from framework.registry import Registry
from tests.attacks.attack import Observer, Outcome, Side, expect_same, unobserved
from tests.attacks.network import HostileProxy
from tests.attacks.requests import BYSTANDER, OPENING_BALANCE, VICTIM, accepted, deposit
from tests.attacks.scene import Scene
from tests.attacks.watching import ChannelLog
from tests.support.accounts import apply, open_account_with_card, open_ledger
from tests.support.plugins import registry_with_peers


@dataclass
class Props:
    """What is made once for all attacks: plugins and keys. A pair of `bg` costs a third of a second.

    The pool of the framework never gives a key pair twice. Where an attack could profit from that, it takes fresh ones.
    """

    registry: Registry = field(default_factory=registry_with_peers)
    _static: dict[str, KeyPair] = field(default_factory=dict)
    _ephemeral: "dict[str, cycle[KeyPair]]" = field(default_factory=dict)

    def static_key(self, suite: Suite) -> KeyPair:
        """The bank's key pair for this suite."""
        if suite.name not in self._static:
            self._static[suite.name] = suite.key_exchange.generate_key_pair()
        return self._static[suite.name]

    def ephemerals(self, suite: Suite) -> Callable[[], KeyPair]:
        """Gives ephemeral key pairs for clients: a few, in turn."""
        kex = suite.key_exchange
        if kex.info.name not in self._ephemeral:
            self._ephemeral[kex.info.name] = cycle([kex.generate_key_pair() for _ in range(4)])
        pairs = self._ephemeral[kex.info.name]
        return lambda: next(pairs)


@dataclass
class Stage:
    """Where one case of an attack is played: used once. An async context manager of a scene, when it is called."""

    props: Props
    directory: Path
    """Empty, and the attack's alone."""
    observe: Observer = unobserved
    _refusals: dict[Side, set[FailureReason]] = field(default_factory=dict)
    _moved: int = 0

    def suite(self, name: str, limits: Limits = DEFAULT_LIMITS) -> Suite:
        """The suite of this name."""
        return Suite.parse(name, self.props.registry, limits)

    def note(self, side: Side, reason: FailureReason) -> None:
        """Enter in the outcome that this side has refused."""
        self._refusals.setdefault(side, set()).add(reason)

    def note_moved(self, amount: int) -> None:
        """Enter in the outcome that the victim's balance has changed by so much."""
        self._moved += amount

    def outcome(self) -> Outcome:
        """What the attack came to."""
        return Outcome(**{side: frozenset(reasons) for side, reasons in self._refusals.items()}, moved=self._moved)

    @asynccontextmanager
    async def __call__(
        self, suite: str | Suite, limits: Limits = DEFAULT_LIMITS, bank_limits: BankLimits = BANK_LIMITS
    ) -> AsyncIterator[Scene]:
        """Set the scene; at its end the ledger adds up, and the bystander goes on."""
        if isinstance(suite, str):
            suite = self.suite(suite, limits)
        data_dir = self.directory / "data"
        ledger_path = data_dir / LEDGER_FILE
        kex, static_key = suite.key_exchange, self.props.static_key(suite)
        key_pair = load_or_create(
            data_dir,
            suite.name,
            lambda: static_key,
            public_key_size=kex.public_key_size,
            private_key_size=kex.private_key_size,
        )
        card_paths = {name: self.directory / f"{name}.card" for name in (VICTIM, BYSTANDER)}
        with Ledger(ledger_path) as ledger:
            cards = {name: open_account_with_card(ledger, name, path) for name, path in card_paths.items()}
            apply(ledger, VICTIM, deposit(OPENING_BALANCE))
        async with open_ledger(data_dir) as live:
            bank = await open_bank(suite, data_dir, "127.0.0.1", 0, live, limits=bank_limits)
            with ChannelLog(self.observe) as log:
                async with bank.server, HostileProxy(*bank.server.address, self.observe) as proxy:
                    take_ephemeral = self.props.ephemerals(suite)
                    scene = Scene(
                        suite,
                        key_pair,
                        bank,
                        proxy,
                        cards,
                        card_paths,
                        data_dir,
                        ledger_path,
                        live,
                        take_ephemeral,
                        log,
                        self.note,
                    )
                    try:
                        bystander = await scene.bystander()
                        yield scene
                        accepted(await bystander.ask(deposit(1)))
                        expect_same(await bystander.balance(), 2, "the bystander's balance")
                        await bystander.stream.close()
                    finally:
                        await scene.close()
        expect_same(log.strange, [], "lines of channels in the log that tell no failure")
        with Ledger(ledger_path) as ledger:
            ledger.verify()
            self.note_moved(ledger.balance(VICTIM) - OPENING_BALANCE)


@asynccontextmanager
async def temporary_stage(props: Props, observe: Observer = unobserved) -> AsyncIterator[Stage]:
    """A stage in a directory that is removed afterwards."""
    with TemporaryDirectory(prefix="suitecase-attack-") as directory:
        yield Stage(props, Path(directory), observe)
