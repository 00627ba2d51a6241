"""A key exchange at work: both sides get one secret, and nobody else."""

from framework.contract.inputs.drbg import Drbg
from framework.contract.inputs.public_values import public_values
from framework.contract.inputs.working_time import working_seconds
from framework.contract.model.adapters import KemAdapter, refuses_key
from framework.contract.model.check import check
from framework.contract.model.smallest import least, without
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation
from framework.kinds.key_exchange import SHARED_SECRET_SIZE
from framework.kinds.key_pair import KeyPair

SECONDS = 2.0
"""How long exchanges are tried for rare failures; the inputs are the same ones, only their number depends on time."""

PAIRS = 4
"""Key pairs that the checks share; making one may cost half a second."""


@check(
    "KEX-01",
    "keys, ciphertexts and secrets have the declared sizes, and both sides agree",
    why="Handshake messages have exact sizes; a leading zero that is stripped breaks one handshake in 256.",
    precedent="CVE-2020-1968 (Raccoon: a leading zero stripped); LightPHE #3 (decryption fails for larger keys)",
    flaws=("metadata lies about sizes", "minimal integer encoding", "halves of a key pair do not match"),
)
def agree(trial: Trial) -> None:
    """Encapsulate to each of several key pairs, to one of them 1,500 times unless that takes long, and decapsulate."""
    for number, pair in enumerate(trial.session.pairs(PAIRS)):
        end = working_seconds() + SECONDS
        for count in range(trial.times(1500, 1500) if number == 0 else 12):
            if count > 60 and working_seconds() > end:
                break
            sent = trial.kem.encapsulate(pair.public_key, trial.rng.bytes)
            if trial.kem.decapsulate(pair.private_key, sent.ciphertext) != sent.shared_secret:
                raise Violation("both sides have different secrets", pair=number, ciphertext=sent.ciphertext)


@check(
    "KEX-02",
    "key pairs and encapsulations are fresh each time",
    why="A secret that comes twice is known to whoever was there the first time.",
    precedent="CVE-2021-41117 (keypair, npm: repeated keys); CVE-2008-0166 (Debian's OpenSSL)",
    flaws=("deterministic key pairs", "ephemeral cached", "randomness fixed at import"),
    forbids_waiver=True,
)
def fresh(trial: Trial) -> None:
    """Make key pairs and encapsulations with the plugin's own randomness, and compare all with all."""
    public, private = set(), set()
    for _ in range(3):
        pair = trial.kem.generate()
        public.add(pair.public_key)
        private.add(pair.private_key)
    if len(public) < 3 or len(private) < 3:
        raise Violation("two key pairs are the same", public_key=pair.public_key)
    for pair in trial.session.pairs(2):
        sent = [trial.kem.encapsulate(pair.public_key) for _ in range(12)]
        if len({each.ciphertext for each in sent}) < 12 or len({each.shared_secret for each in sent}) < 12:
            raise Violation("two encapsulations are the same", ciphertext=sent[0].ciphertext)


@check(
    "KEX-03",
    "honest public keys pass the check, also when pinned",
    why="A client that refuses an honest server's key cannot open a channel.",
    flaws=("honest keys refused", "check_public_key answers with a value"),
)
def honest_keys(trial: Trial) -> None:
    """Check the public keys of several key pairs."""
    for pair in trial.session.pairs(PAIRS):
        for pinned in (False, True):
            if trial.kem.refuses(pair.public_key, pinned=pinned):
                raise Violation(f"an honest public key is refused (pinned={pinned})", public_key=pair.public_key)


@check(
    "KEX-04",
    "the secret is bound to the key pair",
    why="A secret that another's key gives as well lets a session be moved to another party.",
    precedent="Keeping Up with the KEMs (Cremers, Dax, Medinger 2023): re-encapsulation",
    flaws=("public key not in the derivation", "private key ignored"),
    forbids_waiver=True,
)
def bound_to_key(trial: Trial) -> None:
    """Decapsulate under other keys; encapsulate to two keys with the same randomness."""
    pairs = trial.session.pairs(PAIRS)
    sent = trial.kem.encapsulate(pairs[0].public_key, trial.rng.bytes)
    secrets = {trial.kem.decapsulate(pair.private_key, sent.ciphertext) for pair in pairs}
    if len(secrets) < len(pairs):
        raise Violation("two private keys give one secret", ciphertext=sent.ciphertext)
    coins = trial.rng.bytes(4096)
    both = [trial.kem.encapsulate(pair.public_key, _replay(coins)) for pair in pairs[:2]]
    if both[0].shared_secret == both[1].shared_secret:
        raise Violation("the same randomness gives one secret for two public keys", randomness=coins[:32])


class _replay:  # noqa: N801 - a function with a position
    """A source that gives the same bytes to everyone."""

    def __init__(self, coins: bytes) -> None:
        self._coins, self._at = coins, 0

    def __call__(self, size: int) -> bytes:
        drawn = self._coins[self._at : self._at + size]
        self._at += size
        return drawn.ljust(size, b"\x5a")


@check(
    "KEX-05",
    "an instance holds no state between calls",
    why="The interface promises it; a server decapsulates for many clients in turn.",
    flaws=("state shared between calls", "cache keyed by a part of the key", "last key kept"),
    forbids_waiver=True,
)
def stateless(trial: Trial) -> None:
    """Mix calls for several key pairs in random order, with failing ones between, and compare with the first time."""
    pairs, rng = trial.session.pairs(PAIRS), trial.rng
    for length in trial.sequences(60, 30):
        calls = [(rng.below(5), rng.below(PAIRS), rng.below(PAIRS)) for _ in range(length)]

        def hold(calls: list[tuple[int, int, int]], seed: str = rng.bytes(16).hex()) -> None:
            _as_the_first_time(trial.kem, pairs, calls, Drbg(seed))

        least(calls, hold, without, tries=60)


def _as_the_first_time(kem: KemAdapter, pairs: list[KeyPair], calls: list[tuple[int, int, int]], rng: Drbg) -> None:
    sent, history = [kem.encapsulate(pair.public_key, rng.bytes) for pair in pairs], []
    for act, key, message in calls:
        if act == 0:
            history.append(f"decapsulate(key {key}, too short)")
            refuses_key("decapsulate", kem.primitive.decapsulate, pairs[key].private_key, b"short")
        elif act == 1:
            history.append(f"encapsulate(key {key})")
            sent[key] = kem.encapsulate(bytes(bytearray(pairs[key].public_key)), rng.bytes)
        else:
            history.append(f"decapsulate(key {key}, sent to {message})")
            secret = kem.decapsulate(bytes(bytearray(pairs[key].private_key)), sent[message].ciphertext)
            if (secret == sent[message].shared_secret) != (key == message):
                ciphertext = sent[message].ciphertext
                raise Violation("a secret is another one after other calls", calls=history, ciphertext=ciphertext)


@check(
    "KEX-06",
    "the secret is no public value, and has no bias",
    why="What can be computed from the wire is no secret.",
    precedent="KEMs that set K = H(ciphertext) agree perfectly and pass every round trip",
    flaws=("secret computable from the ciphertext", "constant bytes in the secret", "key material in the clear"),
    forbids_waiver=True,
)
def secret_is_secret(trial: Trial) -> None:
    """Compare secrets with hashes of what is public, look for them in the ciphertext, and count their bits."""
    secrets: list[bytes] = []
    for pair in trial.session.pairs(2):
        for _ in range(trial.times(80, 80)):
            sent = trial.kem.encapsulate(pair.public_key, trial.rng.bytes)
            secrets.append(sent.shared_secret)
            for window in (sent.shared_secret[:8], sent.shared_secret[-8:], sent.shared_secret[:8][::-1]):
                if window in sent.ciphertext or window in pair.public_key:
                    raise Violation("a part of the secret stands in the clear", ciphertext=sent.ciphertext)
        for name, value in public_values(pair.public_key, sent.ciphertext):
            if value == sent.shared_secret:
                raise Violation(f"the secret is {name}", ciphertext=sent.ciphertext)
        for at in range(len(pair.private_key) - 8):
            if pair.private_key[at : at + 8] in pair.public_key and any(pair.private_key[at : at + 8]):
                raise Violation(f"bytes {at} to {at + 7} of the private key stand in the public one")
    for place in range(SHARED_SECRET_SIZE):
        column = {secret[place] for secret in secrets}
        if len(column) < 40 or max(column) < 128:
            raise Violation(f"byte {place} of the secret takes {len(column)} values in {len(secrets)} exchanges")
