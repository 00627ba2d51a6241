"""A suite: the primitives and parameters that both sides configure alike (PROTOCOL §3)."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from struct import pack

from framework.errors import ConfigurationError
from framework.frame import FrameType
from framework.info import PrimitiveInfo, Status
from framework.kdf import lp
from framework.kinds import AEAD, BULK_CIPHER, KEY_EXCHANGE, MAC
from framework.kinds.key_exchange import GuardedKeyExchange
from framework.limits import DEFAULT_LIMITS, Limits
from framework.pattern import PQNK, Pattern
from framework.protection import AeadProtection, EncryptThenMac, Protection
from framework.registry import Registry

_SUITE_NAME = re.compile(r"([a-z][a-z0-9]*)-([a-z][a-z0-9]*)(?:-([a-z][a-z0-9]*))?")
_WORST_FIRST = (Status.BROKEN, Status.LEGACY, Status.EXPERIMENTAL, Status.RECOMMENDED)


@dataclass(frozen=True)
class Suite:
    """A key exchange, a protection of records, the parameters of the protocol, and the pattern of the handshake."""

    key_exchange: GuardedKeyExchange
    protection: Protection
    limits: Limits = DEFAULT_LIMITS
    pattern: Pattern = PQNK

    def __post_init__(self) -> None:
        limit, own = self.epoch_limit, self.protection.key_limit
        if limit > own:
            raise ConfigurationError(f"epoch_limit {limit} passes what {self.name} permits, {own}")
        if limit < self.record_cost(self.limits.max_inner) + self.record_cost(self.limits.pad_quantum):
            raise ConfigurationError(f"epoch_limit {limit} holds no largest record and key update (PROTOCOL §3.3)")

    @classmethod
    def parse(cls, name: str, registry: Registry, limits: Limits = DEFAULT_LIMITS) -> "Suite":
        """Make the suite of this name, `<cipher>-<kex>-<mac>` or `<aead>-<kex>`.

        Raises ConfigurationError for another form, and for a name that the registry does not know.
        """
        match = _SUITE_NAME.fullmatch(name)
        if match is None:
            raise ConfigurationError(f"{_shown(name)} is no suite name: it is <cipher>-<kex>-<mac> or <aead>-<kex>")
        cipher, kex, mac = match.groups()
        if mac is None:
            if cipher in registry.names(BULK_CIPHER):
                macs = ", ".join(registry.names(MAC)) or "none"
                raise ConfigurationError(
                    f"{name} names no MAC, which the bulk cipher {cipher!r} needs: {name}-<mac>; known: {macs}"
                )
            return cls(registry.key_exchange(kex), AeadProtection(registry.aead(cipher)), limits)
        both = EncryptThenMac(registry.bulk_cipher(cipher), registry.mac(mac))
        return cls(registry.key_exchange(kex), both, limits)

    @property
    def name(self) -> str:
        """The name that `parse` takes."""
        tokens = [info.name for info in self.primitives]
        return "-".join(tokens)

    @property
    def primitives(self) -> tuple[PrimitiveInfo, ...]:
        """What each primitive says of itself, in the order of the name."""
        encryption, *mac = self.protection.primitives
        return (encryption, self.key_exchange.info, *mac)

    @property
    def security_bits(self) -> int:
        """The strength of the weakest primitive, in bits."""
        return min(info.security_bits for info in self.primitives)

    @property
    def status(self) -> Status:
        """The worst status among the primitives."""
        return min((info.status for info in self.primitives), key=_WORST_FIRST.index)

    @property
    def tag_size(self) -> int:
        """Bytes that protection adds to a record or a handshake message."""
        return self.protection.tag_size

    @property
    def epoch_limit(self) -> int:
        """What one epoch may carry: bytes of inner plaintext, or records for an AEAD (PROTOCOL §3.3)."""
        return self.protection.key_limit if self.limits.epoch_limit is None else self.limits.epoch_limit

    @property
    def counts_bytes(self) -> bool:
        """Whether the epoch limit counts bytes of inner plaintext; else it counts records."""
        return self.protection.counts_bytes

    def record_cost(self, inner_size: int) -> int:
        """What a record of `inner_size` bytes takes from the epoch limit, in its unit."""
        return inner_size if self.counts_bytes else 1

    def body_size(self, frame_type: FrameType) -> int:
        """The exact size in bytes of a handshake message's body (PROTOCOL §4.1)."""
        return self._body_sizes[frame_type]

    @cached_property
    def _body_sizes(self) -> dict[FrameType, int]:
        sizes = {each.frame_type: each.field_sizes(self.key_exchange, self.tag_size) for each in self.pattern.messages}
        return {frame_type: sum(fields) for frame_type, fields in sizes.items()}

    def descriptor(self) -> bytes:
        """D (PROTOCOL §3.2)."""
        encryption, *mac = (info.name for info in self.protection.primitives)
        names = (
            "suitecase/1",
            self.pattern.name,
            self.key_exchange.info.name,
            encryption,
            *(mac or [""]),
            "hkdf-sha256",
        )
        numbers = (self.limits.max_inner, self.epoch_limit, self.limits.skew_ms, self.limits.pad_quantum)
        return b"".join(lp(name.encode("ascii")) for name in names) + pack(">IQIH", *numbers)


def all_suites(registry: Registry) -> Iterator[Suite]:
    """Every suite that the registry's primitives make, sorted by name."""
    aeads = [AeadProtection(registry.aead(name)) for name in registry.names(AEAD)]
    ciphers = [registry.bulk_cipher(name) for name in registry.names(BULK_CIPHER)]
    macs = [registry.mac(name) for name in registry.names(MAC)]
    protections: list[Protection] = [
        *aeads,
        *(EncryptThenMac(c, m) for c in ciphers for m in macs),
    ]
    suites = []
    for kex in registry.names(KEY_EXCHANGE):
        for protection in protections:
            # A cipher whose own limit is below one record makes a suite only with smaller records.
            with suppress(ConfigurationError):
                suites.append(Suite(registry.key_exchange(kex), protection))
    yield from sorted(suites, key=lambda suite: suite.name)


def _shown(name: str) -> str:
    return repr(name) if len(name) <= 64 else f"{name[:64]!r}…"
