"""Keys that should not be used: malformed public ones, damaged private ones, weak moduli."""

import math
from collections.abc import Iterator

from framework.contract.checks.key_exchange.exchange import PAIRS
from framework.contract.inputs.forgeries import flipped
from framework.contract.model.check import NotApplicable, NotChecked, check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation
from framework.errors import InvalidKeyError, SuitecaseError

FERMAT_STEPS = 200
NEAR_RATIOS = (1, 8, 12, 24, 40, 48, 60, 80, 120, 168, 224)
"""4·a·b, for primes with p/q near a/b (Lehman 1974); 1 for p near q."""
SMALL_PRIMES_TO = 1 << 14
STRENGTHS = ((15_360, 256), (7680, 192), (3072, 128), (2048, 112), (1024, 80), (0, 0))
"""Bits of a modulus, and its strength (SP 800-57 Part 1 Rev. 5, table 2)."""


@check(
    "KEX-31",
    "malformed public keys are refused or used, without harm",
    why="A server's key comes from a file, a client's from the network: it is what an attacker made it.",
    precedent="CVE-2022-0778 (OpenSSL: a loop without end for a modulus that is no prime)",
    flaws=("endless loop on a bad key", "wrong exception", "encapsulate and check disagree"),
    halts=True,
    refuses=True,
)
def malformed(trial: Trial) -> None:
    """Offer structured and damaged keys to check_public_key, pinned and not, and to encapsulate."""
    kem = trial.kem
    for public_key in structured(trial):
        refused = kem.refuses(public_key, pinned=False)
        if refused and not kem.refuses(public_key, pinned=True):
            raise Violation("pinned, a key passes that is refused otherwise", public_key=public_key)
        try:
            kem.encapsulate(public_key, trial.rng.bytes)
        except InvalidKeyError:
            if not refused:
                raise Violation(
                    "encapsulate refuses a key that check_public_key takes", public_key=public_key
                ) from None
        except SuitecaseError as error:
            raise Violation(f"encapsulate raised {type(error).__name__}", public_key=public_key) from error
        else:
            if refused:
                raise Violation("encapsulate takes a key that check_public_key refuses", public_key=public_key)


def structured(trial: Trial) -> Iterator[bytes]:
    """Keys of the right length that no key generation gives, or hardly."""
    size = trial.kem.public_key_size
    genuine = trial.session.pairs(1)[0].public_key
    for value in (0x00, 0xFF, 0x01, 0x55, 0x80):
        yield bytes([value]) * size
    yield bytes(size - 1) + b"\x01"
    yield b"\x01" + bytes(size - 1)
    yield b"\x80" + bytes(size - 2) + b"\x01"
    yield genuine[::-1]
    yield bytes(size // 2) + genuine[size // 2 :]
    yield from (flipped(genuine, bit) for bit in (0, 1, 7, 4 * size, 8 * size - 8, 8 * size - 2, 8 * size - 1))
    yield from (trial.rng.bytes(size) for _ in range(trial.times(4)))


@check(
    "KEX-32",
    "the public keys that are claimed to be refused are refused",
    why="A key of small order or a smooth modulus gives the secret to everyone; only the plugin knows which they are.",
    precedent="CVE-2015-4000 (Logjam); RFC 7748 §6.1 on points of small order; CVE-2023-33241 (BitForge)",
    flaws=("known bad public keys accepted", "claim about public keys false"),
    forbids_waiver=True,
    refuses=True,
)
def claimed_refusals(trial: Trial) -> None:
    """Claim `refused_public_keys`: each must be refused when pinned; without the claim, structured keys must pass."""
    claimed = trial.vectors.claim_octets("refused_public_keys")
    for public_key in claimed:
        if not trial.kem.refuses(public_key, pinned=True):
            claim = trial.vectors.about_claim("refused_public_keys")
            raise Violation("a public key passes that is claimed to be refused", public_key=public_key, **claim)
    if not claimed:
        if any(trial.kem.refuses(public_key, pinned=True) for public_key in structured(trial)):
            claim = trial.vectors.about_claim("refused_public_keys", ["…"])
            raise Violation("check_public_key refuses keys, but no `refused_public_keys` are claimed", **claim)
        raise NotChecked("no public keys are claimed to be refused")


@check(
    "KEX-33",
    "a damaged private key gives another secret, and no error",
    why="decapsulate never fails on content: an exception in a handshake is seen from outside.",
    precedent="Wycheproof's InvalidDecapsulationKey; fault attacks on RSA-CRT (Boneh, DeMillo, Lipton 1997)",
    flaws=("exception for a damaged private key", "endless loop for a damaged private key"),
    halts=True,
)
def damaged(trial: Trial) -> None:
    """Zero, fill, flip, turn and exchange parts of private keys, and decapsulate."""
    pairs = trial.session.pairs(2)
    genuine, size = pairs[0].private_key, trial.kem.private_key_size
    sent = trial.kem.encapsulate(pairs[0].public_key, trial.rng.bytes)
    keys = [bytes(size), b"\xff" * size, b"\x01" * size, genuine[::-1], bytes(size - 1) + b"\x01"]
    keys += [genuine[: size // 2] + pairs[1].private_key[size // 2 :], genuine[size // 2 :] + genuine[: size // 2]]
    keys += [bytes(size // 2) + genuine[size // 2 :], genuine[: size // 2] + bytes(size - size // 2)]
    keys += [flipped(genuine, trial.rng.below(8 * size)) for _ in range(trial.times(12))]
    for private_key in keys:
        for ciphertext in (sent.ciphertext, bytes(len(sent.ciphertext))):
            trial.kem.decapsulate(private_key, ciphertext)


@check(
    "KEX-34",
    "public keys differ everywhere",
    why="Keys that agree in many places are made of less than they seem.",
    precedent="CVE-2017-15361 (ROCA); Debian's 32,767 keys",
    flaws=("structured keys", "constant part in keys"),
    forbids_waiver=True,
)
def keys_vary(trial: Trial) -> None:
    """Compare key pairs byte by byte: of random bytes, none is the same in all but once in 2^24."""
    pairs = trial.session.pairs(PAIRS)
    for name, keys in (
        ("public", [pair.public_key for pair in pairs]),
        ("private", [pair.private_key for pair in pairs]),
    ):
        same = [place for place, column in enumerate(zip(*keys, strict=True)) if len(set(column)) == 1]
        if len(same) > 4 + len(keys[0]) // 64:
            raise Violation(f"{len(same)} bytes of {len(keys[0])} are the same in all {name} keys", places=same)


@check(
    "KEX-35",
    "a modulus is not factored by the known short cuts",
    why="A modulus with close, shared, small or structured primes falls within seconds.",
    precedent="CVE-2022-26320 (Canon, Fuji Xerox: close primes); Mining your Ps and Qs (2012): shared primes",
    flaws=(
        "p and q too close",
        "p == q",
        "primes shared by keys",
        "small factors",
        "modulus one bit short",
        "ROCA",
        "strength above what the modulus has",
    ),
    forbids_waiver=True,
)
def modulus(trial: Trial) -> None:
    """Claim `modulus`: the public key is one, big-endian. Try squares, gcds, Fermat, Lehman, Pollard's p-1, ROCA."""
    numbers = [int.from_bytes(pair.public_key) for pair in trial.session.pairs(PAIRS)]
    if not trial.vectors.claims.get("modulus", False):
        for pair, n in zip(trial.session.pairs(PAIRS), numbers, strict=True):
            half = len(pair.public_key) // 2
            factor = int.from_bytes(pair.private_key[:half])
            if half >= 32 and factor > 1 and n % factor == 0:
                what, claim = "the public key is a modulus, and `modulus` is not claimed", ("modulus", True)
                raise Violation(what, public_key=pair.public_key, **trial.vectors.about_claim(*claim))
        raise NotApplicable("the public key is no modulus")
    for number, n in enumerate(numbers):
        bits = next(bits for least, bits in STRENGTHS if n.bit_length() >= least)
        if trial.primitive.info.security_bits > bits:
            raise Violation(f"a modulus of {n.bit_length()} bits has {bits} bits of strength, and more are claimed")
        for name, found in short_cuts(n, trial.kem.public_key_size, numbers[:number]):
            if found:
                raise Violation(f"the modulus {name}", public_key=n.to_bytes(trial.kem.public_key_size))


def short_cuts(n: int, size: int, others: list[int]) -> Iterator[tuple[str, bool]]:
    """Each short cut, and whether it works."""
    yield f"has {n.bit_length()} bits, not {8 * size}", n.bit_length() != 8 * size
    yield "is even", n % 2 == 0
    yield "is a square", math.isqrt(n) ** 2 == n
    yield "shares a prime with another key's", any(math.gcd(n, other) != 1 for other in others)
    yield "has a small prime factor", math.gcd(n, _primorial(SMALL_PRIMES_TO)) != 1
    yield "is prime", pow(2, n - 1, n) == 1
    yield "has primes that lie close together (Fermat)", any(_fermat(m * n, n) for m in NEAR_RATIOS)
    yield "has a prime with a smooth predecessor (Pollard's p - 1)", _pollard(n)
    yield "has the shape of ROCA", all(n % prime in _powers(prime) for prime in ROCA_PRIMES)


ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)


def _powers(prime: int) -> set[int]:
    """What 65537 generates modulo a prime."""
    powers, value = set(), 1
    while value not in powers:
        powers.add(value)
        value = value * 65_537 % prime
    return powers


def _fermat(number: int, n: int) -> bool:
    """Whether `number`, a multiple of n, is a difference of squares near its root that splits n."""
    root = math.isqrt(number - 1) + 1
    rest = root * root - number
    for _ in range(FERMAT_STEPS):
        other = math.isqrt(rest)
        if other * other == rest and 1 < math.gcd(root - other, n) < n:
            return True
        rest += 2 * root + 1
        root += 1
    return False


def _pollard(n: int) -> bool:
    """Whether p - 1 divides the product of all prime powers to 2^12, for a prime factor p."""
    power = pow(2, math.lcm(*range(1, 1 << 12)), n)
    return math.gcd(power - 1, n) > 1


def _primorial(bound: int) -> int:
    sieve = bytearray([1]) * bound
    for number in range(2, math.isqrt(bound) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, bound, number)))
    return math.prod(number for number in range(2, bound) if sieve[number])
