"""Which file was given in the place of another: a person who gave away a secret should be told to keep it."""

import json
import re
from contextlib import suppress
from typing import Final

_KEY_FILE: Final = re.compile(rb"(?:suitecase key [0-9]+ )?[a-z0-9-]+ [A-Za-z0-9+/=]+ [A-Za-z0-9+/=]+ [0-9a-f]{64}\s*")


def secret_file(data: bytes) -> str:
    """Say what a file holds if that is a secret: "a card" or "a private key"; empty for any other."""
    if _KEY_FILE.fullmatch(data):
        return "a private key"
    with suppress(ValueError, RecursionError):
        members = json.loads(data)
        if isinstance(members, dict) and "secret" in members:
            return "a card"
    return ""
