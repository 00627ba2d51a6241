"""The main job: a bank in a child process, and the ATM's console in this one."""

from typing import Final

DEMO_ACCOUNT: Final = "demo"
DEMO_CARD: Final = "demo.card"
"""The account and the card file, in the data directory, of the main job."""
