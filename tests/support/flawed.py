"""Plugins with one call replaced, and every call of theirs as the guard lets it through."""

from collections.abc import Callable
from typing import Any

import pytest

from framework.kinds.aead import GuardedAead
from framework.kinds.bulk_cipher import GuardedBulkCipher
from framework.kinds.key_exchange import GuardedKeyExchange
from framework.kinds.mac import GuardedMac
from plugins.hmac_sha256.mac import HmacSha256
from tests.support.peers import AesCtr, AesGcm, X25519Kem

Reach = Callable[[Callable[..., object]], object]
"""Make the call through the guard, on a plugin that behaves like this in it."""

KEY = bytes(range(32))
PAIR = X25519Kem().generate_key_pair()


class Flawed:
    """Any object of a plugin's, with one method replaced."""

    def __init__(self, sound: object, call: str, behaviour: Callable[..., object]) -> None:
        self._sound = sound
        self._call = call
        self._behaviour = behaviour

    def __getattr__(self, name: str) -> Any:
        return self._behaviour if name == self._call else getattr(self._sound, name)


def raising(error: BaseException) -> Callable[..., object]:
    def behaviour(*_: object, **__: object) -> object:
        raise error

    return behaviour


def giving(value: object) -> Callable[..., object]:
    return lambda *_, **__: value


def of_kem(call: str, *arguments: Any) -> Any:
    def reach(behaviour: Callable[..., object]) -> object:
        return getattr(GuardedKeyExchange(Flawed(X25519Kem(), call, behaviour), "p"), call)(*arguments)

    return pytest.param(reach, id=f"kem.{call}")


def of_cipher(call: str, *arguments: Any) -> Any:
    def reach(behaviour: Callable[..., object]) -> object:
        return getattr(GuardedBulkCipher(Flawed(AesCtr(), call, behaviour), "p"), call)(*arguments)

    return pytest.param(reach, id=f"cipher.{call}")


def of_stream(call: str) -> Any:
    def reach(behaviour: Callable[..., object]) -> object:
        flawed = Flawed(AesCtr(), f"{call}or", giving(Flawed(AesCtr().encryptor(KEY, KEY[:16]), call, behaviour)))
        stream = getattr(GuardedBulkCipher(flawed, "p"), f"{call}or")(KEY, KEY[:16])
        return getattr(stream, call)(b"thirteen byte")

    return pytest.param(reach, id=f"stream.{call}")


def of_mac(call: str, *arguments: Any) -> Any:
    def reach(behaviour: Callable[..., object]) -> object:
        if call == "authenticator":
            return GuardedMac(Flawed(HmacSha256(), call, behaviour), "p").authenticator(KEY)
        keyed = HmacSha256().authenticator(KEY)
        flawed = Flawed(HmacSha256(), "authenticator", giving(Flawed(keyed, call, behaviour)))
        return getattr(GuardedMac(flawed, "p").authenticator(KEY), call)(*arguments)

    return pytest.param(reach, id=f"mac.{call}")


def of_aead(call: str, *arguments: Any) -> Any:
    def reach(behaviour: Callable[..., object]) -> object:
        if call == "context":
            return GuardedAead(Flawed(AesGcm(), call, behaviour), "p").context(KEY)
        flawed = Flawed(AesGcm(), "context", giving(Flawed(AesGcm().context(KEY), call, behaviour)))
        return getattr(GuardedAead(flawed, "p").context(KEY), call)(*arguments)

    return pytest.param(reach, id=f"aead.{call}")


GENERATE = of_kem("generate_key_pair")
ENCAPSULATE = of_kem("encapsulate", PAIR.public_key)
DECAPSULATE = of_kem("decapsulate", PAIR.private_key, PAIR.public_key)
CHECK_PUBLIC_KEY = of_kem("check_public_key", PAIR.public_key)
ENCRYPTOR = of_cipher("encryptor", KEY, KEY[:16])
DECRYPTOR = of_cipher("decryptor", KEY, KEY[:16])
CHECK_KEY = of_cipher("check_key", KEY)
ENCRYPT = of_stream("encrypt")
DECRYPT = of_stream("decrypt")
AUTHENTICATOR = of_mac("authenticator")
TAG = of_mac("tag", b"a", b"b")
VERIFY = of_mac("verify", bytes(32), b"a", b"b")
CONTEXT = of_aead("context")
SEAL = of_aead("seal", KEY[:12], b"plaintext", b"ad")
OPEN = of_aead("open", KEY[:12], b"plaintext" + bytes(16), b"ad")
