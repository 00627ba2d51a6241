"""All that a plugin imports of suitecase: what it implements, what it raises, and how it is found.

It loads neither asyncio nor the channel. `framework` has every one of these names too.
"""

from framework.buffers import as_bytes
from framework.errors import (
    ConfigurationError,
    InvalidKeyError,
    MisuseError,
    PluginError,
    SuitecaseError,
    VerificationError,
)
from framework.hookspecs import hookimpl
from framework.info import PrimitiveInfo, RandomBytes, Status
from framework.kinds.aead import Aead, AeadContext
from framework.kinds.bulk_cipher import BulkCipher, Decryptor, Encryptor
from framework.kinds.key_exchange import Encapsulation, KeyExchange
from framework.kinds.key_pair import KeyPair
from framework.kinds.mac import Authenticator, Mac
from framework.secret import SecretValue

__all__ = [
    "Aead",
    "AeadContext",
    "Authenticator",
    "BulkCipher",
    "ConfigurationError",
    "Decryptor",
    "Encapsulation",
    "Encryptor",
    "InvalidKeyError",
    "KeyExchange",
    "KeyPair",
    "Mac",
    "MisuseError",
    "PluginError",
    "PrimitiveInfo",
    "RandomBytes",
    "SecretValue",
    "Status",
    "SuitecaseError",
    "VerificationError",
    "as_bytes",
    "hookimpl",
]
