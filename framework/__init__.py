"""suitecase: a secure channel whose cryptography is plugged in. The names below are the public API."""

from framework.aio import open_channel, serve
from framework.channel import Channel
from framework.errors import (
    ChannelError,
    ConfigurationError,
    InvalidKeyError,
    MisuseError,
    PluginError,
    SuitecaseError,
    VerificationError,
)
from framework.events import ChannelFailed, HandshakeCompleted, MessageReceived, PeerClosed
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
from framework.registry import load_registry
from framework.suite import Suite

__all__ = [
    "Aead",
    "AeadContext",
    "Authenticator",
    "BulkCipher",
    "Channel",
    "ChannelError",
    "ChannelFailed",
    "ConfigurationError",
    "Decryptor",
    "Encapsulation",
    "Encryptor",
    "HandshakeCompleted",
    "InvalidKeyError",
    "KeyExchange",
    "KeyPair",
    "Mac",
    "MessageReceived",
    "MisuseError",
    "PeerClosed",
    "PluginError",
    "PrimitiveInfo",
    "RandomBytes",
    "Status",
    "Suite",
    "SuitecaseError",
    "VerificationError",
    "hookimpl",
    "load_registry",
    "open_channel",
    "serve",
]
