"""Broken on purpose: plugins whose flaws the checks in `checks/generic/metadata.py` find."""

from collections.abc import Callable
from typing import Any

from framework import PrimitiveInfo, Status, hookimpl
from tests.zoo.mac.genuine import Hmac


class TooStrong(Hmac):
    """Claims 512 bits of security with keys of 256."""

    found_by = ("GEN-02",)
    info = PrimitiveInfo("hmac", "HMAC-SHA-256", 512, Status.RECOMMENDED, "RFC 2104")


class NoReference(Hmac):
    """Names no document."""

    found_by = ("GEN-02",)
    info = PrimitiveInfo("hmac", "HMAC-SHA-256", 256, Status.RECOMMENDED, "")


class WeakButRecommended(Hmac):
    """Calls itself RECOMMENDED with 80 bits."""

    found_by = ("GEN-02",)
    info = PrimitiveInfo("hmac", "HMAC-SHA-256", 80, Status.RECOMMENDED, "RFC 2104")


class ChangingSize(Hmac):
    """The size of a tag depends on how often it was asked for."""

    found_by = ("GEN-03",)
    asked = 0

    @property
    def tag_size(self) -> int:  # type: ignore[override]
        type(self).asked += 1
        return 32 - type(self).asked % 3


class SizeIsFloat(Hmac):
    """Declares its sizes as floats, as a division gives them."""

    found_by = ("GEN-03",)
    key_size = 64 / 2  # type: ignore[assignment]


class AnotherInfoEachTime(Hmac):
    """Describes itself with the number of its instances."""

    found_by = ("GEN-03",)
    made = 0

    def __init__(self) -> None:
        type(self).made += 1
        self.info = PrimitiveInfo("hmac", f"HMAC {type(self).made}", 256, Status.RECOMMENDED, "RFC 2104")


class RegistersTwice(Hmac):
    """Registers itself twice under one name."""

    found_by = ("GEN-01",)

    @classmethod
    @hookimpl
    def register_macs(cls, register: Callable[[Any], None]) -> None:
        register(cls())
        register(cls())


class MisspeltHook(Hmac):
    """Has a hook beside the right one whose name is misspelt."""

    found_by = ("GEN-01",)

    @classmethod
    @hookimpl
    def register_mac(cls, register: Callable[[Any], None]) -> None:
        register(cls())


class SpacedName(Hmac):
    """Is registered under a name that no suite can have."""

    found_by = ("GEN-01", "GEN-02")
    info = PrimitiveInfo("HMAC SHA", "HMAC-SHA-256", 256, Status.RECOMMENDED, "RFC 2104")


class MisspeltClaim(Hmac):
    """Claims something that the kit does not know, and would never test."""

    found_by = ("GEN-04",)
    vectors = "tests/zoo/misspelt_claim.json"
