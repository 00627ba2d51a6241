"""The plugin `hmac_sha256`: the MAC `hmac`, HMAC-SHA-256."""

from collections.abc import Callable

from framework.plugin import Mac, hookimpl
from plugins.hmac_sha256.mac import HmacSha256


@hookimpl
def register_macs(register: Callable[[Mac], None]) -> None:
    """Offer HMAC-SHA-256 under the name `hmac`."""
    register(HmacSha256())
