"""Broken on purpose: plugins whose flaws the checks in `checks/aead/answers.py` find."""

from tests.zoo.aead.genuine import Composed, Gcm


class AnotherComposition(Composed):
    """A sound AEAD under GCM's name."""

    found_by = ("AEAD-51",)


class CounterFromZero(Composed):
    """GCM's tag over a ciphertext whose counter begins at another place."""

    found_by = ("AEAD-51",)

    def seal(self, key: bytes, nonce: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return Gcm.seal(self, key, bytes(reversed(nonce)), plaintext, ad)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
        return Gcm.open(self, key, bytes(reversed(nonce)), ciphertext, ad)


class FewAnswers(Gcm):
    """Right, with three known answers."""

    found_by = ("AEAD-52",)
    vectors = "tests/zoo/few_answers.json"
