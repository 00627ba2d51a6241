"""What protects the records of a suite and the messages of its handshake (PROTOCOL §6.2, §6.3, §4.7)."""

from framework.protection.aead import AeadProtection
from framework.protection.encrypt_then_mac import EncryptThenMac
from framework.protection.interface import Opener, Protection, Sealer

__all__ = ["AeadProtection", "EncryptThenMac", "Opener", "Protection", "Sealer"]
