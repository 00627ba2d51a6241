"""Whether all of a ciphertext is compared: what re-encryption gives with what was sent."""

from collections.abc import Iterator

from framework.contract.checks.key_exchange.ciphertexts import CHOSEN, reject
from framework.contract.inputs.forgeries import flipped, rearranged
from framework.contract.inputs.working_time import working_seconds
from framework.contract.model.check import NotApplicable, check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation
from framework.kinds.key_pair import KeyPair

STEP = 8
"""Bytes between the places of a private key that are changed."""

ALWAYS = 16
"""Changes of one byte that must all get through before that byte is called unchecked."""

SELDOM = 1 / 8
"""Of changes of checked bytes, a lax comparison lets less through by chance; of changes of points, more are points."""

RANDOM = 4000


@check(
    "KEX-25",
    "a ciphertext whose bytes are rearranged gives another secret, and no error",
    why=CHOSEN,
    flaws=("only sums compared", "differences that cancel", "every other byte compared", "bytes compared in any order"),
    forbids_waiver=True,
)
def rearrangements(trial: Trial) -> None:
    """Offer paired flips, swapped bytes, equal sums, other orders, and parts zeroed; each must have its own secret."""
    pair = trial.session.pairs(1)[0]
    sent = trial.kem.encapsulate(pair.public_key, trial.rng.bytes)
    forged = _some(trial, [value for _, value in rearranged(sent.ciphertext)], trial.times(240, 240))
    reject(trial, pair, sent.ciphertext, sent.shared_secret, iter(forged))


def _some(trial: Trial, values: list[bytes], count: int) -> list[bytes]:
    trial.rng.shuffle(values)
    return values[:count]


@check(
    "KEX-26",
    "no forged ciphertext escapes the comparison",
    why="What a lax comparison lets through looks like a rejection, but not to its sender, who learns the key from it.",
    precedent="CVE-2024-54137 (HQC: a slip in the rejection of bad ciphertexts); IACR ePrint 2025/450 on finding such",
    flaws=("only a part compared", "only sums compared", "one of two components compared", "a byte compared"),
    forbids_waiver=True,
)
def none_escapes(trial: Trial) -> None:
    """Change the part of the private key that only rejections use: the secret of each forged ciphertext must change.

    Change bytes one by one, rearrange them, and offer random ciphertexts. Claim `unchecked_ciphertext`: a mask of the
    bytes that are not compared, for another key exchange's share stands there; those must all get through.
    """
    pair = trial.session.pairs(1)[0]
    genuine = [trial.kem.encapsulate(pair.public_key, trial.rng.bytes).ciphertext for _ in range(3)]
    escape = _Escape(trial, pair, genuine)
    claimed = {
        place for mask in trial.vectors.claim_octets("unchecked_ciphertext") for place, b in enumerate(mask) if b
    }
    places = _places(trial, claimed, len(genuine[0]))
    through = {place: escape.times(place) for place in places}
    unchecked = {place for place, times in through.items() if times == ALWAYS}
    if unchecked >= set(places):
        raise NotApplicable("no change of a ciphertext is rejected: each is another's")
    for place in sorted(unchecked ^ (claimed & set(places))):
        mask = bytes(0xFF if at in unchecked else 0 for at in range(len(genuine[0]))).hex()
        what = "gets through the comparison" if place in unchecked else "is claimed to be unchecked, and is checked"
        claim = trial.vectors.about_claim("unchecked_ciphertext", [mask])
        raise Violation(f"a change of byte {place} of a ciphertext {what}", ciphertext=genuine[0], **claim)
    others = [times for times in through.values() if times < ALWAYS]
    if sum(others) > SELDOM * len(others):
        return  # a change often makes another's ciphertext, as of a point: then nothing is to be said of one
    for forged in (*escape.passed, *_forged(trial, genuine, claimed)):
        if escape.escapes(forged):
            raise Violation("a forged ciphertext gets through the comparison", ciphertext=forged, genuine=genuine[0])


class _Escape:
    """Tells whether a ciphertext is rejected, by means of a private key with another rejection secret."""

    def __init__(self, trial: Trial, pair: KeyPair, genuine: list[bytes]) -> None:
        self._trial, self._kem, self._key, self._genuine = trial, trial.kem, pair.private_key, genuine
        self.passed: list[bytes] = []
        secrets = [self._kem.decapsulate(self._key, ciphertext) for ciphertext in genuine]
        bits = [
            bit
            for place in range(0, len(self._key), STEP)
            for bit in (8 * place + 3, 8 * place + 4)
            if self._still(flipped(self._key, 8 * place + 3, 8 * place + 4), secrets)
        ]
        self._other = flipped(self._key, *bits)
        if not bits or not self._still(self._other, secrets):
            raise NotApplicable("no part of the private key is for rejections alone")

    def _still(self, key: bytes, secrets: list[bytes]) -> bool:
        return all(
            self._kem.decapsulate(key, each) == known for each, known in zip(self._genuine, secrets, strict=True)
        )

    def escapes(self, ciphertext: bytes) -> bool:
        """Whether the rejection secret has no part in what comes out."""
        return self._kem.decapsulate(self._key, ciphertext) == self._kem.decapsulate(self._other, ciphertext)

    def times(self, place: int) -> int:
        """How often, of `ALWAYS` tries, a ciphertext gets through with this byte changed; 0 after a first no."""
        count = 0
        for number in range(ALWAYS):
            forged = bytearray(self._trial.rng.choice(self._genuine))
            forged[place] ^= 1 + self._trial.rng.below(255)
            if self.escapes(bytes(forged)):
                count += 1
                last = bytes(forged)
            elif number == 0:
                return 0
        if count < ALWAYS:
            self.passed.append(last)
        return count


def _places(trial: Trial, claimed: set[int], size: int) -> list[int]:
    """All places of a ciphertext, or some of a long one; those at the ends of what is claimed with them."""
    places = list(range(size))
    trial.rng.shuffle(places)
    edges = {0, size - 1, *(place for place in claimed if not {place - 1, place + 1} <= claimed)}
    return sorted({*edges, *places[: trial.times(96, 96)]})


def _forged(trial: Trial, genuine: list[bytes], claimed: set[int]) -> Iterator[bytes]:
    """The checked part rearranged; then random ciphertexts as long as time allows, for one in 256 may get through."""
    whole = genuine[0]
    checked = [place for place in range(len(whole)) if place not in claimed]
    part = bytes(whole[place] for place in checked)
    for other in _some(trial, [value for _, value in rearranged(part) if value != part], trial.times(160, 160)):
        forged = bytearray(whole)
        for place, octet in zip(checked, other, strict=True):
            forged[place] = octet
        yield bytes(forged)
    end = working_seconds() + trial.seconds
    for _ in range(RANDOM):
        yield trial.rng.bytes(len(whole))
        if working_seconds() > end:
            return
