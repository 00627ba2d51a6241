"""Key pairs, which every kind with a public key has."""

from dataclasses import dataclass

from framework.errors import PluginError
from framework.kinds.guarding import check_output
from framework.secret import SecretValue


@dataclass(frozen=True, repr=False, eq=False)
class KeyPair(SecretValue):
    """A public key and the private key that belongs to it, of the sizes that the primitive declares."""

    public_key: bytes
    private_key: bytes

    def __repr__(self) -> str:
        return f"KeyPair(public_key={len(self.public_key)} bytes, private_key={len(self.private_key)} bytes)"


def check_key_pair(owner: str, pair: object, public_key_size: int, private_key_size: int) -> None:
    """Raise PluginError unless a plugin's `generate_key_pair` gave a KeyPair of these sizes."""
    if not isinstance(pair, KeyPair):
        raise PluginError(f"{owner}: generate_key_pair gave {type(pair).__name__}, not a KeyPair")
    check_output(owner, "generate_key_pair (public key)", pair.public_key, public_key_size)
    check_output(owner, "generate_key_pair (private key)", pair.private_key, private_key_size)
