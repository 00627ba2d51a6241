"""A context of an AEAD in use: nothing of a call may show in the next."""

from collections.abc import Iterator
from functools import partial

from framework.contract.inputs.forgeries import flipped
from framework.contract.model.adapters import CLEAN, AeadAdapter, KeyedAead, invoke
from framework.contract.model.check import check
from framework.contract.model.smallest import cut, least, without
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

Call = tuple[int, int, bytes, bytes]
"""Which context, which of `CALLS`, the nonce and the plaintext."""

CALLS = ("seal", "open", "forge")
MISUSED = "seal({0}, plaintext 'text') and open({0}, associated data 'text'), which must fail"


@check(
    "AEAD-09",
    "a context is reusable, whatever happened before",
    why="One failed open and every later record is garbage; or the nonce of the last call seals the next.",
    precedent="BouncyCastle's GCM reused its IV after doFinal() (Wycheproof, doc/bugs.md); Conscrypt's IV reuse",
    flaws=("state left by a failed open", "state shared by contexts", "cache of keys or nonces"),
    forbids_waiver=True,
)
def reusable(trial: Trial) -> None:
    """Mix sealing, opening, forgeries and misuse on three contexts, two of one key, against fresh ones.

    And pass one buffer with other octets in it each time.
    """
    aead, rng = trial.aead, trial.rng
    _reads_again(trial)
    for length in trial.sequences(200, 60):
        keys = [rng.bytes(aead.key_size) for _ in range(2)]
        calls = [
            (rng.below(3), rng.below(4), rng.bytes(aead.nonce_size), rng.bytes(rng.below(100))) for _ in range(length)
        ]
        least(calls, partial(_as_fresh, aead, [*keys, keys[0]]), _fewer_calls)


def _reads_again(trial: Trial) -> None:
    """Raise Violation if a buffer is known again by its identity, and what it holds now is not read."""
    key = trial.rng.bytes(trial.aead.key_size)
    context = trial.aead.context(key)
    buffers = [bytearray(size) for size in (trial.aead.nonce_size, 8, 8)]
    for octet in (1, 2, 3):
        for buffer in buffers:
            buffer[:] = bytes([octet]) * len(buffer)
            wanted = trial.aead.context(key).seal(*(bytes(each) for each in buffers))
            try:
                found = invoke("seal", context.inner.seal, *buffers, allow=CLEAN)
            except CLEAN:
                return
            if found != wanted:
                raise Violation("a buffer that held other octets before is not read again", buffer=bytes(buffer))


def _as_fresh(aead: AeadAdapter, keys: list[bytes], calls: list[Call]) -> None:
    contexts, history = [aead.context(key) for key in keys], []
    for which, act, nonce, plaintext in calls:
        ad = nonce[: len(plaintext) % 7]
        fresh = aead.context(bytes(bytearray(keys[which]))).seal(nonce, plaintext, ad)
        history.append(MISUSED.format(which) if act == 3 else f"{CALLS[act]}({which}, {len(plaintext)} bytes)")
        wrong = (
            (act == 0 and contexts[which].seal(nonce, plaintext, ad) != fresh)
            or (act == 1 and contexts[which].open(nonce, fresh, ad) != plaintext)
            or (act == 2 and contexts[which].open(nonce, flipped(fresh, 3), ad) is not None)
        )
        if wrong:
            raise Violation("a context answers otherwise than a fresh one", calls=history, nonce=nonce)
        if act == 3:
            _misuse(contexts[which], nonce)


def _fewer_calls(calls: list[Call]) -> Iterator[list[Call]]:
    return without(calls, lambda call: ((*call[:3], plaintext) for plaintext in cut(call[3])))


def _misuse(context: KeyedAead, nonce: bytes) -> None:
    for wrong in (partial(context.inner.seal, nonce, "text", b""), partial(context.inner.open, nonce, b"", "text")):
        try:
            wrong()
        except Exception:  # noqa: BLE001, S112 - what it raises, another check asks
            continue
