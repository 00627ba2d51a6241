"""How the keystream is made ahead: batch by batch, growing, and never past the limit of the key."""

import tracemalloc

import pytest

from framework.errors import MisuseError
from plugins.des3 import TripleDes
from plugins.des3.counter_mode import (
    BLOCK_SIZE,
    FIRST_BATCH,
    LARGEST_BATCH,
    STEADY_BATCH,
    CounterMode,
    CounterModeDecryptor,
    CounterModeEncryptor,
)

KEY = bytes.fromhex("0123456789abcdef23456789abcdef01456789abcdef0123")
MEBIBYTE = 1 << 20


class Counting:
    """A keystream that is the counters themselves, and that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def blocks(self, first: int, count: int) -> bytes:
        self.asked.append((first, count))
        return b"".join(((first + index) % 2**64).to_bytes(8, "big") for index in range(count))

    @property
    def sizes(self) -> list[int]:
        return [count * BLOCK_SIZE for _, count in self.asked]


def test_nothing_is_made_before_the_first_record() -> None:
    keystream = Counting()
    CounterMode(keystream, bytes(8), limit=MEBIBYTE).apply(b"")
    assert keystream.asked == []


def test_batches_of_small_records_double_up_to_the_steady_size() -> None:
    keystream = Counting()
    mode = CounterMode(keystream, bytes(8), limit=MEBIBYTE)
    for _ in range(MEBIBYTE // 256):
        mode.apply(bytes(256))
    assert keystream.sizes[:4] == [FIRST_BATCH, 2 * FIRST_BATCH, STEADY_BATCH, STEADY_BATCH]
    assert max(keystream.sizes) == STEADY_BATCH


def test_batches_of_bulk_records_are_large() -> None:
    keystream = Counting()
    mode = CounterMode(keystream, bytes(8), limit=8 * MEBIBYTE)
    for _ in range(16):
        mode.apply(bytes(1 << 16))
    assert keystream.sizes == [1 << 16, 1 << 17, *[LARGEST_BATCH] * 4]


@pytest.mark.parametrize("record", [1, 1000, 4096, 100_000, MEBIBYTE])
@pytest.mark.parametrize("limit", [8, 512, 520, 4096, 100_001, MEBIBYTE])
def test_the_whole_limit_and_not_a_byte_more(record: int, limit: int) -> None:
    keystream = Counting()
    mode = CounterMode(keystream, bytes(8), limit=limit)
    stream = b""
    while len(stream) + record <= limit:
        stream += mode.apply(bytes(record))
        if record == 1 and len(stream) >= 2000:
            break
    rest = limit - len(stream)
    with pytest.raises(MisuseError, match=f"may encrypt only {rest} more: rekey first"):
        mode.apply(bytes(rest + 1))
    stream += mode.apply(bytes(rest))
    assert stream == b"".join(index.to_bytes(8, "big") for index in range(-(-limit // 8)))[:limit]
    with pytest.raises(MisuseError, match="rekey first"):
        mode.apply(b"x")
    assert mode.apply(b"") == b""
    starts = [first for first, _ in keystream.asked]
    ends = [first + count for first, count in keystream.asked]
    assert [0, *ends[:-1]] == starts, "no block is made twice"
    assert ends[-1] * BLOCK_SIZE < limit + 64 * BLOCK_SIZE


def test_a_record_past_the_limit_changes_nothing() -> None:
    mode, plain = (CounterMode(Counting(), bytes(8), limit=1000) for _ in range(2))
    first = mode.apply(bytes(500))
    with pytest.raises(MisuseError):
        mode.apply(bytes(501))
    assert first + mode.apply(bytes(500)) == plain.apply(bytes(1000))


def test_the_epoch_of_the_real_cipher_ends_at_8_mib() -> None:
    for start in (TripleDes("bitarray").encryptor, TripleDes("bitarray").decryptor):
        mode = start(KEY, bytes(8))
        with pytest.raises(MisuseError, match="a record of 8388609 bytes, but this key may encrypt only 8388608 more"):
            mode.apply(bytes(8 * MEBIBYTE + 1))


def test_repr_tells_what_is_left() -> None:
    encryptor = CounterModeEncryptor(Counting(), bytes(8), limit=1000)
    encryptor.encrypt(bytes(10))
    assert repr(encryptor) == "CounterModeEncryptor(990 bytes of the epoch left)"
    assert repr(CounterModeDecryptor(Counting(), bytes(8), 5)) == "CounterModeDecryptor(5 bytes of the epoch left)"


@pytest.mark.parametrize(("record", "most"), [(256, STEADY_BATCH), (MEBIBYTE, LARGEST_BATCH)])
def test_memory_of_an_idle_epoch_is_bounded(record: int, most: int) -> None:
    cipher = TripleDes("bitarray")

    def run() -> CounterModeEncryptor:
        encryptor = cipher.encryptor(KEY, bytes(8))
        for _ in range(5 * STEADY_BATCH // 256 if record == 256 else 2):
            encryptor.encrypt(bytes(record))
        return encryptor

    run()  # what the process keeps once is not the epoch's
    tracemalloc.start()
    encryptor = run()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert encryptor is not None
    assert held < most + 50_000
