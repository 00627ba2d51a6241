"""What every specimen of the zoo has: it is a plugin by itself, and names the check that must find its flaw."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from framework import hookimpl
from framework.contract.model.target import Target
from framework.kinds import AEAD, BULK_CIPHER, KEY_EXCHANGE, MAC, AnyKind

ROOT = Path(__file__).resolve().parents[2]


class Specimen:
    """A plugin that is one class. `found_by` names the checks that must find its flaw; a good one has none."""

    found_by: ClassVar[tuple[str, ...]] = ()
    kind: ClassVar[AnyKind]
    vectors: ClassVar[str]
    good: ClassVar[bool] = False
    hangs: ClassVar[bool] = False
    info: Any


class MacSpecimen(Specimen):
    kind = MAC
    vectors = "plugins/hmac_sha256/contract_vectors.json"

    @classmethod
    @hookimpl
    def register_macs(cls, register: Callable[[Any], None]) -> None:
        register(cls())


class CipherSpecimen(Specimen):
    kind = BULK_CIPHER
    vectors = "tests/zoo/contract_vectors.json"

    @classmethod
    @hookimpl
    def register_bulk_ciphers(cls, register: Callable[[Any], None]) -> None:
        register(cls())


class KemSpecimen(Specimen):
    kind = KEY_EXCHANGE
    vectors = "tests/zoo/contract_vectors.json"

    @classmethod
    @hookimpl
    def register_key_exchanges(cls, register: Callable[[Any], None]) -> None:
        register(cls())


class AeadSpecimen(Specimen):
    kind = AEAD
    vectors = "tests/zoo/contract_vectors.json"

    @classmethod
    @hookimpl
    def register_aeads(cls, register: Callable[[Any], None]) -> None:
        register(cls())


@dataclass(frozen=True)
class Exhibit:
    """One specimen with the way to load it."""

    specimen: type[Specimen]

    @property
    def name(self) -> str:
        return f"{self.specimen.__module__.split('.')[-2]}.{self.specimen.__name__}"

    @property
    def flaw(self) -> str:
        return " ".join((self.specimen.__doc__ or "").split())

    def target(self) -> Target:
        entry = f"{self.specimen.__module__}:{self.specimen.__name__}"
        name: str = self.specimen().info.name
        return Target("specimen", entry, self.specimen.kind, name, str(ROOT / self.specimen.vectors))


def exhibits(*, good: bool = False) -> Iterator[Exhibit]:
    """Every specimen that is broken, or every one that is good, from the files of the folders here."""
    for path in sorted((ROOT / "tests/zoo").glob("*/*.py")):
        module = import_module(f"tests.zoo.{path.parent.name}.{path.stem}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Specimen) and value.__module__ == module.__name__:
                if good and "good" in vars(value):
                    yield Exhibit(value)
                if not good and "found_by" in vars(value):
                    yield Exhibit(value)
