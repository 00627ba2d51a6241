"""What a check is given: the plugin, reproducible inputs, the author's vectors, and a measure of effort."""

from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

from framework.contract.inputs.drbg import Drbg
from framework.contract.inputs.vectors import Vectors, load_vectors
from framework.contract.model.adapters import AeadAdapter, CipherAdapter, KemAdapter, MacAdapter
from framework.contract.model.oracle import Oracle
from framework.contract.model.target import Target
from framework.contract.model.violation import Violation
from framework.kinds.key_pair import KeyPair
from framework.registry import Registry

SECONDS = 1.5
"""How long calls are counted up to `MANY` (`inputs.working_time`), at less effort less."""


class Effort(Enum):
    """How much to try; the value scales the number of trials."""

    QUICK = 0.25
    NORMAL = 1.0
    DEEP = 40.0

    @property
    def option(self) -> str:
        """What asks for it on a command line."""
        return " --deep" if self is Effort.DEEP else ""


@dataclass
class Session:
    """A plugin under test, shared by its checks; what is costly is made once."""

    target: Target
    primitive: Any
    seed: str
    effort: Effort
    vectors: Vectors
    partners: Registry
    kept: dict[str, Any] = field(default_factory=dict)
    _pairs: list[KeyPair] = field(default_factory=list)

    @classmethod
    def begin(cls, target: Target, seed: str, effort: Effort, partners: Registry, primitive: Any = None) -> "Session":
        """Load the plugin and its vectors."""
        loaded = target.primitive() if primitive is None else primitive
        return cls(target, loaded, seed, effort, load_vectors(target.vectors_path(), target.name), partners)

    def pairs(self, count: int) -> list[KeyPair]:
        """Give `count` key pairs of the key exchange, always the same ones."""
        kem = KemAdapter(self.primitive)
        while len(self._pairs) < count:
            self._pairs.append(kem.generate(Drbg(f"{self.seed} pair {len(self._pairs)}").bytes))
        return self._pairs[:count]


class Trial:
    """One check's view of the session."""

    def __init__(self, session: Session, check_id: str) -> None:
        self.session = session
        self.rng = Drbg(f"{session.seed} {check_id}")

    @property
    def vectors(self) -> Vectors:
        """What the author put beside the plugin."""
        return self.session.vectors

    @cached_property
    def oracle(self) -> Oracle | None:
        """The author's oracle, if there is one."""
        name = self.session.target.oracle
        return Oracle(name) if name else None

    @property
    def primitive(self) -> Any:
        """The plugin's primitive as it is."""
        return self.session.primitive

    @cached_property
    def mac(self) -> MacAdapter:
        """The primitive as a MAC."""
        return MacAdapter(self.primitive)

    @cached_property
    def cipher(self) -> CipherAdapter:
        """The primitive as a bulk cipher."""
        return CipherAdapter(self.primitive)

    @cached_property
    def aead(self) -> AeadAdapter:
        """The primitive as an AEAD."""
        return AeadAdapter(self.primitive)

    @cached_property
    def kem(self) -> KemAdapter:
        """The primitive as a key exchange."""
        return KemAdapter(self.primitive)

    def times(self, count: int, least: int = 1) -> int:
        """How often to try what is tried `count` times by default."""
        return max(least, int(count * self.session.effort.value))

    def sequences(self, steps: int, least: int) -> list[int]:
        """The lengths of the random sequences to try: one of `steps` by default, a shorter one, or many of them."""
        return [self.times(steps, least)] if self.session.effort.value <= 1 else [steps] * self.times(1)

    @property
    def seconds(self) -> float:
        """How long a check that counts calls goes on; the inputs are the same ones, only their number depends on it."""
        return SECONDS * min(1.0, self.session.effort.value)

    def usable_key(self) -> bytes:
        """A random key of the bulk cipher that it does not call weak."""
        for _ in range(256):
            key = self.rng.bytes(self.cipher.key_size)
            if not self.cipher.calls_weak(key):
                return key
        raise Violation("check_key calls 256 random keys weak", key=key)
