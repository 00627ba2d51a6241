"""The key stays inside: not in a repr, not in a pickle, not in a copy, not in an attribute."""

import copy
import pickle

import pytest

from framework import Authenticator


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_pickling(authenticator: Authenticator, protocol: int) -> None:
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(authenticator, protocol)


def test_no_copying(authenticator: Authenticator) -> None:
    with pytest.raises(TypeError, match="never pickled or copied"):
        copy.copy(authenticator)
    with pytest.raises(TypeError, match="never pickled or copied"):
        copy.deepcopy(authenticator)


def test_no_key_in_the_repr(authenticator: Authenticator, key: bytes) -> None:
    assert repr(authenticator) == str(authenticator) == "HmacSha256Authenticator(key hidden)"
    assert key.hex() not in repr(authenticator)


def test_no_attribute_holds_the_key(authenticator: Authenticator, key: bytes) -> None:
    assert not hasattr(authenticator, "__dict__")
    assert key not in [getattr(authenticator, slot) for slot in type(authenticator).__slots__]  # type: ignore[attr-defined]
