"""No secret in a pickle, a copy, a repr or an error."""

import copy
import pickle
import traceback

import pytest

from framework import InvalidKeyError, KeyPair
from plugins.blumgoldwasser.kem import BlumGoldwasserKem
from plugins.blumgoldwasser.keys import PrivateKey
from plugins.blumgoldwasser.parameters import BG_2048


@pytest.fixture
def private() -> PrivateKey:
    return PrivateKey.parse(BG_2048, bytes(range(256)) + b"rejection secret, of 32 bytes...")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_pickling(private: PrivateKey, protocol: int) -> None:
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(private, protocol)


def test_no_copying(private: PrivateKey) -> None:
    with pytest.raises(TypeError, match="never pickled or copied"):
        copy.copy(private)
    with pytest.raises(TypeError, match="never pickled or copied"):
        copy.deepcopy(private)


def test_no_secret_in_the_repr(private: PrivateKey) -> None:
    assert repr(private) == str(private) == "PrivateKey(1009 and 1024 bits, hidden)"


def test_it_writes_what_it_read(private: PrivateKey) -> None:
    assert private.serialize(BG_2048) == bytes(range(256)) + b"rejection secret, of 32 bytes..."


def test_no_secret_in_an_error(kem: BlumGoldwasserKem, pair: KeyPair) -> None:
    with pytest.raises(InvalidKeyError) as caught:
        kem.decapsulate(pair.private_key + b"\0", bytes(kem.ciphertext_size))
    rendered = "".join(traceback.format_exception(caught.value))
    assert str(pair.private_key)[2:40] not in rendered
    assert pair.private_key.hex()[:32] not in rendered
    assert str(int.from_bytes(pair.private_key[: kem.public_key_size // 2], "big"))[:20] not in rendered
