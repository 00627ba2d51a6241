"""What a run says as a whole: what ran, what was found, what is left open; and when that is not enough."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from framework.contract.inputs.vectors import load_vectors, octets
from framework.contract.model.outcome import Finding, Outcome, Verdict
from framework.contract.model.target import Target

LEAST_RAN = 0.8
"""The share of a kind's checks that must have run for a run to be called green."""


@dataclass(frozen=True)
class Report:
    """One run over one primitive. `complete` unless only some checks were asked for."""

    target: Target
    seed: str
    effort: str
    outcomes: Sequence[Outcome]
    complete: bool = True

    @property
    def counts(self) -> Counter[Verdict]:
        """Checks by verdict."""
        return Counter(outcome.verdict for outcome in self.outcomes)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, waived or not."""
        return tuple(outcome.finding for outcome in self.outcomes if outcome.finding is not None)

    @property
    def ran(self) -> int:
        """Checks that looked to the end."""
        return sum(outcome.verdict.ran for outcome in self.outcomes)

    @property
    def applicable(self) -> int:
        """Checks that have an object in this plugin."""
        return sum(outcome.verdict is not Verdict.NOT_APPLICABLE for outcome in self.outcomes)

    @property
    def open_flaws(self) -> tuple[str, ...]:
        """Flaw classes that nothing which ran has looked for."""
        seen = {flaw for outcome in self.outcomes if outcome.verdict.ran for flaw in outcome.flaws}
        unseen = (outcome for outcome in self.outcomes if outcome.verdict in (Verdict.NOT_CHECKED, Verdict.ERROR))
        return tuple(dict.fromkeys(flaw for outcome in unseen for flaw in outcome.flaws if flaw not in seen))

    @property
    def too_few(self) -> bool:
        """Whether too little ran to say anything."""
        return self.complete and self.ran < LEAST_RAN * max(1, self.applicable)

    @property
    def known_keys(self) -> int:
        """How many keys the known answers are of; two that differ in ignored bits alone are one."""
        vectors = load_vectors(self.target.vectors_path(), self.target.name)
        ignored = int.from_bytes(b"".join(vectors.claim_octets("ignored_key_bits")))
        name = "private_key" if "private_key_size" in self.target.kind.claims else "key"
        keys = [octets(answer[name]) for answer in vectors.answers if name in answer]
        return len({int.from_bytes(key) & ~ignored for key in keys})

    @property
    def green(self) -> bool:
        """Whether nothing failed and enough was looked at."""
        return not (self.counts[Verdict.FAILED] or self.counts[Verdict.ERROR] or self.too_few or not self.ran)

    @property
    def seconds(self) -> float:
        """Time in the checks."""
        return sum(outcome.seconds for outcome in self.outcomes)
