"""Counters: their carries, found out without an oracle, and how much one key may encrypt."""

from framework.contract.checks.bulk_cipher.stream import keyed, keystream
from framework.contract.inputs.octets import ORDERS, Order
from framework.contract.model.adapters import CipherAdapter, invoke
from framework.contract.model.check import NotApplicable, NotChecked, check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation
from framework.errors import SuitecaseError

BLOCKS = (8, 16, 32, 64, 128)

DRIVABLE = 16 << 20
"""A limit up to here is driven to its end; beyond, that would take too long."""

LEAST_LIMIT = 1 << 17
"""Two largest records: below, no suite can be made with the default parameters (PROTOCOL §3.3)."""


@check(
    "CIP-31",
    "a counter carries through all of its bytes",
    why="A counter that wraps early gives the keystream of its beginning again: both records are read.",
    precedent="CVE-2015-6644 (Android's BouncyCastle: GCM's counter wraps); Wycheproof's CounterWrap and WrappedIv",
    flaws=("counter wraps at 2^32", "carry lost between bytes or words", "signed counter", "last IV"),
    forbids_waiver=True,
)
def carries(trial: Trial) -> None:
    """If the stream of IV + 1 is the stream of IV from its second block on, hold it to that around powers of two.

    And over 6,000 blocks, for an engine may count in batches.
    """
    cipher = trial.cipher
    found = _counter(trial)
    if found is None:
        raise NotApplicable("the IV is not the start of a counter: the stream of IV + 1 is no part of IV's")
    block, order = found
    bits = 8 * cipher.iv_size
    key = trial.usable_key()
    ones = (1 << bits) - 1
    starts = {(1 << power) - back for power in range(1, bits + 1) for back in (1, 2, 3)} | {ones, ones - 1, ones >> 1}
    starts |= {(trial.rng.below(1 << bits) >> low << low) | (1 << low) - 1 for low in (8, 16, 24, 31, 32, 48, 63, 64)}
    for start in sorted(start for start in starts if 0 <= start <= ones):
        iv, after = (value % (1 << bits) for value in (start, start + 1))
        stream = keystream(cipher, key, iv.to_bytes(cipher.iv_size, order), 6 * block)
        shifted = keystream(cipher, key, after.to_bytes(cipher.iv_size, order), 5 * block)
        if stream[block:] != shifted:
            wraps = f"0: it must wrap (modulo 2^{bits})"
            raise Violation(
                f"the counter does not go on from {start:#x} to {wraps if start == ones else f'{start + 1:#x}'}",
                key=key,
                iv=iv.to_bytes(cipher.iv_size, order),
            )
    for power in {32, 64, bits} - set(range(bits + 1, 65)):
        _carries_in_batches(cipher, key, (1 << power) - 300 + (0 if power == bits else 5 << power), block, order)


def _carries_in_batches(cipher: CipherAdapter, key: bytes, start: int, block: int, order: Order) -> None:
    """Raise Violation where a long stream differs from one that starts 900 blocks later, or is cut into records."""
    size, later = 6000, 900
    bits = 8 * cipher.iv_size
    iv, after = (value % (1 << bits) for value in (start, start + later))
    stream = keystream(cipher, key, iv.to_bytes(cipher.iv_size, order), size * block)
    shifted = keystream(cipher, key, after.to_bytes(cipher.iv_size, order), (size - later) * block)
    if stream[later * block :] != shifted:
        at = next(place for place, byte in enumerate(shifted) if byte != stream[later * block + place]) // block + later
        raise Violation(
            f"the counter does not go on from {iv:#x}: {at} blocks later the keystream is another",
            key=key,
            iv=iv.to_bytes(cipher.iv_size, order),
        )


def _counter(trial: Trial) -> tuple[int, Order] | None:
    """Block size and byte order, if the IV is the start of a counter."""
    cipher = trial.cipher
    key = trial.usable_key()
    for block in BLOCKS:
        for order in ORDERS:
            if all(_goes_on(cipher, key, trial.rng.bytes(cipher.iv_size), block, order) for _ in range(3)):
                return block, order
    return None


def _goes_on(cipher: CipherAdapter, key: bytes, iv: bytes, block: int, order: Order) -> bool:
    number = int.from_bytes(iv, order)
    if number % 251 in (250, 0):
        number ^= 8  # stay away from carries here
    number = number & ~0xFF & ~(0xFF << 8 * (len(iv) - 1)) | 0x21
    first, second = (value.to_bytes(len(iv), order) for value in (number, number + 1))
    return keystream(cipher, key, first, 2 * block)[block:] == keystream(cipher, key, second, block)


@check(
    "CIP-32",
    "the limit of bytes fits the block size",
    why="After 2^(n/2) blocks of n bits two are equal by chance, and the XOR of two plaintexts shows.",
    precedent="CVE-2016-2183 (Sweet32); SP 800-67 Rev. 2: 2^20 blocks of 64 bits under one key bundle",
    flaws=("no data limit on a 64-bit block cipher", "a limit too small for any suite"),
    forbids_waiver=True,
)
def birthday(trial: Trial) -> None:
    """Compare `max_bytes_per_key` with the block that is measured, and else with the size of the IV."""
    limit = trial.cipher.limit
    found = _counter(trial)
    block = found[0] if found else (8 if trial.cipher.iv_size <= 8 else 16)
    most = {8: 2**20 * 8, 16: 2**48 * 16}.get(block, 2**63)
    if found is None and trial.cipher.iv_size > 8:
        most = 2**63
    if limit > most:
        raise Violation(f"max_bytes_per_key is {limit}; with blocks of {block} bytes no more than {most} are safe")
    if limit < LEAST_LIMIT:
        raise Violation(f"max_bytes_per_key is {limit}: no epoch holds a largest record and a key_update")


@check(
    "CIP-33",
    "what happens at the limit is what is claimed",
    why="Beyond its limit a keystream begins again, or the birthday bound is passed.",
    precedent="PyCryptodome raises OverflowError when its counter has wrapped around",
    flaws=("counter exhaustion restarts the keystream", "limit not enforced", "claim about the limit false"),
    refuses=True,
)
def at_the_limit(trial: Trial) -> None:
    """Encrypt up to the limit, then one byte more. Claim `enforces_limit`, false by default."""
    cipher = trial.cipher
    claimed = trial.vectors.claims.get("enforces_limit", False)
    claim = trial.vectors.about_claim("enforces_limit", not claimed)
    if cipher.limit > DRIVABLE:
        raise NotChecked(f"the limit of {cipher.limit} bytes is too far to drive to")
    key, iv = keyed(trial)
    for start, call in ((cipher.encryptor(key, iv), "encrypt"), (cipher.decryptor(key, iv), "decrypt")):
        first = start(bytes(256))
        left = cipher.limit - 256
        while left > 0:
            start(bytes(min(left, 1 << 18)))
            left -= min(left, 1 << 18)
        refused = _refuses_more(start.inner, call)
        if refused != claimed:
            what = "is claimed to refuse and does not" if claimed else "refuses, which is not claimed"
            raise Violation(f"{call} beyond max_bytes_per_key {what}", **claim)
        if not refused and start(bytes(256)) == first:
            raise Violation(f"{call} begins its keystream again at the limit", key=key, iv=iv)
        if refused and not _refuses_more(start.inner, call):
            raise Violation(f"{call} refuses once beyond max_bytes_per_key, and then goes on", key=key, iv=iv)


def _refuses_more(stream: object, call: str) -> bool:
    try:
        invoke(call, getattr(stream, call), b"\0", allow=SuitecaseError)
    except SuitecaseError:
        return True
    return False
