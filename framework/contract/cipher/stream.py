"""What goes in comes out again: sizes, round trips, records in a row, failed calls."""

from collections.abc import Iterator
from functools import partial
from itertools import chain, islice

from framework.contract.check import NotApplicable, Violation, check
from framework.contract.drbg import Drbg
from framework.contract.faces import CipherFace, KeyedStream
from framework.contract.smallest import cut, fewer, least, parts, without
from framework.contract.trial import Trial

Step = tuple[int, bool, bytes]
"""On which channel, whether a failing call comes first, and the record."""


def keyed(trial: Trial) -> tuple[bytes, bytes]:
    """A usable key and a random IV."""
    return trial.usable_key(), trial.rng.bytes(trial.cipher.iv_size)


def keystream(cipher: CipherFace, key: bytes, iv: bytes, size: int) -> bytes:
    """What zeros are encrypted to: the keystream, for a cipher that XORs one."""
    return cipher.encryptor(key, iv)(bytes(size))


def xor(left: bytes, right: bytes) -> bytes:
    """XOR of two byte strings of one size."""
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(len(left))


@check(
    "CIP-01",
    "records of every size keep their size and come back",
    why="The record layer computes sizes ahead; what does not come back is lost money or a broken channel.",
    precedent="Go's tests of ciphers ask every one for EmptyInput",
    flaws=("metadata lies about the length", "empty record", "partial block dropped", "wrong type of result"),
)
def sizes(trial: Trial) -> None:
    """Encrypt and decrypt one record of each size to 200 and around powers of two, twice alike."""
    cipher = trial.cipher
    key, iv = keyed(trial)
    for size in [*range(201), 1023, 1024, 1025, 4095, 4096, 4097, 65_535, 65_536, 65_537]:
        least(trial.rng.bytes(size), partial(_comes_back, cipher, key, iv), cut)


def _comes_back(cipher: CipherFace, key: bytes, iv: bytes, record: bytes) -> None:
    ciphertext = cipher.encryptor(key, iv)(record)
    if cipher.encryptor(key, iv)(record) != ciphertext:
        raise Violation("one key, IV and record give two ciphertexts", key=key, iv=iv, record=record)
    if cipher.decryptor(key, iv)(ciphertext) != record:
        raise Violation("a record does not come back", key=key, iv=iv, record=record)


@check(
    "CIP-02",
    "encryptor and decryptor stay in step over any records, whatever else is called",
    why="One record out of step and everything after it is garbage, which a MAC over ciphertext does not notice.",
    precedent="BouncyCastle kept state from before doFinal; zarr's test_set_does_not_retain_caller_buffer",
    flaws=("state shared by instances", "state lost between records", "a failed call corrupts", "empty records"),
)
def in_step(trial: Trial) -> None:
    """Run three channels, two of them under one key, with random records, empty ones and failing calls between."""
    rng = trial.rng
    for length in trial.sequences(150, 40):
        same_key = trial.usable_key()
        keys = [same_key, same_key, trial.usable_key()]
        ivs = [rng.bytes(trial.cipher.iv_size) for _ in keys]
        steps = [(rng.below(3), rng.below(5) == 0, rng.bytes(record_size(rng))) for _ in range(length)]
        least(steps, partial(_stay_in_step, trial.cipher, keys, ivs), _fewer_steps)


def _stay_in_step(cipher: CipherFace, keys: list[bytes], ivs: list[bytes], steps: list[Step]) -> None:
    senders = [cipher.encryptor(key, iv) for key, iv in zip(keys, ivs, strict=True)]
    receivers = [cipher.decryptor(key, iv) for key, iv in zip(keys, ivs, strict=True)]
    calls: list[str] = []
    for which, misused, record in steps:
        calls.append(f"{'misuse, ' if misused else ''}{len(record)} bytes on {which}")
        if misused:  # one side at a time: a position that both lose goes unseen
            misuse((senders, receivers)[len(record) % 2][which])
        if receivers[which](senders[which](record)) != record:
            raise Violation(
                "a record does not come back after others", key=keys[which], iv=ivs[which], calls=calls, record=record
            )


def _fewer_steps(steps: list[Step]) -> Iterator[list[Step]]:
    return without(steps, lambda step: ((*step[:2], record) for record in cut(step[2])))


def record_size(rng: Drbg) -> int:
    """Mostly small sizes, at times a large one."""
    return rng.choice((0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 200, 256, 1000)) if rng.below(8) else rng.below(20_000)


def misuse(stream: KeyedStream) -> None:
    """Make a call that has to fail."""
    method = getattr(stream.inner, "encrypt", None) or stream.inner.decrypt
    for wrong in ("text", None):
        try:
            method(wrong)
        except Exception:  # noqa: BLE001, S112 - what it raises, another check asks
            continue


@check(
    "CIP-03",
    "records are cut from one stream, or not, as is claimed",
    why="The framework promises one stream an epoch (PROTOCOL §6.2); two sides that differ in it do not talk.",
    precedent="Go's KeepState and RustCrypto's loops over chunks look for state lost between partial blocks",
    flaws=("partial block lost between records", "counter position lost", "claim of continuity false"),
)
def continuous(trial: Trial) -> None:
    """Cut 3 blocks everywhere, at steps from 1 to 200, and at random. Claim `continuous`, true by default."""
    claimed = trial.vectors.claims.get("continuous", True)
    key, iv = keyed(trial)
    message = trial.rng.bytes(600)
    if not claimed:
        if cut_differs(trial.cipher, key, iv, message, [7] * 86) is None:
            claim = trial.vectors.about_claim("continuous", True)
            raise Violation("`continuous` is disclaimed, but records are cut from one stream", key=key, iv=iv, **claim)
        raise NotApplicable("the plugin disclaims `continuous`, and truly")
    for step in [*range(1, 41), 47, 48, 49, *range(63, 67), 100, 127, 128, 129, 192, 200]:
        _hold_cut(trial.cipher, key, iv, message[: 3 * step + 1], [step] * 4)
    for first in [*range(70), *range(70, 200, 9)]:
        _hold_cut(trial.cipher, key, iv, message[:200], [first, 0, 200 - first])
    for _ in range(trial.times(30)):
        key, iv = keyed(trial)
        pieces = [record_size(trial.rng) for _ in range(8)]
        _hold_cut(trial.cipher, key, iv, trial.rng.bytes(sum(pieces)), pieces)


def cut_differs(cipher: CipherFace, key: bytes, iv: bytes, message: bytes, pieces: list[int]) -> int | None:
    """The first byte where cut records differ from one record, in either direction."""
    whole = cipher.encryptor(key, iv)(message)
    for stream, given, wanted in (
        (cipher.encryptor(key, iv), message, whole),
        (cipher.decryptor(key, iv), whole, message),
    ):
        position, out = 0, []
        for size in pieces:
            out.append(stream(given[position : position + size]))
            position += size
        joined = b"".join(out)
        if joined != wanted[: len(joined)]:
            return next(at for at, byte in enumerate(joined) if byte != wanted[at])
    return None


def _hold_cut(cipher: CipherFace, key: bytes, iv: bytes, message: bytes, pieces: list[int]) -> None:
    """Raise Violation with the fewest and smallest pieces that differ from one record."""

    def hold(sizes: list[int]) -> None:
        at = cut_differs(cipher, key, iv, message[: sum(sizes)], sizes)
        if at is not None:
            raise Violation(f"cut records differ from one record at byte {at}", key=key, iv=iv, pieces=sizes)

    least(pieces, hold, lambda sizes: chain(islice(without(sizes), 3), _joined(sizes), without(sizes, fewer)))


def _joined(sizes: list[int]) -> Iterator[list[int]]:
    """Neighbours made one, many at first."""
    for part in parts(len(sizes)):
        for start in range(0, len(sizes) - 1, max(2, part)):
            yield [*sizes[:start], sum(sizes[start : start + max(2, part)]), *sizes[start + max(2, part) :]]


@check(
    "CIP-04",
    "large records give what small ones give",
    why="A fast path for bulk data that differs from the slow one shows only where nobody looks at each byte.",
    precedent="CVE-2020-36242 (pyca/cryptography: gigabytes); RustCrypto compares 101 blocks with single ones",
    flaws=("bulk path differs from block path", "large record truncated", "batch boundary"),
)
def large(trial: Trial) -> None:
    """Compare records to 2^20 + 3 bytes with the same in pieces of 1,000 to 70,000, begun at odd positions."""
    if not trial.vectors.claims.get("continuous", True):
        raise NotApplicable("the plugin disclaims `continuous`")
    size = min((1 << 20) + 3, trial.cipher.limit)
    for first, piece in ((0, 1000), (1, 16_384), (65_535, 65_536), (13, 70_000)):
        key, iv = keyed(trial)
        message = trial.rng.bytes(64) * (size // 64) + trial.rng.bytes(size % 64)
        pieces = [first, *[piece] * ((size - first) // piece), (size - first) % piece]
        _hold_cut(trial.cipher, key, iv, message, pieces)


@check(
    "CIP-05",
    "another key or another IV does not decrypt",
    why="If the key does not matter, everyone has it.",
    precedent="golang #25214: a nonce that was replaced by 1, 2, 3 passed the tests",
    flaws=("key ignored when decrypting", "IV ignored when decrypting", "nothing encrypted"),
    forbids_waiver=True,
)
def wrong_key(trial: Trial) -> None:
    """Decrypt with another key, another IV, and not at all."""
    cipher = trial.cipher
    for size in (16, 17, 64, 1000):
        key, iv = keyed(trial)
        record = trial.rng.bytes(size)
        ciphertext = cipher.encryptor(key, iv)(record)
        if ciphertext == record:
            raise Violation("the ciphertext is the plaintext", key=key, iv=iv, record=record)
        other_key, other_iv = keyed(trial)
        for name, stream in (
            ("key", cipher.decryptor(other_key, iv)),
            ("IV", cipher.decryptor(key, other_iv)),
        ):
            if stream(ciphertext) == record:
                raise Violation(f"another {name} decrypts", key=key, iv=iv, record=record)


@check(
    "CIP-06",
    "the keystream is XORed on, or not, as is claimed",
    why="What a changed ciphertext does to the plaintext is a property of the mode; another damage is another mode.",
    precedent="RustCrypto keeps PCBC apart from CBC; Rooterberg and NIST keep CFB8 apart from CFB64",
    flaws=("plaintext feedback", "chaining of another mode", "claim of XOR false"),
)
def xor_stream(trial: Trial) -> None:
    """Encrypt zeros and a record; flip ciphertext bits; encrypt on. Claim `xor_stream`, true by default."""
    claimed = trial.vectors.claims.get("xor_stream", True)
    for size in (8, 33, 200):
        key, iv = keyed(trial)
        holds = _is_xor(trial, key, iv, trial.rng.bytes(size), trial.rng.bytes(size))
        if holds != claimed:
            what = "does not XOR a keystream, as is claimed" if claimed else "disclaims `xor_stream`, but XORs one"
            claim = trial.vectors.about_claim("xor_stream", holds)
            raise Violation(f"the cipher {what}", key=key, iv=iv, **claim)


def _is_xor(trial: Trial, key: bytes, iv: bytes, first: bytes, second: bytes) -> bool:
    cipher, size = trial.cipher, len(first)
    stream, zeros = cipher.encryptor(key, iv), cipher.encryptor(key, iv)
    for record in (first, second, first):
        if xor(stream(record), zeros(bytes(size))) != record:
            return False
    ciphertext = cipher.encryptor(key, iv)(first)
    decrypt = cipher.decryptor(key, iv)
    return (
        decrypt(xor(ciphertext, second)) == xor(first, second)
        and decrypt(_skipped(cipher, key, iv, first, second)) == second
    )


def _skipped(cipher: CipherFace, key: bytes, iv: bytes, first: bytes, second: bytes) -> bytes:
    stream = cipher.encryptor(key, iv)
    stream(first)
    return stream(second)
