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
from framework.info import PrimitiveInfo, RandomBytes, Status
from framework.kinds.aead import Aead, AeadContext
from framework.kinds.bulk_cipher import BulkCipher, Decryptor, Encryptor
from framework.kinds.key_exchange import Encapsulation, KeyExchange, KeyPair
from framework.kinds.mac import Authenticator, Mac
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
