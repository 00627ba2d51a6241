"""The plugin `des3`: Triple DES in counter mode, bit-sliced."""

from collections.abc import Callable

from framework.plugin import BulkCipher, hookimpl
from plugins.des3.cipher import TripleDes

__all__ = ["TripleDes"]


@hookimpl
def register_bulk_ciphers(register: Callable[[BulkCipher], None]) -> None:
    """Offer Triple DES."""
    register(TripleDes())
