"""Faults that look alike byte by byte: a finding tells another byte order from another computation."""

import re
from dataclasses import replace
from hashlib import sha256

import pytest

from framework.contract.comparison.difference import Difference
from framework.contract.engine.collection import check_of
from framework.contract.engine.runner import run_check
from framework.contract.model.outcome import Finding
from framework.contract.model.trial import Effort, Session
from framework.registry import Registry
from tests.contract.oracles import aes_ctr
from tests.zoo.aead.genuine import Gcm
from tests.zoo.bulk_cipher.genuine import Aes
from tests.zoo.octets import xor
from tests.zoo.species import CipherSpecimen, exhibits

NOTHING = "reversing words of 2, 4, 8, 16 bytes explains nothing"


def words(octets: bytes, size: int) -> bytes:
    turned = [octets[at : at + size][::-1] for at in range(0, len(octets), size)]
    return b"".join(turned)


class LittleEndianOutput(Aes):
    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return words(super().blocks(key, iv, first, count), 8)


class LittleEndianIv(Aes):
    """As a cipher of two 64-bit words that reads each from its lowest byte, and counts upwards from there."""

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        return super().counters(words(iv, 8), first, count)


class LittleEndianKeyAndOutput(Aes):
    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return words(super().blocks(words(key, 4), iv, first, count), 4)


class AnotherKey(Aes):
    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return super().blocks(sha256(key).digest(), iv, first, count)


class WrongFromTheSecondBlock(Aes):
    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        right = super().counters(iv, first, count)
        return right[:16] + bytes(len(right) - 16) if first == 0 else bytes(len(right))


FAULTS = [
    (LittleEndianOutput, "each word of 8 bytes is reversed: byte order of the ciphertext"),
    (LittleEndianIv, "each word of 8 bytes is reversed: byte order of the iv"),
    (LittleEndianKeyAndOutput, "each word of 4 bytes is reversed: byte order of the ciphertext and the key"),
    (AnotherKey, NOTHING),
]


def found(specimen: CipherSpecimen, oracle: str, partners: Registry) -> Finding:
    (aes,) = [exhibit.target() for exhibit in exhibits(good=True) if exhibit.name == "bulk_cipher.Aes"]
    target = replace(aes, oracle=oracle and f"tests.contract.oracles:{oracle}", vectors="" if oracle else aes.vectors)
    finding = run_check(check_of("CIP-51"), Session.begin(target, "1", Effort.QUICK, partners, specimen)).finding
    assert finding is not None
    return finding


@pytest.mark.parametrize(("fault", "said"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
def test_against_an_oracle_whole_blocks_and_their_byte_order_are_shown(
    fault: type[Aes], said: str, partners: Registry
) -> None:
    finding = found(fault(), "aes_ctr", partners)
    assert finding.what == "another ciphertext than that of the oracle tests.contract.oracles:aes_ctr, from byte 0 on"
    assert finding.inputs["plaintext"].endswith("(1 bytes)")
    assert finding.inputs["byte order"] == said
    key, iv = (bytes.fromhex(finding.inputs[name].split()[0]) for name in ("key", "iv"))
    assert finding.inputs["32 expected"] == f"{aes_ctr(key, iv, bytes(32)).hex()} (of zeros)"
    assert finding.inputs["32 found"] == f"{fault().encryptor(key, iv).encrypt(bytes(32)).hex()} (of zeros)"


@pytest.mark.parametrize(("fault", "said"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
def test_of_the_known_answers_one_with_whole_blocks_is_shown(fault: type[Aes], said: str, partners: Registry) -> None:
    finding = found(fault(), "", partners)
    assert finding.what.startswith("answer ")
    assert finding.what.endswith("another ciphertext, from byte 0 on")
    assert finding.inputs["byte order"] == said
    assert len(finding.inputs["32 found"]) == len(finding.inputs["32 expected"]) == 64


@pytest.mark.parametrize("oracle", ["aes_ctr", ""])
def test_of_what_begins_rightly_no_more_is_said(oracle: str, partners: Registry) -> None:
    finding = found(WrongFromTheSecondBlock(), oracle, partners)
    assert re.search(r"from byte (16|32) on$", finding.what)  # an IV of all ones is followed by zeros
    assert not {"32 found", "32 expected", "byte order"} & set(finding.inputs)
    at = finding.what.split()[-2]
    assert f"right up to byte {at}: look at the counter" in finding.inputs["so far"]
    assert finding.inputs["counter"] == f"it is right from the IV + {int(at) // 16}, big-endian, in blocks of 16 bytes"


class LittleEndianCounter(Aes):
    """The first block is that of the IV; the others count from the other end."""

    def counters(self, iv: bytes, first: int, count: int) -> bytes:
        start = int.from_bytes(iv, "little")
        return b"".join(((start + n) % 2**128).to_bytes(16, "little") for n in range(first, first + count))


@pytest.mark.parametrize(("oracle", "at"), [("aes_ctr", 16), ("", 32)])
def test_a_counter_from_the_other_end_is_tried_from_the_iv(oracle: str, at: int, partners: Registry) -> None:
    """The first of the known answers has an IV of all ones, after which either end counts to zero."""
    inputs = found(LittleEndianCounter(), oracle, partners).inputs
    assert inputs["so far"] == f"whole blocks are right up to byte {at}: look at the counter"
    assert inputs["counter"] == f"it is right from the IV + {at // 16}, big-endian, in blocks of 16 bytes"


class SecondWordReversed(Aes):
    """Of each block of two words, the second has its lowest byte first."""

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        blocks = super().blocks(key, iv, first, count)
        return b"".join(blocks[at : at + 8] + words(blocks[at + 8 : at + 16], 8) for at in range(0, len(blocks), 16))


class LastWordWrong(Aes):
    """The last four bytes of each block are inverted."""

    def blocks(self, key: bytes, iv: bytes, first: int, count: int) -> bytes:
        return xor(super().blocks(key, iv, first, count), (bytes(12) + b"\xff" * 4) * count)


@pytest.mark.parametrize("oracle", ["aes_ctr", ""])
@pytest.mark.parametrize(
    ("fault", "begun", "explained"),
    [
        (
            SecondWordReversed,
            "whole blocks of up to 8 bytes are right up to byte 8: look at the counter; or of larger ones at the words",
            {"byte order": "from there on each word of 8 bytes is reversed: byte order of the ciphertext"},
        ),
        (LastWordWrong, "right up to byte 12, in the middle of a block: look at its words", {}),
    ],
)
def test_what_begins_rightly_points_to_the_counter_or_to_a_word(
    oracle: str, fault: type[Aes], begun: str, explained: dict[str, str], partners: Registry
) -> None:
    finding = found(fault(), oracle, partners)
    assert finding.inputs["so far"] == begun
    assert {name: said for name, said in finding.inputs.items() if name in ("counter", "byte order")} == explained


def test_a_tag_that_is_wrong_alone_is_told() -> None:
    only = Difference(("plaintext", "ciphertext"), (bytes(4),), bytes, bytes(4) + b"\1" * 16, bytes(20), mixed=True)
    assert only.shown() == {"so far": "all is right but the tag"}


class ReversedTags(Gcm):
    """The tag of each sealed message in words of four bytes, lowest byte first."""

    def context(self, key: bytes) -> object:
        inner = super().context(key)

        class Turned:
            def seal(self, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
                sealed = inner.seal(nonce, plaintext, associated_data)
                return bytes(sealed[:-16] + words(sealed[-16:], 4))

            def open(self, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
                genuine = ciphertext[:-16] + words(ciphertext[-16:], 4)
                return bytes(inner.open(nonce, genuine, associated_data))

        return Turned()


def test_a_tag_is_looked_at_as_well(partners: Registry) -> None:
    (gcm,) = [exhibit.target() for exhibit in exhibits(good=True) if exhibit.name == "aead.Gcm"]
    target = replace(gcm, oracle="tests.contract.oracles:aes_gcm", vectors="none.json")
    finding = run_check(check_of("AEAD-51"), Session.begin(target, "1", Effort.QUICK, partners, ReversedTags())).finding
    assert finding is not None
    assert finding.inputs["byte order"] == "each word of 4 bytes is reversed: byte order of the ciphertext"


def difference(reads: int, gives: int, message: bytes, *, mixed: bool = False) -> Difference:
    """A hash as it should be, and one that reads and gives words of these sizes the other way round."""

    def tag(key: bytes, octets: bytes) -> bytes:
        return sha256(key + octets).digest()

    def compute(key: bytes, octets: bytes) -> bytes:
        return words(tag(key, words(octets, reads)), gives)

    arguments = (bytes(range(32)), message)
    names = ("key", "message", "tag")
    return Difference(names, arguments, compute, compute(*arguments), tag(*arguments), mixed)


@pytest.mark.parametrize(
    ("reads", "gives", "said"),
    [
        (4, 1, "each word of 4 bytes is reversed: byte order of the message"),
        (1, 2, "each word of 2 bytes is reversed: byte order of the tag"),
        (8, 8, "each word of 8 bytes is reversed: byte order of the tag and the message"),
        (16, 4, NOTHING),
    ],
)
def test_the_byte_order_of_messages_and_tags(reads: int, gives: int, said: str) -> None:
    assert difference(reads, gives, bytes(range(64))).shown() == {"byte order": said}


def test_little_octets_prove_nothing() -> None:
    short = replace(difference(1, 2, b""), found=b"\1\2\3\4", wanted=b"\2\1\4\3")
    assert short.shown() == {}
    assert short.byte_order() == NOTHING
