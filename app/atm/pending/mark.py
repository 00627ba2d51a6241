"""Which bank a request was for (PROTOCOL §13.6)."""

from dataclasses import dataclass, field

from app.credentials.public_key import BankIdentity, BankKeys, fingerprint


@dataclass(frozen=True)
class Destination:
    """The bank that is talked to, and over which suite. Without an argument, nothing is known of it."""

    bank: BankKeys = field(default_factory=BankKeys)
    suite_name: str = ""


@dataclass(frozen=True)
class BankMark:
    """Which bank a request was for, as far as that was known when it was sent: identity, suite, and the key's hash."""

    identity: BankIdentity | None = None
    suite_name: str = ""
    key: str = ""

    @classmethod
    def of(cls, destination: Destination) -> "BankMark":
        """Mark a request for the bank that is talked to."""
        key = destination.bank.keys.get(destination.suite_name)
        if key is None:
            return cls(destination.bank.identity)
        return cls(destination.bank.identity, destination.suite_name, fingerprint(key))

    def may_be(self, bank: BankKeys) -> bool:
        """Whether the request was for this bank. What neither side names does not tell them apart.

        Identities decide where both are known, for they outlive the keys; else one key of the bank's.
        """
        if self.identity is not None and bank.identity is not None:
            return self.identity == bank.identity
        if not self.suite_name or not bank.keys:
            return True
        key = bank.keys.get(self.suite_name)
        return key is not None and fingerprint(key) == self.key

    def __str__(self) -> str:
        return self.key if self.identity is None else self.identity.fingerprint
