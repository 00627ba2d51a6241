"""Triple DES through the interface of a bulk cipher, by each engine."""

import copy
import pickle
import secrets
import subprocess
import sys
import threading
from array import array
from collections.abc import Callable
from types import ModuleType

import pytest

from framework import BulkCipher, Decryptor, Encryptor, Status
from framework.errors import MisuseError
from plugins.des3 import TripleDes, register_bulk_ciphers

KEY = bytes.fromhex("0123456789abcdef23456789abcdef01456789abcdef0123")
IV = bytes.fromhex("fedcba9876543210")

Oracle = Callable[[bytes, int, int], bytes]


def xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def test_the_plugin_offers_triple_des() -> None:
    offered: list[BulkCipher] = []
    register_bulk_ciphers(offered.append)
    (cipher,) = offered
    assert isinstance(cipher, BulkCipher)
    assert (cipher.info.name, cipher.info.title) == ("des3", "Triple DES (TDEA) in counter mode")
    assert (cipher.info.security_bits, cipher.info.status) == (112, Status.LEGACY)
    assert cipher.info.reference == "NIST SP 800-67 Rev. 2; SP 800-38A §6.5"
    assert (cipher.key_size, cipher.iv_size, cipher.max_bytes_per_key) == (24, 8, 8388608)


def test_one_block_is_the_textbooks(cipher: TripleDes, textbook: ModuleType) -> None:
    for _ in range(8):
        key, block = secrets.token_bytes(24), secrets.token_bytes(8)
        assert cipher.encryptor(key, block).encrypt(bytes(8)) == textbook.encrypt_block(key, block)


def test_encryptor_and_decryptor_are_what_the_framework_asks_for(cipher: TripleDes) -> None:
    assert isinstance(cipher.encryptor(KEY, IV), Encryptor)
    assert isinstance(cipher.decryptor(KEY, IV), Decryptor)


def test_a_record_and_back(cipher: TripleDes, counter_oracle: Oracle) -> None:
    record = secrets.token_bytes(1000)
    ciphertext = cipher.encryptor(KEY, IV).encrypt(record)
    assert ciphertext == xor(record, counter_oracle(KEY, int.from_bytes(IV, "big"), 1000))
    assert cipher.decryptor(KEY, IV).decrypt(ciphertext) == record


def test_every_chunk_size_continues_the_stream(cipher: TripleDes, counter_oracle: Oracle) -> None:
    stream = counter_oracle(KEY, int.from_bytes(IV, "big"), 240)
    for size in range(1, 25):
        encryptor = cipher.encryptor(KEY, IV)
        assert b"".join(encryptor.encrypt(bytes(size)) for _ in range(240 // size)) == stream[: 240 // size * size]


def test_empty_records_change_nothing(cipher: TripleDes) -> None:
    encryptor, plain = cipher.encryptor(KEY, IV), cipher.encryptor(KEY, IV)
    assert encryptor.encrypt(b"") == b""
    first = encryptor.encrypt(bytes(5))
    assert encryptor.encrypt(b"") == b""
    assert first + encryptor.encrypt(bytes(7)) == plain.encrypt(bytes(12))


@pytest.mark.parametrize("first", [2**32 - 2, 2**32 - 1, 2**64 - 2, 2**64 - 1, 2**64 - 1000, 2**63 - 1, 0])
def test_the_counter_wraps_at_64_bits_only(cipher: TripleDes, counter_oracle: Oracle, first: int) -> None:
    size = 20_000
    assert cipher.encryptor(KEY, first.to_bytes(8, "big")).encrypt(bytes(size)) == counter_oracle(KEY, first, size)


@pytest.mark.parametrize("size", [16384, 49152, 114688, 262144, 2**20])
@pytest.mark.parametrize("around", [-1, 0, 1])
def test_around_the_sizes_of_batches(cipher: TripleDes, counter_oracle: Oracle, size: int, around: int) -> None:
    stream = counter_oracle(KEY, int.from_bytes(IV, "big"), size + 100)
    encryptor = cipher.encryptor(KEY, IV)
    first = encryptor.encrypt(bytes(size + around))
    assert first + encryptor.encrypt(bytes(100 - around)) == stream


def test_two_directions_and_many_instances_interleaved(cipher: TripleDes, counter_oracle: Oracle) -> None:
    keys = [secrets.token_bytes(24) for _ in range(4)]
    encryptors = [cipher.encryptor(key, IV) for key in keys]
    decryptors = [cipher.decryptor(key, IV) for key in keys]
    received = [b""] * 4
    for size in (1, 7, 300, 64, 0, 5000, 13):
        for number, (encryptor, decryptor) in enumerate(zip(encryptors, decryptors, strict=True)):
            ciphertext = encryptor.encrypt(bytes(size))
            received[number] += ciphertext
            assert decryptor.decrypt(ciphertext) == bytes(size)
    assert received == [counter_oracle(key, int.from_bytes(IV, "big"), 5385) for key in keys]


def test_threads_share_the_cipher(cipher: TripleDes, counter_oracle: Oracle) -> None:
    keys = [secrets.token_bytes(24) for _ in range(6)]
    results: dict[bytes, bytes] = {}

    def run(key: bytes) -> None:
        encryptor = cipher.encryptor(key, IV)
        results[key] = b"".join(encryptor.encrypt(bytes(1000)) for _ in range(40))

    threads = [threading.Thread(target=run, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {key: counter_oracle(key, int.from_bytes(IV, "big"), 40_000) for key in keys}


BUFFERS: dict[str, Callable[[bytes], bytes | bytearray | memoryview]] = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "reversed": lambda data: memoryview(data[::-1])[::-1],
    "strided": lambda data: memoryview(bytes(byte for pair in zip(data, data, strict=True) for byte in pair))[::2],
    "words": lambda data: memoryview(array("Q", data)),
    "matrix": lambda data: memoryview(data).cast("B", shape=(len(data) // 8, 8)),
}


@pytest.mark.parametrize("buffer", BUFFERS.values(), ids=BUFFERS)
def test_any_buffer_counts_as_its_bytes(
    cipher: TripleDes, buffer: Callable[[bytes], bytes | bytearray | memoryview]
) -> None:
    record = secrets.token_bytes(64)
    ciphertext = cipher.encryptor(KEY, IV).encrypt(record)
    encryptor = cipher.encryptor(buffer(KEY), buffer(IV))  # type: ignore[arg-type]
    given = encryptor.encrypt(buffer(record))  # type: ignore[arg-type]
    assert (type(given), given) == (bytes, ciphertext)
    cipher.check_key(buffer(KEY))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [10, 100_000])
def test_no_reference_to_the_callers_buffers_is_kept(cipher: TripleDes, size: int) -> None:
    key, iv, record = bytearray(KEY), bytearray(IV), bytearray(secrets.token_bytes(size))
    encryptor = cipher.encryptor(key, iv)  # type: ignore[arg-type]
    plain = cipher.encryptor(KEY, IV)
    wanted = plain.encrypt(bytes(record)), plain.encrypt(bytes(size))
    key[:], iv[:] = bytes(24), bytes(8)
    first = encryptor.encrypt(record)  # type: ignore[arg-type]
    record[:] = bytes(size)
    second = encryptor.encrypt(record)  # type: ignore[arg-type]
    assert (first, second) == wanted
    record.append(0)  # a buffer that is still exported cannot grow


@pytest.mark.parametrize("record", [None, "text", 5, [1, 2], array("B", [1, 2])])
def test_what_is_not_bytes_is_misuse_and_changes_nothing(cipher: TripleDes, record: object) -> None:
    encryptor, plain = cipher.encryptor(KEY, IV), cipher.encryptor(KEY, IV)
    first = encryptor.encrypt(bytes(3))
    with pytest.raises(MisuseError, match="the record must be bytes, not"):
        encryptor.encrypt(record)  # type: ignore[arg-type]
    released = memoryview(b"released")
    released.release()
    with pytest.raises(MisuseError, match="was released"):
        encryptor.encrypt(released)  # type: ignore[arg-type]
    assert first + encryptor.encrypt(bytes(7)) == plain.encrypt(bytes(10))


def test_nothing_shows_the_key(cipher: TripleDes) -> None:
    encryptor = cipher.encryptor(KEY, IV)
    encryptor.encrypt(bytes(16))
    pending = [encryptor]
    shown = repr(encryptor) + repr(cipher.decryptor(KEY, IV)) + repr(cipher)
    for holder in pending:
        for slot in ("_keystream", "_schedule", "_masks"):
            if (held := getattr(holder, slot, None)) is not None and slot != "_masks":
                pending.append(held)
                shown += repr(held)
    for secret in (KEY, KEY[:8], KEY[8:16], KEY[16:], IV):
        assert secret.hex() not in shown
        assert repr(secret)[2:-1] not in shown
    assert repr(encryptor) == "CounterModeEncryptor(8388592 bytes of the epoch left)"


@pytest.mark.parametrize("act", [pickle.dumps, copy.copy, copy.deepcopy])
def test_what_holds_a_key_is_neither_pickled_nor_copied(cipher: TripleDes, act: Callable[[object], object]) -> None:
    encryptor = cipher.encryptor(KEY, IV)
    for holder in (encryptor, cipher.decryptor(KEY, IV), encryptor._keystream):
        with pytest.raises(TypeError, match="never pickled or copied"):
            act(holder)


OPTIMISED = """
from plugins.des3 import TripleDes
from framework.errors import InvalidKeyError, MisuseError
cipher, key = TripleDes("bitarray"), bytes.fromhex("0123456789abcdef23456789abcdef01456789abcdef0123")
encryptor = cipher.encryptor(key, bytes(8))
for error, act in (
    (InvalidKeyError, lambda: cipher.check_key(key[:16])),
    (InvalidKeyError, lambda: cipher.check_key(key[:16] + bytes(8))),
    (InvalidKeyError, lambda: cipher.check_key(key[:16] + key[:8])),
    (InvalidKeyError, lambda: cipher.encryptor(key, bytes(9))),
    (MisuseError, lambda: encryptor.encrypt("text")),
    (MisuseError, lambda: encryptor.encrypt(bytes(8388609))),
):
    try:
        act()
    except error:
        continue
    raise SystemExit(f"{error.__name__} was not raised")
if encryptor.encrypt(bytes(8)).hex() != "EXPECTED":
    raise SystemExit("wrong ciphertext")
"""


def test_nothing_depends_on_assertions(counter_oracle: Oracle) -> None:
    program = OPTIMISED.replace("EXPECTED", counter_oracle(KEY, 0, 8).hex())
    done = subprocess.run([sys.executable, "-O", "-W", "error", "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
