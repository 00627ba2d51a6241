"""Known answers of a MAC: `{"key", "message", "tag"}`, octets in hex; or an oracle, `oracle(key, message) -> tag`."""

from collections.abc import Iterator, Sequence

from framework.contract.comparison.known_answers import (
    Demands,
    answers,
    hold_to_answers,
    of_keys,
    of_sizes,
    unless,
    variety,
)
from framework.contract.comparison.question import Question, hold_to_oracle
from framework.contract.inputs.shapes import shaped
from framework.contract.inputs.vectors import Answer, expected, octets
from framework.contract.model.check import Layer, check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

SIZES = (range(1), range(1, 2), range(55, 57), range(63, 64), range(64, 65), range(65, 66), range(127, 130))
LONG = range(65_537, 1 << 40)
FIELDS = ("key", "message", "tag")


def inputs(trial: Trial) -> Iterator[tuple[bytes, ...]]:
    """Messages of each size to 129, around powers of two and at random, each under a key of its own.

    And keys and messages that look like text, digits, zeros.
    """
    size, rng = trial.mac.key_size, trial.rng
    random = sorted(rng.below(3000) for _ in range(trial.times(20)))
    for message_size in [*range(130), 255, 256, 257, *random, 4095, 4096, 4097, 65_535, 65_536, 65_537, 70_001]:
        yield rng.bytes(size), rng.bytes(message_size)
        if message_size in (5, 64, 100):
            yield rng.bytes(size), rng.bytes(message_size - 4) + bytes(4)
            for key in (bytes(size), b"\xff" * size, rng.bytes(size)[: size // 2].ljust(size, b"\0")):
                yield key, rng.bytes(message_size)
        if message_size == 64:
            yield from ((key, rng.bytes(message_size)) for key, _ in shaped(rng, size))
            yield from ((rng.bytes(size), message) for message, _ in shaped(rng, message_size))


def compute(trial: Trial, key: bytes, message: bytes) -> bytes:
    """Tag a message, and verify that."""
    keyed = trial.mac.keyed(key)
    tag = keyed.tag(message)
    if not keyed.accepts(tag, message):
        raise Violation("verify refuses the tag that tag gave", key=key, message=message)
    return tag


QUESTION = Question(FIELDS, inputs, compute)


@check(
    "MAC-51",
    "known tags come out, and verify",
    why="Two implementations that differ do not talk; and a MAC that nobody else computes nobody has analysed.",
    precedent="measured by the authors: HMAC that hashes keys of one block passes RFC 4231 and 174 cases of Wycheproof",
    flaws=("wrong algorithm", "wrong constant", "wrong padding", "wrong block size"),
    layer=Layer.ANSWERS,
)
def known(trial: Trial) -> None:
    """Compute the tag of every answer, whole and in two parts, and verify it; ask the oracle if there is one."""
    hold_to_answers(trial, QUESTION)
    for number, answer in enumerate(answers(trial, *FIELDS)):
        key, message = octets(answer["key"]), octets(answer["message"])
        half = len(message) // 2
        if not expected(answer["tag"]).equals(trial.mac.keyed(key).tag(message[:half], message[half:])):
            raise Violation(f"answer {number}: another tag of the message in two parts", key=key, message=message)
    hold_to_oracle(trial, QUESTION)


def missing(_: Trial, given: Sequence[Answer]) -> Demands:
    """Demand 16 random keys, messages around the block sizes of hash functions, a long one, and one that ends in 00."""
    messages = [octets(answer["message"]) for answer in given]
    yield from of_keys(octets(answer["key"]) for answer in given)
    yield from of_sizes({len(message) for message in messages}, (*SIZES, LONG), "message")
    yield from unless(any(message.endswith(b"\0") for message in messages), "no message that ends in 00")


varied = variety("MAC-52", QUESTION, missing)
