"""Known answers of an AEAD: `{"key", "nonce", "associated_data", "plaintext", "ciphertext"}`, octets in hex.

Or an oracle: `oracle(key, nonce, associated_data, plaintext) -> ciphertext` seals, with the tag behind.
"""

from collections.abc import Iterator, Sequence

from framework.contract.comparison.known_answers import (
    Demands,
    hold_to_answers,
    of_bits,
    of_keys,
    of_sizes,
    unless,
    variety,
)
from framework.contract.comparison.question import Question, hold_to_oracle
from framework.contract.inputs.octets import edges
from framework.contract.inputs.shapes import shaped
from framework.contract.inputs.vectors import Answer, octets
from framework.contract.model.check import Layer, check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

FIELDS = ("key", "nonce", "associated_data", "plaintext", "ciphertext")

SIZES = (*range(131), 200, 255, 256, 257, 1000, 4095, 4096, 4097, 65_535, 65_536, 65_537, 70_001)


def inputs(trial: Trial) -> Iterator[tuple[bytes, ...]]:
    """Plaintexts and associated data of many sizes, each under a key of its own, and nonces before every carry.

    And keys and nonces that look like text, digits, zeros.
    """
    aead, rng = trial.aead, trial.rng

    def of_sizes(size: int, ad_size: int, nonce: bytes = b"") -> tuple[bytes, ...]:
        return rng.bytes(aead.key_size), nonce or rng.bytes(aead.nonce_size), rng.bytes(ad_size), rng.bytes(size)

    for size in SIZES:
        yield of_sizes(size, 7 * size % 50)
        if size == 64:
            keys = [key for key, _ in shaped(rng, aead.key_size)]
            yield from ((key, rng.bytes(aead.nonce_size), rng.bytes(7), rng.bytes(size)) for key in keys)
            yield from (of_sizes(size, 7, nonce) for nonce, _ in shaped(rng, aead.nonce_size))
        if size in (0, 1, 16, 40):
            yield from (of_sizes(size, ad_size) for ad_size in (0, 1, 15, 16, 17, 31, 32, 33, 64, 300, 4097))
        if size == 200:
            yield from (of_sizes(size, 13, nonce) for nonce in edges(rng.bytes(aead.nonce_size), aead.nonce_size))
            yield from (of_sizes(rng.below(1000), rng.below(100)) for _ in range(trial.times(20)))


def compute(trial: Trial, key: bytes, nonce: bytes, associated_data: bytes, plaintext: bytes) -> bytes:
    """Seal a plaintext, and open that."""
    context = trial.aead.context(key)
    ciphertext = context.seal(nonce, plaintext, associated_data)
    if context.open(nonce, ciphertext, associated_data) != plaintext:
        raise Violation("what was sealed does not open", key=key, nonce=nonce, plaintext=plaintext)
    return ciphertext


QUESTION = Question(FIELDS, inputs, compute, mixed=True)


@check(
    "AEAD-51",
    "known ciphertexts come out, and open",
    why="Two sides with one wrong constant understand each other, and nobody else.",
    precedent="CVE-2015-6644; Wycheproof's 36 CounterWrap cases for AES-GCM",
    flaws=("wrong algorithm", "wrong counter", "wrong padding or length block", "block counter wraps"),
    layer=Layer.ANSWERS,
)
def known(trial: Trial) -> None:
    """Seal every plaintext and open every ciphertext; ask the oracle if there is one."""
    hold_to_answers(trial, QUESTION)
    hold_to_oracle(trial, QUESTION)


def missing(_: Trial, given: Sequence[Answer]) -> Demands:
    """Demand 16 random keys, nonces of all bits and all ones, empty and long plaintexts and associated data."""
    yield from of_keys(octets(answer["key"]) for answer in given)
    nonces = {octets(answer["nonce"]) for answer in given}
    yield from of_bits(nonces, "nonce")
    yield from unless(any(set(nonce) == {0xFF} for nonce in nonces), "no nonce of all ones")
    wanted = (range(1), range(1, 16), range(16, 17), range(17, 64), range(129, 60_000), range(65_537, 1 << 40))
    yield from of_sizes({len(octets(answer["plaintext"])) for answer in given}, wanted, "plaintext")
    ad_sizes = {len(octets(answer["associated_data"])) for answer in given}
    yield from of_sizes(ad_sizes, (range(1), range(1, 16), range(17, 1000)), "associated data")


varied = variety("AEAD-52", QUESTION, missing)
