"""Streams of very many records: what a count of records or a position does when it comes round."""

from framework.contract.checks.bulk_cipher.keystream import REUSE
from framework.contract.checks.bulk_cipher.stream import keyed, keystream
from framework.contract.inputs.working_time import MANY, working_seconds
from framework.contract.model.adapters import KeyedStream
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

LARGE_RECORDS = 6
LARGE_RECORD = 70_000


@check(
    "CIP-16",
    "no piece of keystream is used twice over very many records, or large ones",
    why=REUSE,
    precedent="WEP's IV of 24 bits; CVE-2017-13077 (KRACK)",
    flaws=("count of records that wraps", "ranges of keystream that overlap", "position lost after many records"),
    forbids_waiver=True,
)
def many_records(trial: Trial) -> None:
    """Encrypt 65,540 records of 16 zeros, or as many as time allows, and 6 of 70,000; 8 bytes must not come twice.

    Where records are cut from one stream, they are compared with one record instead.
    """
    key, iv = keyed(trial)
    limit, end = trial.cipher.limit, working_seconds() + trial.seconds
    sender, pieces = trial.cipher.encryptor(key, iv), list[bytes]()
    for count in range(min(MANY, limit // 16)):
        pieces.append(sender(bytes(16)))
        if count % 256 == 0 and working_seconds() > end:
            break
    if trial.vectors.claims.get("continuous", True):
        whole = keystream(trial.cipher, key, iv, 16 * len(pieces))
        wrong = next((n for n, piece in enumerate(pieces) if piece != whole[16 * n : 16 * n + 16]), None)
        if wrong is not None:
            raise Violation(f"record {wrong} of 16 bytes differs from the same bytes of one record", key=key, iv=iv)
    else:
        _unique(b"".join(pieces), 16, key, iv)
    count = min(LARGE_RECORDS, limit // LARGE_RECORD)
    _unique(_large(trial.cipher.encryptor(key, iv), count), LARGE_RECORD, key, iv)


def _large(sender: KeyedStream, count: int) -> bytes:
    return b"".join(sender(bytes(LARGE_RECORD)) for _ in range(count))


def _unique(stream: bytes, size: int, key: bytes, iv: bytes) -> None:
    """Raise Violation unless all words of 8 bytes differ; a few may be equal by chance in a very long stream only."""
    seen: dict[int, int] = {}
    for place, word in enumerate(memoryview(stream).cast("Q").tolist()):
        if seen.setdefault(word, place) != place:
            first, again = 8 * seen[word] // size, 8 * place // size
            raise Violation(f"8 bytes of keystream come twice: in record {first} and in record {again}", key=key, iv=iv)


FAR = (1 << 25) + (1 << 20)
"""How far a stream is followed, if its limit and the time allow."""

PIECE = 1 << 18
MARK = 64


@check(
    "CIP-17",
    "a keystream goes on far out, the same in both directions, and comes back to nothing",
    why=REUSE,
    precedent="CVE-2015-6644 (Android's BouncyCastle GCM): a counter of the wrong width",
    flaws=("position kept in too few bits", "decryptor that counts otherwise far out", "keystream begins again"),
    forbids_waiver=True,
)
def far_out(trial: Trial) -> None:
    """Encrypt and decrypt zeros in records of 256 KiB, to 33 MiB or as far as limit and time allow.

    The first 64 bytes of each record and those before each power of two are compared with all the others.
    """
    key, iv = keyed(trial)
    sender, receiver = trial.cipher.encryptor(key, iv), trial.cipher.decryptor(key, iv)
    seen, position, end = dict[bytes, int](), 0, working_seconds() + trial.seconds
    while position + PIECE <= min(FAR, trial.cipher.limit) and working_seconds() < end:
        piece = sender(bytes(PIECE))
        if receiver(piece) != bytes(PIECE):
            raise Violation(f"what is encrypted at byte {position} does not come back", key=key, iv=iv)
        for at in (0, PIECE - MARK, *(1 << power for power in range(7, 18))):
            first = seen.setdefault(piece[at : at + MARK], position + at)
            if first != position + at:
                raise Violation(f"the keystream at byte {position + at} is that at {first}", key=key, iv=iv)
        position += PIECE
