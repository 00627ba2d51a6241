"""Triple DES as the framework sees it: a bulk cipher."""

from framework.plugin import InvalidKeyError, PrimitiveInfo, Status, as_bytes
from plugins.des3.bitarray_engine import circuit_folding
from plugins.des3.counter_mode import BLOCK_SIZE, CounterModeDecryptor, CounterModeEncryptor, Keystream
from plugins.des3.engine_choice import choose_engine
from plugins.des3.key_check import check_key_bundle
from plugins.des3.key_schedule import KeySchedule

KEY_SIZE = 24
IV_SIZE = 8

MAX_BLOCKS_PER_KEY = 1 << 20
"""SP 800-67 Rev. 2: at most 2^20 blocks under one key bundle (Sweet32, CVE-2016-2183)."""


class TripleDes:
    """Triple DES in counter mode: keys of 24 bytes, IVs of 8, at most 8 MiB a key.

    `engine` is "bitarray", "numba" or None, as `choose_engine` says. Raises ConfigurationError for an engine that
    is not to be had.
    """

    info = PrimitiveInfo(
        name="des3",
        title="Triple DES (TDEA) in counter mode",
        security_bits=112,
        status=Status.LEGACY,
        reference="NIST SP 800-67 Rev. 2; SP 800-38A §6.5",
    )
    key_size = KEY_SIZE
    iv_size = IV_SIZE
    max_bytes_per_key = MAX_BLOCKS_PER_KEY * BLOCK_SIZE

    def __init__(self, engine: str | None = None) -> None:
        self._engine = choose_engine(engine)

    def encryptor(self, key: bytes, iv: bytes) -> CounterModeEncryptor:
        """Start encrypting. Raises InvalidKeyError for a wrong length; `check_key` holds the rest of the policy."""
        return CounterModeEncryptor(self._keystream(key), _of_size(iv, IV_SIZE, "IV"), self.max_bytes_per_key)

    def decryptor(self, key: bytes, iv: bytes) -> CounterModeDecryptor:
        """Start decrypting. Raises InvalidKeyError for a wrong length; `check_key` holds the rest of the policy."""
        return CounterModeDecryptor(self._keystream(key), _of_size(iv, IV_SIZE, "IV"), self.max_bytes_per_key)

    def check_key(self, key: bytes) -> None:
        """Raise InvalidKeyError for a wrong length, a weak DES key in any place, or keys that are not distinct."""
        check_key_bundle(_of_size(key, KEY_SIZE, "key"))

    def _keystream(self, key: bytes) -> Keystream:
        return self._engine(KeySchedule.of(_of_size(key, KEY_SIZE, "key"), circuit_folding()))


def _of_size(value: object, size: int, name: str) -> bytes:
    """Give the bytes of a key or an IV. Raises InvalidKeyError unless there are exactly `size`."""
    data = as_bytes(value, f"the {name}")
    if len(data) != size:
        raise InvalidKeyError(f"the {name} has {len(data)} bytes; Triple DES takes {size}")
    return data
