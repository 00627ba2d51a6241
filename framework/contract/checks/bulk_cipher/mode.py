"""How a cipher puts its keystream and a record together."""

from framework.contract.checks.bulk_cipher.stream import keyed, keystream
from framework.contract.inputs.octets import xor
from framework.contract.inputs.shapes import contents
from framework.contract.model.adapters import CipherAdapter
from framework.contract.model.check import check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation


@check(
    "CIP-06",
    "the keystream is XORed on, or not, as is claimed",
    why="What a changed ciphertext does to the plaintext is a property of the mode; another damage is another mode.",
    precedent="RustCrypto keeps PCBC apart from CBC; Rooterberg and NIST keep CFB8 apart from CFB64",
    flaws=("plaintext feedback", "chaining of another mode", "some records encrypted otherwise", "claim of XOR false"),
)
def xor_stream(trial: Trial) -> None:
    """Encrypt zeros and a record; flip ciphertext bits; encrypt on. Claim `xor_stream`, true by default.

    With records that are, end or begin in text, digits, white space, line ends, zeros and ones as well.
    """
    claimed = trial.vectors.claims.get("xor_stream", True)
    for size in (8, 33, 200):
        key, iv = keyed(trial)
        holds = _is_xor(trial, key, iv, trial.rng.bytes(size), trial.rng.bytes(size))
        if holds != claimed:
            what = "does not XOR a keystream, as is claimed" if claimed else "disclaims `xor_stream`, but XORs one"
            claim = trial.vectors.about_claim("xor_stream", holds)
            raise Violation(f"the cipher {what}", key=key, iv=iv, **claim)
    if claimed:
        for size in (1, 9, 64, 300):
            _mixes_all_alike(trial, size)


def _mixes_all_alike(trial: Trial, size: int) -> None:
    """Raise Violation where what a record holds decides how it is encrypted."""
    cipher = trial.cipher
    key, iv = keyed(trial)
    stream = keystream(cipher, key, iv, size)
    for record in contents(trial.rng, size):
        ciphertext = cipher.encryptor(key, iv)(record)
        if xor(ciphertext, stream) != record or cipher.decryptor(key, iv)(ciphertext) != record:
            raise Violation("what a record holds decides how it is encrypted", key=key, iv=iv, record=record)


def _is_xor(trial: Trial, key: bytes, iv: bytes, first: bytes, second: bytes) -> bool:
    cipher, size = trial.cipher, len(first)
    stream, zeros = cipher.encryptor(key, iv), cipher.encryptor(key, iv)
    for record in (first, second, first):
        if xor(stream(record), zeros(bytes(size))) != record:
            return False
    ciphertext = cipher.encryptor(key, iv)(first)
    decrypt = cipher.decryptor(key, iv)
    return (
        decrypt(xor(ciphertext, second)) == xor(first, second)
        and decrypt(_skipped(cipher, key, iv, first, second)) == second
    )


def _skipped(cipher: CipherAdapter, key: bytes, iv: bytes, first: bytes, second: bytes) -> bytes:
    stream = cipher.encryptor(key, iv)
    stream(first)
    return stream(second)
