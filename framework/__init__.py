"""suitecase: a secure channel whose cryptography is plugged in. The names below are the public API."""

from framework.errors import (
    ChannelError,
    ConfigurationError,
    InvalidKeyError,
    MisuseError,
    PluginError,
    SuitecaseError,
    VerificationError,
)
from framework.hookspecs import hookimpl
from framework.primitives import (
    Aead,
    AeadContext,
    Authenticator,
    BulkCipher,
    Decryptor,
    Encapsulation,
    Encryptor,
    KeyExchange,
    KeyPair,
    Mac,
    PrimitiveInfo,
    RandomBytes,
    Status,
)

__all__ = [
    "Aead",
    "AeadContext",
    "Authenticator",
    "BulkCipher",
    "ChannelError",
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
    "Status",
    "SuitecaseError",
    "VerificationError",
    "hookimpl",
]
