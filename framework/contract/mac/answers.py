"""Known answers of a MAC: `{"key", "message", "tag"}`, octets in hex."""

from framework.contract.answers import answers, demand, demand_keys, demand_provenance, demand_sizes
from framework.contract.check import Layer, Violation, check
from framework.contract.trial import Trial
from framework.contract.vectors import expected, octets

SIZES = (range(1), range(1, 2), range(55, 57), range(63, 64), range(64, 65), range(65, 66), range(127, 130))
LONG = range(65_537, 1 << 40)


@check(
    "MAC-51",
    "known tags come out, and verify",
    why="Two implementations that differ do not talk; and a MAC that nobody else computes nobody has analysed.",
    precedent="measured by the authors: published vectors alone let half of realistic MAC faults through",
    flaws=("wrong algorithm", "wrong constant", "wrong padding", "wrong block size"),
    layer=Layer.ANSWERS,
)
def known(trial: Trial) -> None:
    """Compute the tag of every answer, whole and in two parts, and verify it."""
    for number, answer in enumerate(answers(trial, "key", "message", "tag")):
        key, message = octets(answer["key"]), octets(answer["message"])
        wanted = expected(answer["tag"])
        keyed = trial.mac.keyed(key)
        half = len(message) // 2
        for tag in (keyed.tag(message), keyed.tag(message[:half], message[half:])):
            if not wanted.equals(tag):
                raise Violation(
                    f"answer {number}: another tag", key=key, message=message, tag=tag, expected=wanted.octets
                )
        if wanted.octets is not None and not keyed.accepts(wanted.octets, message):
            raise Violation(f"answer {number}: verify refuses the known tag", key=key, message=message)


@check(
    "MAC-52",
    "the known answers are many and varied",
    why="Few answers find few faults: a wrong table entry shows only when an input reaches it.",
    precedent="measured by the authors: of 512 one-bit table faults, one answer finds 274, sixteen find all",
    flaws=("known answers missing", "known answers too alike"),
    layer=Layer.ANSWERS,
)
def varied(trial: Trial) -> None:
    """Demand 16 random keys, messages around the block sizes of hash functions, a long one, and one that ends in 00."""
    given = answers(trial, "key", "message", "tag")
    messages = [octets(answer["message"]) for answer in given]
    demand_provenance(trial)
    demand_keys(trial, (octets(answer["key"]) for answer in given))
    demand_sizes(trial, {len(message) for message in messages}, (*SIZES, LONG), "message")
    demand(any(message.endswith(b"\0") for message in messages), "no message that ends in 00", trial)
