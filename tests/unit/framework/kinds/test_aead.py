"""The guard around an AEAD."""

import pytest

from framework import (
    VerificationError,
)
from framework.kinds.aead import GuardedAead
from tests.support.flawed import KEY, Flawed, giving
from tests.support.peers import AesGcm


def test_a_ciphertext_shorter_than_its_tag_never_reaches_the_plugin() -> None:
    keyed = Flawed(AesGcm().context(KEY), "open", lambda *arguments: bytes(max(0, len(arguments[1]) - 16)))
    opening = Flawed(AesGcm(), "context", giving(keyed))
    context = GuardedAead(opening, "p").context(KEY)
    assert context.open(KEY[:12], bytes(16), b"") == b""
    for size in range(16):
        with pytest.raises(VerificationError):
            context.open(KEY[:12], bytes(size), b"")
