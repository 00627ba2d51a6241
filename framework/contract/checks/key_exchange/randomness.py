"""Where a key exchange takes its randomness from: the injected source, all of it, and nothing else."""

from collections.abc import Callable
from functools import partial
from typing import NoReturn

from framework.contract.inputs.drbg import Drbg
from framework.contract.model.check import NotChecked, check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation


class Recorder:
    """A reproducible source that counts and keeps what was drawn, and can be told to change a byte of it."""

    def __init__(self, seed: str, change: int = -1) -> None:
        self._rng = Drbg(seed)
        self._change = change
        self.drawn = b""
        self.sizes: list[int] = []
        self.calls = 0

    def __call__(self, size: int) -> bytes:
        self.calls += 1
        value = bytearray(self._rng.bytes(size))
        place = self._change - len(self.drawn)
        if 0 <= place < size:
            value[place] ^= 0x3C  # in the middle of the byte: scalars have fixed bits at their ends
        self.drawn += bytes(value)
        self.sizes.append(size)
        return bytes(value)


@check(
    "KEX-11",
    "every random choice comes from the injected source",
    why="A choice made elsewhere cannot be tested, counted, or taken from the hardware that was meant for it.",
    precedent="SymPy PR #15825: Blum-Goldwasser on random.Random; keon/algorithms #2729",
    flaws=("randomness from elsewhere", "source ignored", "counter or time as randomness"),
    forbids_waiver=True,
)
def injected(trial: Trial) -> None:
    """Give the same stream twice: the same key pair and encapsulation; another stream: others."""
    kem, seed = trial.kem, trial.session.seed
    pairs = [kem.generate(Recorder(f"{seed} {label}")) for label in ("a", "a", "b")]
    if (pairs[0].public_key, pairs[0].private_key) != (pairs[1].public_key, pairs[1].private_key):
        raise Violation("one random stream gives two key pairs: something random comes from elsewhere")
    if pairs[0].private_key == pairs[2].private_key or pairs[0].public_key == pairs[2].public_key:
        raise Violation("two random streams give one key pair: the source is ignored")
    public_key = pairs[0].public_key
    sent = [kem.encapsulate(public_key, Recorder(f"{seed} {label}")) for label in ("c", "c", "d")]
    if (sent[0].ciphertext, sent[0].shared_secret) != (sent[1].ciphertext, sent[1].shared_secret):
        raise Violation("one random stream gives two encapsulations: something random comes from elsewhere")
    if sent[0].ciphertext == sent[2].ciphertext or sent[0].shared_secret == sent[2].shared_secret:
        raise Violation("two random streams give one encapsulation: the source is ignored")


@check(
    "KEX-12",
    "as much randomness is drawn as the strength claims, and all of it is used",
    why="A key made of 32 random bits is found in 2^32 tries, however long it is.",
    precedent="CVE-2008-0166 (Debian's OpenSSL: 15 bits); ROCA (CVE-2017-15361): structure for entropy",
    flaws=("too little entropy", "entropy drawn and thrown away", "a short seed stretched"),
    forbids_waiver=True,
)
def entropy(trial: Trial) -> None:
    """Count the bytes drawn; change each byte of what encapsulate drew: ciphertext and secret must change."""
    kem, seed = trial.kem, trial.session.seed
    least = -(-trial.primitive.info.security_bits // 8)
    source = Recorder(f"{seed} key")
    pair = kem.generate(source)
    if len(source.drawn) < least:
        raise Violation(f"a key pair is made of {8 * len(source.drawn)} random bits; {8 * least} are claimed")
    source = Recorder(f"{seed} sent")
    sent = kem.encapsulate(pair.public_key, source)
    drawn = len(source.drawn)
    if drawn < least:
        raise Violation(f"an encapsulation is made of {8 * drawn} random bits; {8 * least} are claimed")
    if drawn > 1024:
        raise NotChecked("encapsulate draws so much that the use of each byte is not looked at")
    for place in range(drawn):
        other = kem.encapsulate(pair.public_key, Recorder(f"{seed} sent", place))
        if other.ciphertext == sent.ciphertext or other.shared_secret == sent.shared_secret:
            raise Violation(f"byte {place} of {drawn} drawn by encapsulate has no part in the result")


@check(
    "KEX-13",
    "a source that fails is not worked around, and one that repeats itself does not hang",
    why="A fallback to weaker randomness happens in silence, on the machine that boots first.",
    precedent="CVE-2021-41117 (keypair, npm: falls back to Math.random, and makes equal RSA keys)",
    flaws=("fallback when the source fails", "short read used as it is", "endless loop on a stuck source"),
    halts=True,
    forbids_waiver=True,
    refuses=True,
)
def failing_source(trial: Trial) -> None:
    """Give sources that raise, that give too little, text, or always the same: no result, or one in due time."""

    def raises(_: int) -> NoReturn:
        raise OSError("no entropy")

    bad: dict[str, Callable[[int], object]] = {
        "raises OSError": raises,
        "gives nothing": lambda _: b"",
        "gives a byte too little": lambda size: b"\x07" * (size - 1),
        "gives text": lambda size: "7" * size,
        "gives None": lambda _: None,
    }
    public_key = trial.session.pairs(1)[0].public_key
    for name, source in bad.items():
        for call, start in (
            ("generate_key_pair", lambda s: trial.kem.primitive.generate_key_pair(random_bytes=s)),
            ("encapsulate", lambda s: trial.kem.primitive.encapsulate(public_key, random_bytes=s)),
        ):
            try:
                start(source)
            except Exception:  # noqa: BLE001, S112 - any refusal will do
                continue
            raise Violation(f"{call} gives a result with a source that {name}")
    for value in (0x00, 0xFF, 0x55):
        stuck = partial(_stuck, value)
        try:
            trial.kem.primitive.generate_key_pair(random_bytes=stuck)
            trial.kem.primitive.encapsulate(public_key, random_bytes=stuck)
        except Exception:  # noqa: BLE001, S112 - it may say so; it may not hang
            continue


def _stuck(value: int, size: int) -> bytes:
    return bytes([value]) * size
