"""The plugin `blumgoldwasser`: the key exchanges `bg` (3072 bits) and `bg2048`, both BG-KEM/1 (PROTOCOL §11)."""

from collections.abc import Callable

from framework.plugin import KeyExchange, hookimpl
from plugins.blumgoldwasser.kem import BlumGoldwasserKem
from plugins.blumgoldwasser.parameters import BG_2048, BG_3072


@hookimpl
def register_key_exchanges(register: Callable[[KeyExchange], None]) -> None:
    """Offer BG-KEM/1 under the names `bg` and `bg2048`."""
    register(BlumGoldwasserKem(BG_3072))
    register(BlumGoldwasserKem(BG_2048))
