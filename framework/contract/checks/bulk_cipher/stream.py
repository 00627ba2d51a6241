"""What goes in comes out again: sizes, round trips, records in a row, failed calls."""

from collections.abc import Iterator
from functools import partial

from framework.contract.inputs.drbg import Drbg
from framework.contract.model.adapters import CipherAdapter, KeyedStream
from framework.contract.model.check import check
from framework.contract.model.smallest import cut, least, without
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

WRONG = ("text", None)
"""What is given in place of a record in a call that has to fail."""

Step = tuple[int, bool, bytes]
"""On which channel, whether a failing call comes first, and the record."""


def keyed(trial: Trial) -> tuple[bytes, bytes]:
    """A usable key and a random IV."""
    return trial.usable_key(), trial.rng.bytes(trial.cipher.iv_size)


def keystream(cipher: CipherAdapter, key: bytes, iv: bytes, size: int) -> bytes:
    """What zeros are encrypted to: the keystream, for a cipher that XORs one."""
    return cipher.encryptor(key, iv)(bytes(size))


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


def _comes_back(cipher: CipherAdapter, key: bytes, iv: bytes, record: bytes) -> None:
    ciphertext = cipher.encryptor(key, iv)(record)
    if cipher.encryptor(key, iv)(record) != ciphertext:
        raise Violation("one key, IV and record give two ciphertexts", key=key, iv=iv, record=record)
    if cipher.decryptor(key, iv)(ciphertext) != record:
        raise Violation("a record does not come back", key=key, iv=iv, record=record)


@check(
    "CIP-02",
    "encryptor and decryptor stay in step over any records, whatever else is called",
    why="One record out of step and everything after it is garbage, which a MAC over ciphertext does not notice.",
    precedent="BouncyCastle's GCM reused its IV after doFinal() (Wycheproof, doc/bugs.md); zarr-python #4156",
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


def _stay_in_step(cipher: CipherAdapter, keys: list[bytes], ivs: list[bytes], steps: list[Step]) -> None:
    senders = [cipher.encryptor(key, iv) for key, iv in zip(keys, ivs, strict=True)]
    receivers = [cipher.decryptor(key, iv) for key, iv in zip(keys, ivs, strict=True)]
    calls: list[str] = []
    for which, misused, record in steps:
        if misused:  # one side at a time: a position that both lose goes unseen
            stream = (senders, receivers)[len(record) % 2][which]
            misuse(stream)
            calls.append(f"{' and '.join(f'{stream.call}({wrong!r})' for wrong in WRONG)} on {which}, which must fail")
        calls.append(f"{len(record)} bytes on {which}")
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
    """Make calls that have to fail."""
    for wrong in WRONG:
        try:
            getattr(stream.inner, stream.call)(wrong)
        except Exception:  # noqa: BLE001, S112 - what it raises, another check asks
            continue


@check(
    "CIP-05",
    "another key or another IV does not decrypt",
    why="If the key does not matter, everyone has it.",
    precedent="libsodium #742: a test with 16 of a nonce's 24 bytes did not see what became of the rest",
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
