"""What a benchmark says while it measures, and which of its peers it had to do without."""

from typing import Protocol


class PeerMissing(Exception):
    """A peer cannot run here. The text says why and what to do, as the rest of a sentence."""


class Progress(Protocol):
    """Whoever watches a benchmark."""

    def measuring(self, what: str) -> None:
        """Take note of what is being measured from now on."""
        ...

    def without(self, peer: str, why: PeerMissing) -> None:
        """Take note of a peer that does not run."""
        ...
