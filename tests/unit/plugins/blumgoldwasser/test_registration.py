"""What the plugin offers, and what it says of itself."""

import pluggy
import pytest

from framework import ConfigurationError, KeyExchange, KeyPair, Status, hookspecs
from plugins import blumgoldwasser
from plugins.blumgoldwasser.kem import BlumGoldwasserKem
from plugins.blumgoldwasser.parameters import Parameters


def registered() -> dict[str, KeyExchange]:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(blumgoldwasser)
    manager.check_pending()
    offered: list[KeyExchange] = []
    manager.hook.register_key_exchanges(register=offered.append)
    return {kex.info.name: kex for kex in offered}


def test_it_offers_two_key_exchanges_through_the_hook() -> None:
    offered = registered()
    assert list(offered) == ["bg", "bg2048"]
    assert all(isinstance(kex, KeyExchange) for kex in offered.values())


@pytest.mark.parametrize(("name", "modulus_size", "bits"), [("bg", 384, 128), ("bg2048", 256, 112)])
def test_what_it_declares(name: str, modulus_size: int, bits: int) -> None:
    kex = registered()[name]
    assert kex.public_key_size == modulus_size
    assert kex.private_key_size == kex.ciphertext_size == modulus_size + 32
    assert (kex.info.security_bits, kex.info.status) == (bits, Status.EXPERIMENTAL)
    assert str(8 * modulus_size) in kex.info.title


def test_what_it_declares_is_what_comes_out(kem: BlumGoldwasserKem, pair: KeyPair) -> None:
    sent = kem.encapsulate(pair.public_key)
    received = kem.decapsulate(pair.private_key, sent.ciphertext)
    outputs = (pair.public_key, pair.private_key, sent.ciphertext, sent.shared_secret, received)
    sizes = (kem.public_key_size, kem.private_key_size, kem.ciphertext_size, 32, 32)
    assert tuple(map(len, outputs)) == sizes
    assert all(type(output) is bytes for output in outputs)
    assert received == sent.shared_secret


@pytest.mark.parametrize("bits", [0, 512, 1024, 2032, 2047, 2056, 3071])
def test_other_sizes_are_refused(bits: int) -> None:
    with pytest.raises(ConfigurationError):
        Parameters("weak", modulus_bits=bits, security_bits=112)
