"""For any key, IV and cutting into records, the stream is ECB of the counters by another's Triple DES."""

import importlib.util

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from framework.errors import InvalidKeyError, MisuseError
from plugins.des3 import TripleDes
from plugins.des3.bitarray_engine import circuit_folding
from plugins.des3.counter_mode import CounterModeEncryptor
from plugins.des3.engine_choice import choose_engine
from plugins.des3.key_schedule import CircuitFolding, KeySchedule

ENGINES = ["bitarray", "numba"] if importlib.util.find_spec("llvmlite") else ["bitarray"]

NO_FOLDING = CircuitFolding(rounds=(0,) * 48, output=bytes(64))

keys = st.binary(min_size=24, max_size=24)
ivs = st.one_of(
    st.binary(min_size=8, max_size=8),
    st.integers(1, 3000).map(lambda before: (2**64 - before).to_bytes(8, "big")),
    st.integers(1, 3000).map(lambda before: (2**32 - before).to_bytes(8, "big")),
)
sizes = st.one_of(st.integers(0, 40), st.integers(0, 3000), st.integers(16_000, 70_000))


def oracle(key: bytes, iv: bytes, start: int, size: int) -> bytes:
    """`size` bytes of the keystream from byte `start`."""
    counters = range(start // 8, (start + size + 7) // 8)
    blocks = b"".join(((int.from_bytes(iv, "big") + counter) % 2**64).to_bytes(8, "big") for counter in counters)
    stream = Cipher(TripleDES(key), ECB()).encryptor().update(blocks)  # noqa: S305  # the oracle
    return stream[start % 8 : start % 8 + size]


@pytest.fixture(scope="module", params=ENGINES)
def cipher(request: pytest.FixtureRequest) -> TripleDes:
    return TripleDes(engine=request.param)


@settings(max_examples=40, deadline=None)
@given(key=keys, iv=ivs, cuts=st.lists(sizes, max_size=6))
def test_any_cutting_gives_the_same_stream(cipher: TripleDes, key: bytes, iv: bytes, cuts: list[int]) -> None:
    encryptor = cipher.encryptor(key, iv)
    stream = b"".join(encryptor.encrypt(bytes(size)) for size in cuts)
    assert stream == oracle(key, iv, 0, sum(cuts))


@settings(max_examples=40, deadline=None)
@given(key=keys, iv=ivs, records=st.lists(st.binary(max_size=300), max_size=8), data=st.data())
def test_decrypting_undoes_encrypting(
    cipher: TripleDes, key: bytes, iv: bytes, records: list[bytes], data: st.DataObject
) -> None:
    encryptor, decryptor = cipher.encryptor(key, iv), cipher.decryptor(key, iv)
    ciphertexts = [encryptor.encrypt(record) for record in records]
    assert list(map(len, ciphertexts)) == list(map(len, records))
    stream, message = b"".join(ciphertexts), b""
    while len(message) < len(stream):  # the receiver may cut the stream elsewhere
        size = data.draw(st.integers(1, len(stream) - len(message)))
        message += decryptor.decrypt(stream[len(message) : len(message) + size])
    assert message == b"".join(records)


@settings(max_examples=100, deadline=None)
@given(key=keys, bits=st.sets(st.integers(0, 23)))
def test_parity_never_matters(key: bytes, bits: set[int]) -> None:
    other = bytes(byte ^ (position in bits) for position, byte in enumerate(key))
    assert KeySchedule.of(key, circuit_folding()).rounds == KeySchedule.of(other, circuit_folding()).rounds


# Weak keys are made of few different bytes, so these meet them.
suspects = st.lists(st.sampled_from([0x00, 0x0E, 0x1E, 0xE0, 0xF0, 0xFE]), min_size=2, max_size=2).map(
    lambda pair: bytes([pair[0], pair[1]] * 2 + [{0x1E: 0x0E, 0xE0: 0xF0}.get(byte, byte) for byte in pair] * 2)
)
parts = st.one_of(st.binary(min_size=8, max_size=8), suspects)


@settings(max_examples=200, deadline=None)
@given(bundle=st.tuples(parts, parts, parts))
def test_check_key_agrees_with_the_round_keys(bundle: tuple[bytes, bytes, bytes]) -> None:
    """Sixteen different round keys each: taken. One or two only: weak or semi-weak, refused. So are equal keys."""
    key = b"".join(bundle)
    rounds = KeySchedule.of(key, NO_FOLDING).rounds
    different = [len(set(rounds[start : start + 16])) for start in (0, 16, 32)]
    distinct = len({bytes(byte & 0xFE for byte in part) for part in bundle}) == 3
    if distinct and set(different) == {16}:
        TripleDes("bitarray").check_key(key)
    elif not distinct or min(different) <= 2:
        with pytest.raises(InvalidKeyError):
            TripleDes("bitarray").check_key(key)


class Epoch(RuleBasedStateMachine):
    """Both directions of an epoch with a low limit, each with an engine of its own, and records as they come."""

    LIMIT = 200_003

    @initialize(key=keys, iv=ivs, engines=st.lists(st.sampled_from(ENGINES), min_size=2, max_size=2))
    def start(self, key: bytes, iv: bytes, engines: list[str]) -> None:
        self.key, self.iv = key, iv
        schedule = KeySchedule.of(key, circuit_folding())
        self.sending = [CounterModeEncryptor(choose_engine(name)(schedule), iv, self.LIMIT) for name in engines]
        self.sent = [0, 0]

    @rule(direction=st.integers(0, 1), size=sizes)
    def send(self, direction: int, size: int) -> None:
        start = self.sent[direction]
        if start + size > self.LIMIT:
            with pytest.raises(MisuseError):
                self.sending[direction].encrypt(bytes(size))
            return
        assert self.sending[direction].encrypt(bytes(size)) == oracle(self.key, self.iv, start, size)
        self.sent[direction] += size


Epoch.TestCase.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
TestEpoch = Epoch.TestCase
