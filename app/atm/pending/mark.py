"""Which bank a request was for (PROTOCOL §13.6)."""

from dataclasses import dataclass, field

from app.credentials.public_key import BankIdentity, BankKeys, fingerprint


@dataclass(frozen=True)
class Destination:
    """The bank that the ATM talks to, and the suite that it uses. Without arguments, nothing is known of the bank."""

    bank: BankKeys = field(default_factory=BankKeys)
    suite_name: str = ""


@dataclass(frozen=True)
class BankMark:
    """What was known of the bank when a request was sent: its identity, the suite, and the fingerprint of the key."""

    identity: BankIdentity | None = None
    suite_name: str = ""
    key: str = ""

    @classmethod
    def of(cls, destination: Destination) -> "BankMark":
        """Mark a request to this bank."""
        key = destination.bank.keys.get(destination.suite_name)
        if key is None:
            return cls(destination.bank.identity)
        return cls(destination.bank.identity, destination.suite_name, fingerprint(key))

    def may_be(self, bank: BankKeys) -> bool:
        """Whether the request may have been for this bank.

        Where both identities are known, they decide, for an identity outlives the keys. Else this bank must have the
        key to which the request was sent. Where one of the two names no key either, it may be this bank.
        """
        if self.identity is not None and bank.identity is not None:
            return self.identity == bank.identity
        if not self.suite_name or not bank.keys:
            return True
        key = bank.keys.get(self.suite_name)
        return key is not None and fingerprint(key) == self.key

    def __str__(self) -> str:
        return self.key if self.identity is None else self.identity.fingerprint
