"""Copies of secrets that stay in memory when everything that had a right to them is gone."""

import gc
from collections.abc import Iterator
from secrets import token_hex

from framework.contract.checks.generic.calls import keyed_objects
from framework.contract.inputs.drbg import Drbg
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation
from framework.kinds import KEY_EXCHANGE

LEAST = 16
"""Octets of a secret that are looked for."""

LARGEST = 1 << 22
"""Octets of a buffer that is still looked into."""


class Veiled:
    """A secret that lies in memory only while it is used."""

    def __init__(self, secret: bytes) -> None:
        self._inverse = bytes(octet ^ 0xFF for octet in secret)

    def __call__(self) -> bytes:
        """The secret, a new object each time."""
        return bytes(octet ^ 0xFF for octet in self._inverse)


@check(
    "GEN-26",
    "no copy of a secret stays in memory",
    why="What lies in a module or a class outlives every channel: the next core dump or bug that reads memory has it.",
    precedent="CVE-2014-0160 (Heartbleed) read what had been left",
    flaws=("last key kept in a module or class", "randomness of an encapsulation kept", "scratch buffer not wiped"),
    forbids_waiver=True,
)
def stay(trial: Trial) -> None:
    """Use keys and randomness, drop everything, and look for them, as octets or in hex, in all that is reachable."""
    secrets = list(_used(trial))
    gc.collect()
    for held, owner in _reachable():
        for name, veiled in secrets:
            secret = veiled()
            if isinstance(held, str):
                there = secret[:LEAST].hex() in held or secret[-LEAST:].hex() in held
            else:
                there = secret[:LEAST] in held or secret[-LEAST:] in held
            if there:
                raise Violation(f"{name} is still in memory, in a {type(held).__name__} held by a {owner}")


def _used(trial: Trial) -> Iterator[tuple[str, Veiled]]:
    """Use the plugin in each way that needs a secret; give the secrets, veiled.

    They are other ones each time, for those of an earlier run in this process may lie in memory by right.
    """
    seed = token_hex(16)
    if trial.session.target.kind is not KEY_EXCHANGE:
        for keyed in keyed_objects(trial.session, Drbg(seed)):
            veiled = Veiled(keyed.arguments[0])
            rest = keyed.arguments[1:]
            keyed.use(keyed.make(veiled(), *rest))
            yield f"the key of {keyed.name}", veiled
        return
    pair = trial.kem.generate(Drbg(f"{seed} key").bytes)
    public_key, private_key = pair.public_key, Veiled(pair.private_key)
    del pair
    sent = trial.kem.encapsulate(public_key, Drbg(f"{seed} sent").bytes)
    shared, ciphertext = Veiled(sent.shared_secret), sent.ciphertext
    del sent
    trial.kem.decapsulate(private_key(), ciphertext)
    yield "the randomness of an encapsulation", Veiled(Drbg(f"{seed} sent").bytes(32))
    yield "the private key", private_key
    yield "the shared secret", shared


def _reachable() -> Iterator[tuple[bytes | bytearray | str, str]]:
    """Octets and texts that an object holds, with its type. The garbage collector knows all that hold something.

    Types are compared, for isinstance asks the object, and a proxy of what is gone raises.
    """
    for owner in gc.get_objects():
        if type(owner) is Veiled:
            continue
        for held in gc.get_referents(owner):
            if issubclass(type(held), bytes | bytearray | str) and LEAST <= len(held) <= LARGEST:
                yield held, type(owner).__name__
