"""Broken on purpose: plugins whose flaws the checks in `checks/aead/tags.py` find."""

from tests.zoo.aead.genuine import Composed


class EqualsOperator(Composed):
    """Compares tags with ==."""

    found_by = ("AEAD-12",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return expected == tag


class HalfConstantTag(Composed):
    """Half of the tag is zeros."""

    found_by = ("AEAD-13",)

    def mac(self, key: bytes, nonce: bytes, ciphertext: bytes, plaintext: bytes, ad: bytes) -> bytes:
        return super().mac(key, nonce, ciphertext, plaintext, ad)[:8] + bytes(8)
