"""A keyed MAC to test, and its key."""

import pytest

from framework import Authenticator
from plugins.hmac_sha256.mac import HmacSha256


@pytest.fixture
def key() -> bytes:
    return bytes(range(100, 132))


@pytest.fixture
def authenticator(key: bytes) -> Authenticator:
    return HmacSha256().authenticator(key)
