"""Broken on purpose: plugins whose flaws the checks in `checks/mac/comparison.py` find."""

import hmac
from collections.abc import Sequence
from typing import Any

from framework import VerificationError
from tests.zoo.mac.genuine import Hmac


class EqualsOperator(Hmac):
    """Compares with ==."""

    found_by = ("MAC-31",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return expected == tag


class EqualsOfCopies(Hmac):
    """Compares copies with ==, so that no tripwire in the tag is touched."""

    found_by = ("MAC-31",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return list(bytes(tag)) == list(expected)


class EqualsOfHex(Hmac):
    """Compares the tags in hexadecimal, with !=."""

    found_by = ("MAC-31",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        if tag.hex() != expected.hex():
            return False
        return len(tag) == 32


class LoopThatStops(Hmac):
    """Compares byte by byte and stops at the first difference."""

    found_by = ("MAC-31",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return len(expected) == len(tag) and all(a == b for a, b in zip(expected, tag, strict=True))


class QuickLookFirst(Hmac):
    """Looks at the first four bytes before it compares in constant time."""

    found_by = ("MAC-31",)

    def same(self, expected: bytes, tag: bytes) -> bool:
        return expected.startswith(tag[:8]) and hmac.compare_digest(expected, tag)


class TellsTheTag(Hmac):
    """The exception says which tag would have been right."""

    found_by = ("MAC-32",)

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        expected = self.compute(key, self.join(parts))
        if not hmac.compare_digest(expected, tag):
            error = VerificationError()
            error.add_note(f"expected {expected.hex()}")
            raise error


class TellsTheLength(Hmac):
    """A tag of a wrong length is answered in other words than a wrong tag."""

    found_by = ("MAC-32",)

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        if len(tag) != 32:
            error = VerificationError()
            error.args = ("wrong length",)
            raise error
        return super().verify(key, tag, parts)


class ShowsItsCause(Hmac):
    """Chains the exception of the library underneath."""

    found_by = ("MAC-32",)

    def verify(self, key: bytes, tag: bytes, parts: Sequence[bytes]) -> Any:
        try:
            if not hmac.compare_digest(self.compute(key, self.join(parts)), tag):
                raise ValueError("digest mismatch")
        except ValueError as error:
            raise VerificationError from error
