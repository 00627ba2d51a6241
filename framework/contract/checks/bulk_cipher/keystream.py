"""What a ciphertext gives away: repeated keystream, bytes left alone, bias, linearity."""

from collections import Counter

from framework.contract.checks.bulk_cipher.stream import keyed, keystream
from framework.contract.inputs.forgeries import flipped
from framework.contract.inputs.octets import either, xor
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

REUSE = "Two records under one keystream give the XOR of their plaintexts away: both are read."


@check(
    "CIP-11",
    "no piece of keystream is used twice",
    why=REUSE,
    precedent="CVE-2017-13077 (KRACK); MS-PPTP's one keystream for both directions",
    flaws=("keystream restarts with each record", "short period", "a small counter wraps", "ECB"),
    forbids_waiver=True,
)
def no_reuse(trial: Trial) -> None:
    """Encrypt zeros, in records and at once, and look for 8 bytes that come twice, within a stream and between two."""
    key, iv = keyed(trial)
    sender = trial.cipher.encryptor(key, iv)
    records = [sender(bytes(256)) for _ in range(40)]
    pieces = b"".join(records)
    size = min(trial.cipher.limit, (1 << 20) + (1 << 18)) // 8 * 8
    other = keystream(trial.cipher, key, trial.rng.bytes(trial.cipher.iv_size), 4096)
    for name, stream in (
        ("in records", pieces),
        ("at once", keystream(trial.cipher, key, iv, size)),
        ("under two IVs", pieces[:4096] + other),
    ):
        words = memoryview(stream).cast("Q").tolist()
        if len(set(words)) < len(words) - len(words) ** 2 // 2**50:
            word, count = Counter(words).most_common(1)[0]
            first = words.index(word)
            again = words.index(word, first + 1)
            raise Violation(
                f"8 bytes of keystream come {count} times {name}: at {8 * first} and at {8 * again}", key=key, iv=iv
            )


@check(
    "CIP-12",
    "every bit of every record is encrypted",
    why="What is left in the clear is read by anyone.",
    precedent="CVE-2022-2097 (OpenSSL AES-OCB on 32-bit x86 left sixteen bytes unencrypted)",
    flaws=("last block in the clear", "first record in the clear", "a bit of each byte untouched"),
    forbids_waiver=True,
)
def every_bit(trial: Trial) -> None:
    """Gather over many IVs which bits ever change, in records of many sizes, as the first and as a later one."""
    for size in [*range(1, 70), 127, 128, 129, 255, 1000, 4097, 65_537]:
        key = trial.usable_key()
        first, later = bytes(size), bytes(size)
        record = trial.rng.bytes(size)
        rounds = 44 if size in (1, 8, 67) else 9
        for _ in range(rounds):
            stream = trial.cipher.encryptor(key, trial.rng.bytes(trial.cipher.iv_size))
            first, later = (either(seen, xor(record, stream(record))) for seen in (first, later))
        for name, seen in (("first", first), ("second", later)):
            for place, bits in enumerate(seen):
                if bits == 0 or (rounds == 44 and bits != 0xFF):
                    what = "is never encrypted" if bits == 0 else f"has bits never encrypted ({bits:08b})"
                    raise Violation(f"byte {place} of a {name} record of {size} bytes {what}", key=key, record=record)


@check(
    "CIP-13",
    "the keystream looks random",
    why="What is more likely than the rest is guessed: RC4's biases alone gave cookies away.",
    precedent="RC4 in TLS (AlFardan and others, 2013); RFC 7465",
    flaws=("biased keystream", "keystream as text", "bytes that follow from others"),
    forbids_waiver=True,
)
def looks_random(trial: Trial) -> None:
    """Count bytes, differences to neighbours and places in a block; random bytes fail once in 10^11 runs."""
    for _ in range(2):
        key, iv = keyed(trial)
        size = min(1 << 18, trial.cipher.limit)
        stream = keystream(trial.cipher, key, iv, size)
        _fair(Counter(stream), size, "a byte of keystream", key, iv)
        for lag in (1, 2, 3, 4, 7, 8, 12, 16, 32, 64, 128, 256):
            difference = xor(stream[lag:], stream[:-lag])
            _fair(Counter(difference), size - lag, f"the XOR of bytes {lag} apart", key, iv)
    firsts = [
        keystream(trial.cipher, key, trial.rng.bytes(trial.cipher.iv_size), 64) for _ in range(trial.times(400, 400))
    ]
    for bit in range(512):
        ones = sum(first[bit // 8] >> (7 - bit % 8) & 1 for first in firsts)
        if abs(ones - len(firsts) / 2) > 7 * (len(firsts) / 4) ** 0.5:
            raise Violation(f"bit {bit} of the keystream is one under {ones} of {len(firsts)} IVs", key=key)


def _fair(counts: Counter[int], size: int, what: str, key: bytes, iv: bytes) -> None:
    """Pearson's chi-square with 255 degrees of freedom: mean 255, standard deviation 22.6."""
    mean = size / 256
    statistic = sum((counts[value] - mean) ** 2 for value in range(256)) / mean
    if statistic > 255 + 9 * 22.6:
        value, count = counts.most_common(1)[0]
        raise Violation(f"{what} is {value:#04x} {count} times where {mean:.0f} are due", key=key, iv=iv)


@check(
    "CIP-14",
    "the keystream comes from no linear register",
    why="From twice its length of keystream the state of a linear register is computed, and all the rest with it.",
    precedent="LFSR ciphers from CSS to A5/1",
    flaws=("linear feedback shift register", "Mersenne Twister or xorshift as a keystream", "linear congruences"),
    forbids_waiver=True,
)
def not_linear(trial: Trial) -> None:
    """Measure linear complexity (Berlekamp-Massey) of 42,000 bits and of each bit plane of bytes and words."""
    key, iv = keyed(trial)
    stream = keystream(trial.cipher, key, iv, min(1 << 15, trial.cipher.limit))
    bits = min(42_000 if trial.session.effort.value >= 1 else 12_000, 8 * len(stream))
    planes = [("the bits", int.from_bytes(stream[: bits // 8]), bits)]
    for step in (1, 4, 8):
        for bit in range(8 * step):
            chosen = [stream[at + bit // 8] >> bit % 8 & 1 for at in range(0, min(800 * step, len(stream)), step)]
            planes.append((f"bit {bit} of words of {step} bytes", int("".join(map(str, chosen)), 2), len(chosen)))
    for name, sequence, length in planes:
        complexity = linear_complexity(sequence, length)
        if complexity < 0.46 * length:
            raise Violation(f"{name} have linear complexity {complexity} over {length}", key=key, iv=iv)


def linear_complexity(sequence: int, length: int) -> int:
    """The length of the shortest linear register that gives the bits, the highest first (Massey 1969)."""
    connection, before, complexity, since, window = 1, 1, 0, 1, 0
    for position in range(length):
        window = window << 1 | sequence >> (length - 1 - position) & 1
        # The bits of the window below 2^(complexity+1), against the connection polynomial.
        if (connection & window).bit_count() & 1:
            kept = connection
            connection ^= before << since
            if 2 * complexity <= position:
                complexity, before, since = position + 1 - complexity, kept, 0
        since += 1
        if position % 512 == 0:
            window &= (1 << complexity + 1024) - 1
    return complexity


@check(
    "CIP-15",
    "one bit of key or IV changes half of the keystream",
    why="Related keys and IVs must not give related keystreams: WEP fell over exactly that.",
    precedent="WEP (Fluhrer, Mantin and Shamir 2001): related keys by a public IV",
    flaws=("weak diffusion of key or IV", "IV XORed on to the key", "linear in the key"),
    forbids_waiver=True,
)
def avalanche(trial: Trial) -> None:
    """Flip bits of key and IV, each and both together, and count what changes in 1,024 bits; test linearity."""
    key, iv = keyed(trial)
    base = keystream(trial.cipher, key, iv, 128)
    ignored = ignored_bits(trial)
    for _ in range(trial.times(48, 16)):
        key_bit, iv_bit = trial.rng.below(8 * len(key)), trial.rng.below(8 * len(iv))
        both = min(key_bit, 8 * len(iv) - 1)
        variants = [(key, flipped(iv, iv_bit)), (flipped(key, both), flipped(iv, both))]
        variants += [(flipped(key, key_bit), iv)] if key_bit not in ignored else []
        for other_key, other_iv in variants:
            changed = int.from_bytes(xor(base, keystream(trial.cipher, other_key, other_iv, 128))).bit_count()
            if not 384 < changed < 640:  # 8 standard deviations
                raise Violation(f"one bit changes {changed} of 1,024 bits", key=other_key, iv=other_iv)
    second, third = trial.usable_key(), trial.usable_key()
    combined = xor(xor(key, second), third)
    streams = [keystream(trial.cipher, each, iv, 32) for each in (key, second, third, combined)]
    if streams[3] == xor(xor(streams[0], streams[1]), streams[2]):
        raise Violation("the keystream is linear in the key", key=key, iv=iv)


def ignored_bits(trial: Trial) -> set[int]:
    """The key bits that the author declares to have no effect (claim `ignored_key_bits`, a mask in hex)."""
    mask = b"".join(trial.vectors.claim_octets("ignored_key_bits"))
    return {bit for bit in range(8 * len(mask)) if mask[bit // 8] >> (7 - bit % 8) & 1}
