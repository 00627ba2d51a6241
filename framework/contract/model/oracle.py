"""An independent oracle: the author's plain function that computes by other means what the plugin should give.

    oracle(key, iv, plaintext) -> ciphertext                        for a bulk cipher
    oracle(key, message) -> tag                                     for a MAC
    oracle(key, nonce, associated_data, plaintext) -> ciphertext    for an AEAD, with the tag behind
    oracle(private_key, ciphertext) -> shared_secret                for a key exchange

It stands in a module, for the worker imports it by its name, `package.module:function`. The kit asks it about inputs of
its own, which are as varied as known answers have to be; the file of known answers may then be missing.
"""

import re
from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any

from framework.errors import ConfigurationError


class OracleError(Exception):
    """The oracle failed, not the plugin: an ERROR."""


class Oracle:
    """The function behind a name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.function = resolve(name)

    def __call__(self, *arguments: bytes) -> bytes:
        """Ask. Raises OracleError when it raises, or gives something else than bytes."""
        try:
            answer: object = self.function(*arguments)
        except Exception as error:
            raise OracleError(f"the oracle {self.name} raised {type(error).__name__}") from error
        if not isinstance(answer, bytes):
            raise OracleError(f"the oracle {self.name} gave {type(answer).__name__} where bytes are due")
        return answer


def resolve(name: str) -> Callable[..., Any]:
    """Import `package.module:function`. Raises ConfigurationError if there is no such function."""
    if not re.fullmatch(r"[\w.]+:[\w.]+", name):
        raise ConfigurationError(f"an oracle is named package.module:function, not {name!r}")
    try:
        function: object = resolve_name(name)
    except Exception as error:  # noqa: BLE001 - a module may raise anything when it is imported
        module = name.partition(":")[0].partition(".")[0]
        missing = isinstance(error, ModuleNotFoundError) and error.name == module
        hint = f"; run this in the folder where {module}.py lies, or install it" if missing else ""
        what = f"{type(error).__name__}: {error}{hint}"
        raise ConfigurationError(f"the oracle {name} cannot be imported: {what}") from None
    if not callable(function):
        raise ConfigurationError(f"the oracle {name} is no function but {type(function).__name__}")
    return function


def name_of(oracle: Callable[..., Any] | str) -> str:
    """Give the name by which the worker imports the oracle. Raises ConfigurationError for one that has none."""
    if isinstance(oracle, str):
        return oracle
    name = f"{getattr(oracle, '__module__', '')}:{getattr(oracle, '__qualname__', '')}"
    try:
        found = resolve(name)
    except ConfigurationError:
        found = None
    if found is not oracle:
        raise ConfigurationError(f"an oracle is a function of a module, which another process can import: not {oracle}")
    return name
