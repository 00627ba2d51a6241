"""The patterns of the handshake, as tables of tokens (PROTOCOL §4.9). One reader and one writer walk them all."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from framework.frame import FrameType
from framework.kinds.key_exchange import GuardedKeyExchange

MAC1_SIZE = 16
NONCE_SIZE = 32


class Token(Enum):
    """One field that a part of a message carries; what is made and taken of each is `framework.handshake.keys`."""

    NONCE = "32 random bytes"
    EPHEMERAL = "the client's ephemeral public key"
    TO_SERVER = "a ciphertext to the server's static key; its shared secret is mixed in behind the part"
    TO_EPHEMERAL = "a ciphertext to the client's ephemeral key; its shared secret is mixed in behind the part"

    def size(self, key_exchange: GuardedKeyExchange) -> int:
        """Bytes of the field."""
        if self is Token.NONCE:
            return NONCE_SIZE
        return key_exchange.public_key_size if self is Token.EPHEMERAL else key_exchange.ciphertext_size


@dataclass(frozen=True)
class Part:
    """Tokens that are mixed into the transcript together: in the clear, behind the header; or sealed, under a label.

    A sealed part ends with a payload of `payload` bytes: a timestamp, and zeros.
    """

    tokens: tuple[Token, ...] = ()
    label: str = ""
    payload: int = 0

    def field_sizes(self, key_exchange: GuardedKeyExchange, tag_size: int) -> Iterator[int]:
        """Bytes of each field on the wire; a sealed part is one field."""
        sizes = [token.size(key_exchange) for token in self.tokens]
        yield from [sum(sizes) + self.payload + tag_size] if self.label else sizes


@dataclass(frozen=True)
class Message:
    """A message of the handshake. With `filtered`, mac1 stands in front of its parts (PROTOCOL §4.3)."""

    frame_type: FrameType
    parts: tuple[Part, ...]
    filtered: bool = False

    def field_sizes(self, key_exchange: GuardedKeyExchange, tag_size: int) -> tuple[int, ...]:
        """The sizes in bytes of the body's fields, in order: constants of the suite."""
        fields = [size for part in self.parts for size in part.field_sizes(key_exchange, tag_size)]
        return tuple([MAC1_SIZE] * self.filtered + fields)


@dataclass(frozen=True)
class Pattern:
    """A name, which enters the descriptor (PROTOCOL §3.2), and the messages in turn; the client's is the first."""

    name: str
    messages: tuple[Message, Message, Message]

    def message(self, frame_type: FrameType) -> Message:
        """Give the message that travels in frames of this type."""
        return next(message for message in self.messages if message.frame_type is frame_type)


PQNK = Pattern(
    "pqNK",
    (
        Message(
            FrameType.M1,
            (Part((Token.NONCE, Token.TO_SERVER)), Part((Token.EPHEMERAL,), label="m1", payload=64)),
            filtered=True,
        ),
        Message(FrameType.M2, (Part((Token.NONCE, Token.TO_EPHEMERAL)), Part(label="m2", payload=32))),
        Message(FrameType.M3, (Part(label="m3", payload=32),)),
    ),
)
"""The server is authenticated by its static key, which the client knows (PROTOCOL §4.3 to §4.5)."""
