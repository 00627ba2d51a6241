"""Known answers of a bulk cipher: `{"key", "iv", "plaintext", "ciphertext"}`, octets in hex.

Or an oracle: `oracle(key, iv, plaintext) -> ciphertext` encrypts one record, the first of its stream.
"""

from collections.abc import Iterator, Sequence

from framework.contract.checks.bulk_cipher.keystream import ignored_bits
from framework.contract.comparison.known_answers import (
    Demands,
    answers,
    hold_to_answers,
    of_bits,
    of_keys,
    of_sizes,
    unless,
    variety,
)
from framework.contract.comparison.question import Question, hold_to_oracle
from framework.contract.inputs.forgeries import flipped
from framework.contract.inputs.octets import edges
from framework.contract.inputs.shapes import shaped
from framework.contract.inputs.vectors import Answer, expected, octets
from framework.contract.model.check import Layer, check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

FIELDS = ("key", "iv", "plaintext", "ciphertext")

SIZES = (*range(1, 131), 200, 255, 256, 257, 1000, 4095, 4096, 4097, 65_535, 65_536, 65_537, 70_001)


def inputs(trial: Trial) -> Iterator[tuple[bytes, ...]]:
    """Records of many sizes, each under a key of its own, and IVs before every carry.

    And keys and IVs that look like text, digits, zeros.
    """
    size, rng = trial.cipher.iv_size, trial.rng
    for record_size in SIZES:
        if record_size <= trial.cipher.limit:
            yield trial.usable_key(), rng.bytes(size), rng.bytes(record_size)
        if record_size == 200:
            for iv in edges(rng.bytes(size), size):
                yield trial.usable_key(), iv, rng.bytes(record_size)
            for _ in range(trial.times(20)):
                yield trial.usable_key(), rng.bytes(size), rng.bytes(1 + rng.below(1000))
        if record_size == 64:
            keys = [key for key, _ in shaped(rng, trial.cipher.key_size) if not trial.cipher.calls_weak(key)]
            yield from ((key, rng.bytes(size), rng.bytes(record_size)) for key in keys)
            yield from ((trial.usable_key(), iv, rng.bytes(record_size)) for iv, _ in shaped(rng, size))


def compute(trial: Trial, key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    """Encrypt a record, and decrypt that."""
    ciphertext = trial.cipher.encryptor(key, iv)(plaintext)
    if trial.cipher.decryptor(key, iv)(ciphertext) != plaintext:
        raise Violation("a record does not come back", key=key, iv=iv, plaintext=plaintext)
    return ciphertext


QUESTION = Question(FIELDS, inputs, compute, mixed=True)


@check(
    "CIP-51",
    "known ciphertexts come out, in both directions",
    why="Two sides with one wrong table understand each other, and nobody else; what they speak nobody has analysed.",
    precedent="tarequeh/DES #12 (EEE for EDE); measured: round trips find 0 of 688 one-bit faults in DES's tables",
    flaws=("wrong table entry", "wrong order of keys", "byte order", "counter order", "wrong rounds"),
    layer=Layer.ANSWERS,
)
def known(trial: Trial) -> None:
    """Encrypt every plaintext, whole and in two records, and decrypt every ciphertext; ask the oracle, if any."""
    hold_to_answers(trial, QUESTION)
    if trial.vectors.claims.get("continuous", True):
        for number, answer in enumerate(answers(trial, *FIELDS)):
            key, iv, plaintext = (octets(answer[name]) for name in FIELDS[:3])
            half = len(plaintext) // 2 + 1
            stream = trial.cipher.encryptor(key, iv)
            if not expected(answer["ciphertext"]).equals(stream(plaintext[:half]) + stream(plaintext[half:])):
                raise Violation(f"answer {number}: two records differ from one", key=key, iv=iv, plaintext=plaintext)
    hold_to_oracle(trial, QUESTION)


def missing(trial: Trial, given: Sequence[Answer]) -> Demands:
    """Demand 16 random keys, IVs that differ in every bit, IVs before every carry, odd sizes and a long message."""
    ignored = sorted(ignored_bits(trial))
    keys = {octets(answer["key"]) for answer in given}
    yield from of_keys(keys | {flipped(key, *ignored) for key in keys} if ignored else keys, 32 if ignored else 16)
    ivs = {octets(answer["iv"]) for answer in given}
    yield from of_bits(ivs, "IV")
    half = max(1, trial.cipher.iv_size // 2)
    for name, there in (
        ("all ones", any(set(iv) == {0xFF} for iv in ivs)),
        ("all zeros", any(not any(iv) for iv in ivs)),
        ("of which only the last half is ones", any(set(iv[half:]) == {0xFF} and iv[0] != 0xFF for iv in ivs)),
        ("of which only the first half is ones", any(set(iv[:half]) == {0xFF} and iv[-1] != 0xFF for iv in ivs)),
        (
            "of which only the last four bytes are ones",
            any(iv[-5:-4] != b"\xff" and set(iv[-4:]) == {0xFF} for iv in ivs),
        ),
    ):
        yield from unless(there, f"no IV {name}")
    sizes = {len(octets(answer["plaintext"])) for answer in given}
    yield from unless(any(size % 8 for size in sizes), "no plaintext that ends in a partial block")
    yield from of_sizes(sizes, (range(1, 8), range(9, 64), range(129, 60_000), range(65_537, 1 << 40)), "plaintext")


varied = variety("CIP-52", QUESTION, missing)
