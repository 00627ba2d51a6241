"""Records are cut from one stream: wherever they are cut, and by whatever path they go."""

from collections.abc import Iterator
from itertools import chain, islice
from math import isqrt

from framework.contract.checks.bulk_cipher.stream import keyed, record_size
from framework.contract.model.adapters import CipherAdapter
from framework.contract.model.check import NotApplicable, check
from framework.contract.model.smallest import fewer, least, parts, without
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

ENDS = tuple((1 << power) + more for power in range(11, 17) for more in (-1, 0, 1))
"""Sizes of records at which buffers and fast paths begin and end."""


@check(
    "CIP-03",
    "records are cut from one stream, or not, as is claimed",
    why="The framework promises one stream an epoch (PROTOCOL §6.2); two sides that differ in it do not talk.",
    precedent="Go's KeepState and RustCrypto's loops over chunks look for state lost between partial blocks",
    flaws=(
        "partial block lost between records",
        "position lost",
        "a size with a path of its own",
        "claim of continuity false",
    ),
)
def continuous(trial: Trial) -> None:
    """Cut 3 blocks everywhere, at steps from 1 to 200, and at random. Claim `continuous`, true by default.

    And into records of every size to 1,699 bytes in a row, and of those at which fast paths begin.
    """
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
    for sizes in (range(min(1700, isqrt(2 * trial.cipher.limit))), ENDS):
        if sum(sizes) <= trial.cipher.limit:
            _hold_cut(trial.cipher, key, iv, trial.rng.bytes(4096) * (sum(sizes) // 4096 + 1), list(sizes))


def cut_differs(cipher: CipherAdapter, key: bytes, iv: bytes, message: bytes, pieces: list[int]) -> int | None:
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


def _hold_cut(cipher: CipherAdapter, key: bytes, iv: bytes, message: bytes, pieces: list[int]) -> None:
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
