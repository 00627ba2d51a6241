"""What an AEAD gives back, and what it shows of the plaintext."""

from collections.abc import Iterator
from functools import partial

from framework.contract.inputs.octets import either, xor
from framework.contract.inputs.shapes import contents
from framework.contract.model.adapters import KeyedAead
from framework.contract.model.check import check
from framework.contract.model.smallest import cut, least
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation

FORGERY = "Whoever can make the receiver open what the key did not seal, changes messages at will."


def sealed(trial: Trial, size: int = 40, ad_size: int = 24) -> tuple[KeyedAead, bytes, bytes, bytes, bytes]:
    """A context, a nonce, a plaintext, associated data, and what they are sealed to."""
    context = trial.aead.context(trial.rng.bytes(trial.aead.key_size))
    nonce, plaintext, ad = (trial.rng.bytes(n) for n in (trial.aead.nonce_size, size, ad_size))
    return context, nonce, plaintext, ad, context.seal(nonce, plaintext, ad)


def refuse(context: KeyedAead, nonce: bytes, ciphertext: bytes, ad: bytes, what: str) -> None:
    """Raise Violation when the context opens this."""
    if context.open(nonce, ciphertext, ad) is not None:
        raise Violation(f"open accepted {what}", nonce=nonce, ciphertext=ciphertext, associated_data=ad)


@check(
    "AEAD-01",
    "what is sealed opens again, at every size",
    why="The record layer computes sizes ahead; what does not open is a broken channel.",
    precedent="Go's sealMsg checks Overhead in every AEAD case; CVE-2020-36242 (pyca/cryptography: gigabytes)",
    flaws=("metadata lies about sizes", "empty plaintext or associated data", "large record truncated", "text changed"),
)
def opens(trial: Trial) -> None:
    """Seal and open plaintexts and associated data of many sizes, with a fresh context and with the one used before.

    And plaintexts that are, end or begin in text, digits, white space, line ends, zeros and ones.
    """
    context = trial.aead.context(trial.rng.bytes(trial.aead.key_size))
    sizes = [(size, (7 * size) % 50) for size in range(140)]
    sizes += [(0, 1), (1, 0), (0, 300), (65_535, 13), (65_536, 13), (65_537, 70_000), ((1 << 20) + 1, 0)]
    for size, ad_size in sizes:
        key, nonce = trial.rng.bytes(trial.aead.key_size), trial.rng.bytes(trial.aead.nonce_size)
        both = [trial.rng.bytes(size), trial.rng.bytes(ad_size)]
        for sealing, opening in ((context, context), (trial.aead.context(key), trial.aead.context(key))):
            least(both, partial(_opens, sealing, opening, nonce), _shorter)
    for size in (1, 9, 64, 300):
        for plaintext in contents(trial.rng, size):
            least([plaintext, b""], partial(_opens, context, context, trial.rng.bytes(trial.aead.nonce_size)), _shorter)


def _opens(sealing: KeyedAead, opening: KeyedAead, nonce: bytes, both: list[bytes]) -> None:
    plaintext, ad = both
    ciphertext = sealing.seal(nonce, plaintext, ad)
    if opening.open(nonce, ciphertext, ad) != plaintext:
        raise Violation("what was sealed does not open", nonce=nonce, plaintext=plaintext, associated_data=ad)
    if sealing.seal(nonce, plaintext, ad) != ciphertext:
        raise Violation("one nonce and plaintext give two ciphertexts", nonce=nonce, plaintext=plaintext)


def _shorter(both: list[bytes]) -> Iterator[list[bytes]]:
    plaintext, ad = both
    yield from ([less, ad] for less in cut(plaintext))
    yield from ([plaintext, less] for less in cut(ad))


@check(
    "AEAD-08",
    "nothing of the plaintext shows, and tags are not of the plaintext",
    why="What is left in the clear is read; a tag over the plaintext tells equal messages apart from others.",
    precedent="CVE-2022-2097 (OpenSSL AES-OCB left 16 bytes unencrypted); Bellare and Namprempre 2000: encrypt-and-MAC",
    flaws=("bytes in the clear", "keystream used twice", "encrypt-and-MAC", "nonce only in the tag"),
    forbids_waiver=True,
)
def nothing_shows(trial: Trial) -> None:
    """Gather over many nonces which bits change; look for repeated keystream and repeated tags."""
    aead = trial.aead
    for size in [*range(1, 70), 129, 1000, 4097]:
        context = aead.context(trial.rng.bytes(aead.key_size))
        plaintext, changed, tags = trial.rng.bytes(size), bytes(size), set()
        rounds = 44 if size in (1, 67) else 9
        for _ in range(rounds):
            whole = context.seal(trial.rng.bytes(aead.nonce_size), plaintext, b"")
            changed = either(changed, xor(plaintext, whole[:size]))
            tags.add(whole[size:])
        for place, bits in enumerate(changed):
            if bits == 0 or (rounds == 44 and bits != 0xFF):
                raise Violation(f"byte {place} of {size} has bits in the clear ({bits:08b})", plaintext=plaintext)
        if len(tags) < rounds:
            raise Violation("one plaintext has one tag under two nonces", plaintext=plaintext)
    context = aead.context(trial.rng.bytes(aead.key_size))
    first = int.from_bytes(trial.rng.bytes(aead.nonce_size)) >> 8 << 8
    streams = [context.seal((first + n).to_bytes(aead.nonce_size), bytes(1024), b"")[:1024] for n in range(64)]
    words = memoryview(b"".join(streams)).cast("Q").tolist()
    if len(set(words)) < len(words):
        raise Violation(
            "8 bytes of keystream come twice under neighbouring nonces", nonce=first.to_bytes(aead.nonce_size)
        )
