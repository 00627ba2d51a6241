"""What the caller of a channel may give it; anything else is a MisuseError, with nothing lost."""

from framework.errors import MisuseError
from framework.kdf import MAX_CONTEXT, MAX_LABEL
from framework.kinds.key_pair import KeyPair
from framework.kinds.kind import MAX_DERIVED
from framework.suite import Suite


def check_time(now: int) -> None:
    """Raise MisuseError for what is no time."""
    if type(now) is not int or not 0 <= now < 2**64:
        raise MisuseError("now is Unix time in whole milliseconds, an int")


def check_key_pair(suite: Suite, pair: object) -> None:
    """Raise MisuseError for what is no key pair of the suite's key exchange."""
    kex = suite.key_exchange
    sizes = (kex.public_key_size, kex.private_key_size)
    if not isinstance(pair, KeyPair) or (len(pair.public_key), len(pair.private_key)) != sizes:
        raise MisuseError(f"a key pair of {kex.info.name} is a KeyPair of {sizes[0]} and {sizes[1]} bytes")


def check_export(label: object, context: object, length: object) -> None:
    """Raise MisuseError for what no secret can be exported under."""
    right_label = isinstance(label, str) and label.isascii() and len(label) <= MAX_LABEL
    right_context = isinstance(context, bytes) and len(context) <= MAX_CONTEXT
    right_length = isinstance(length, int) and 0 < length <= MAX_DERIVED
    if not (right_label and right_context and right_length):
        raise MisuseError("a label of ASCII, a context of bytes and a length, none of them too long, are due")
