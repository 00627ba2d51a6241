"""The names that both sides of the bank's channels are configured with (PROTOCOL §4.2)."""

from typing import Final

APPLICATION: Final = "suitecase-bank"
SERVER_NAME: Final = "bank"
