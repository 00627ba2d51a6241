"""The guard around a MAC."""

import pytest

from framework import (
    PluginError,
    VerificationError,
)
from framework.kinds.mac import GuardedMac
from plugins.hmac_sha256.mac import HmacSha256
from tests.support.flawed import KEY, VERIFY, Flawed, Reach, giving


@pytest.mark.parametrize("reach", [VERIFY])
@pytest.mark.parametrize("verdict", [True, False, 0, 1, "", b"", object()], ids=lambda verdict: type(verdict).__name__)
def test_a_verify_that_answers_instead_of_raising_is_found_out(reach: Reach, verdict: object) -> None:
    with pytest.raises(PluginError, match=f"verify gave {type(verdict).__name__} where it must raise or give None"):
        reach(giving(verdict))


def test_a_tag_of_a_wrong_length_never_reaches_the_plugin() -> None:
    """CVE-2018-10903: a plugin that compares the length it is given would accept a short tag."""
    keyed = Flawed(HmacSha256().authenticator(KEY), "verify", giving(None))
    accepting = Flawed(HmacSha256(), "authenticator", giving(keyed))
    authenticator = GuardedMac(accepting, "p").authenticator(KEY)
    authenticator.verify(bytes(32), b"m")
    for size in [*range(32), 33, 64]:
        with pytest.raises(VerificationError):
            authenticator.verify(bytes(size), b"m")
