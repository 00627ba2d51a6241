"""What a plugin says of itself, and whether the registry finds it."""

import re

from framework.contract.engine.subjects import subject_of
from framework.contract.model.check import check
from framework.contract.model.target import VECTORS_FILE, Target
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation
from framework.info import PrimitiveInfo, Status
from framework.kinds import AnyKind
from framework.registry import PluginRecord, load_registry

LEAST_RECOMMENDED_BITS = 112
"""What NIST allows at all (SP 800-131A Rev. 2)."""


@check(
    "GEN-01",
    "the registry loads the plugin and finds the primitive",
    why="A misspelt hook is never called, and nobody is told: the plugin seems installed and is not there.",
    precedent="pluggy notices a hook that no specification has only in check_pending()",
    flaws=("hook misspelt or of a wrong signature", "name already taken", "method missing", "fails to import"),
    of_texts=True,
)
def registers(trial: Trial) -> None:
    """Load the plugin alone with `load_registry`, twice, and ask for the primitive under its name."""
    target = trial.session.target
    for _ in range(2):
        record = _record(target)
        if record.error:
            raise Violation(f"the registry refuses the plugin: {record.error}")
        if (target.kind, target.name) not in {(kind, info.name) for kind, info in record.primitives}:
            raise Violation(f"the plugin registers no {target.kind} named {target.name!r}")
        names = [(kind, info.name) for kind, info in record.primitives]
        if len(set(names)) < len(names):
            raise Violation("the plugin registers a name twice")


def _record(target: Target) -> PluginRecord:
    (record,) = load_registry(allow=[target.plugin], installed=[target.point]).plugins
    return record


@check(
    "GEN-02",
    "the description is complete and honest about strength",
    why="A person chooses a suite by what is shown of it; a strength that cannot be is a false promise.",
    precedent="NIST SP 800-131A Rev. 2: below 112 bits nothing is acceptable",
    flaws=("strength above what key or tag allow", "weak primitive called RECOMMENDED", "no reference"),
    of_texts=True,
)
def description(trial: Trial) -> None:
    """Compare `security_bits` with key, tag and status, and look at the texts."""
    info, kind = trial.primitive.info, trial.session.target.kind
    if not isinstance(info, PrimitiveInfo):
        raise Violation(f"info is {type(info).__name__}, not a PrimitiveInfo")
    if not re.fullmatch(r"[a-z][a-z0-9]*", str(info.name)):
        raise Violation(f"the name {info.name!r} is not of the form [a-z][a-z0-9]*")
    for field in ("title", "reference"):
        text: object = getattr(info, field)
        if not isinstance(text, str) or len(text.strip()) < 3 or not text.isprintable() or len(text) > 200:
            raise Violation(f"{field} says nothing, or is no single line of text", text=text)
    if re.search(r"\bTODO\b|\bFIXME\b|lorem", f"{info.title} {info.reference}", re.IGNORECASE):
        raise Violation("the title or the reference is still to be written", title=info.title, reference=info.reference)
    if type(info.security_bits) is not int or not 0 <= info.security_bits <= 512:
        raise Violation(f"security_bits is {info.security_bits!r}")
    if type(info.status) is not Status:
        raise Violation(f"status is {info.status!r}, not a Status")
    _strength(trial, info, kind)


def _strength(trial: Trial, info: PrimitiveInfo, kind: AnyKind) -> None:
    for name, bits in subject_of(kind).bounds(trial.primitive).items():
        if info.security_bits > bits:
            raise Violation(f"security_bits is {info.security_bits}, more than {name} allows ({bits})")
    if info.status is Status.RECOMMENDED and info.security_bits < LEAST_RECOMMENDED_BITS:
        raise Violation(f"RECOMMENDED with {info.security_bits} bits: less than 112 is acceptable to nobody")
    if "tag_size" in kind.claims and info.status is Status.RECOMMENDED and trial.primitive.tag_size < 16:
        raise Violation(f"RECOMMENDED with tags of {trial.primitive.tag_size} bytes: 16 are due")


@check(
    "GEN-03",
    "sizes and description never change",
    why="Both sides put them into the suite descriptor and into key derivation; one that varies keys no channel.",
    flaws=("metadata that varies", "metadata of a wrong type", "state shared by way of the description"),
    of_texts=True,
)
def constant_metadata(trial: Trial) -> None:
    """Read all sizes again after use and from a second registration: positive ints, the same ones."""
    target = trial.session.target
    again = target.primitive()
    for name in target.kind.claims:
        values = [getattr(primitive, name) for primitive in (trial.primitive, again, trial.primitive)]
        if any(type(value) is not int or value <= 0 for value in values):
            raise Violation(f"{name} is {values[0]!r}, not a positive int")
        if len(set(values)) > 1:
            raise Violation(f"{name} is now {values[0]}, now {values[1]}, now {values[2]}")
    if trial.primitive.info != again.info:
        raise Violation("the description differs between two registrations")
    if "nonce_size" in target.kind.claims and trial.primitive.nonce_size < 8:
        raise Violation("a nonce shorter than 8 bytes has no room for the sequence number (PROTOCOL §6.3)")


@check(
    "GEN-04",
    "the claims are ones that the kit knows",
    why="A claim that is misspelt is never tested, and looks as if it had been.",
    flaws=("claim misspelt",),
    of_texts=True,
    always=True,
)
def claims(trial: Trial) -> None:
    """Compare the names under `claims` with those that exist for this kind."""
    unknown = sorted(set(trial.vectors.claims) - subject_of(trial.session.target.kind).claims)
    if unknown:
        known = ", ".join(sorted(subject_of(trial.session.target.kind).claims)) or "none"
        what = f"{', '.join(map(repr, unknown))}, which {'is no claim' if len(unknown) == 1 else 'are no claims'}"
        place = trial.vectors.path
        raise Violation(f"{VECTORS_FILE} claims {what}; known for this kind: {known}", place=place)
