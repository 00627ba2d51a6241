"""What a flood does, and from where."""

from dataclasses import asdict, dataclass, fields
from typing import Self


@dataclass(frozen=True)
class Plan:
    """New connections of each kind a second, and for how long. The addresses are of the loopback."""

    seconds: float = 60.0
    silent: int = 300
    """Connections that say nothing."""
    replayed: int = 60
    """Connections that send a first message which the bank has seen."""
    fresh: int = 40
    """Connections that send a first message of their own, and no third one."""
    cardless: int = 0
    """Whole handshakes after which no card is shown."""
    addresses: int = 16

    @property
    def sources(self) -> list[str]:
        """Where the flood comes from."""
        return [f"127.0.0.{100 + number}" for number in range(self.addresses)]

    def arguments(self) -> list[str]:
        """As options of a command line."""
        return [f"--{name}={value}" for name, value in asdict(self).items()]

    @classmethod
    def from_options(cls, options: object) -> Self:
        """From what argparse has read."""
        return cls(**{each.name: getattr(options, each.name) for each in fields(cls)})
