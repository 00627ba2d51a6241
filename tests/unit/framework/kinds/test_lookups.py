"""Keyed objects that lack a method, or raise when it is looked up."""

import re
import traceback
from typing import Any

import pytest

from framework import (
    PluginError,
)
from plugins.hmac_sha256.mac import HmacSha256
from tests.support.flawed import (
    AUTHENTICATOR,
    CONTEXT,
    DECRYPTOR,
    ENCRYPTOR,
    KEY,
    Reach,
    giving,
)
from tests.support.peers import AesCtr, AesGcm

CANARY = "CANARY-KEY-0123456789"

METHODS = [
    (ENCRYPTOR, "encryptor", "encrypt(record)", AesCtr().encryptor(KEY, KEY[:16])),
    (DECRYPTOR, "decryptor", "decrypt(record)", AesCtr().decryptor(KEY, KEY[:16])),
    (AUTHENTICATOR, "authenticator", "tag(*parts)", HmacSha256().authenticator(KEY)),
    (AUTHENTICATOR, "authenticator", "verify(tag, *parts)", HmacSha256().authenticator(KEY)),
    (CONTEXT, "context", "seal(nonce, plaintext, associated_data)", AesGcm().context(KEY)),
    (CONTEXT, "context", "open(nonce, ciphertext, associated_data)", AesGcm().context(KEY)),
]


KEYED = [pytest.param(*param.values, call, signature, sound, id=signature) for param, call, signature, sound in METHODS]


class Lacking:
    """A sound object with one attribute less, or with one that is no method."""

    def __init__(self, sound: object, lacks: str, instead: object = None) -> None:
        self._sound, self._lacks, self._instead = sound, lacks, instead

    def __getattr__(self, name: str) -> Any:
        if name != self._lacks:
            return getattr(self._sound, name)
        if self._instead is None:
            raise AttributeError(name)
        return self._instead


@pytest.mark.parametrize(("reach", "call", "signature", "sound"), KEYED)
def test_a_keyed_object_without_its_method_is_found_out_at_once_and_told_in_a_sentence(
    reach: Reach, call: str, signature: str, sound: object
) -> None:
    name = signature.partition("(")[0]
    for given in (None, b"", object(), AesGcm(), Lacking(sound, name), Lacking(sound, name, instead=b"no method")):
        with pytest.raises(PluginError) as caught:
            reach(giving(given))
        told = rf"^plugin 'p' \(\w+\): {call} gave {type(given).__name__}, which has no \w+\(.*\)$"
        assert re.match(told, str(caught.value))
        assert not isinstance(given, Lacking) or str(caught.value).endswith(f"has no {signature}")


@pytest.mark.parametrize(("reach", "call", "signature", "sound"), KEYED)
def test_a_lookup_that_raises_is_found_out_at_once_and_repeats_nothing(
    reach: Reach, call: str, signature: str, sound: object
) -> None:
    class Spiteful:
        def __getattr__(self, name: str) -> Any:
            if name == signature.partition("(")[0]:
                raise ValueError(CANARY)
            return getattr(sound, name)

    with pytest.raises(
        PluginError, match=rf"looking up \w+ of its {call} raised ValueError at .*test_lookups.py:\d+$"
    ) as caught:
        reach(giving(Spiteful()))
    assert CANARY not in "".join(traceback.format_exception(caught.value))
