"""The bank that an ATM talks to: where it is, and how it is known."""

from dataclasses import dataclass, field

from app.atm.pending.mark import Destination
from app.credentials.address import join
from app.credentials.public_key import BankKeys
from framework import Suite


@dataclass(frozen=True)
class BankAddress:
    """Where the bank is, its suite, the public key that it must prove to have, and what else is known of it."""

    host: str
    port: int
    suite: Suite
    public_key: bytes
    known: BankKeys = field(default_factory=BankKeys)

    @property
    def text(self) -> str:
        """`host:port`."""
        return join(self.host, self.port)

    @property
    def destination(self) -> Destination:
        """What a record of a request to this bank says of it."""
        keys = {**self.known.keys, self.suite.name: self.public_key}
        return Destination(BankKeys(self.known.identity, keys), self.suite.name)
