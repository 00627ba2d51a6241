"""Amounts of money: whole minor units (an int) in the program and on the wire, text only for people."""

import re
from typing import Final

from app.system.errors import InputError, excerpt

MAX_AMOUNT: Final = 2**53 - 1
"""The largest amount and the largest balance, in minor units: what a JSON reader of doubles still holds exactly."""

MINOR_UNITS: Final = 100
"""Minor units in one unit: two decimal places."""

_MAX_TEXT = 32  # the longest amount has 17 characters; the rest is room to say "too large" rather than "malformed"
_AMOUNT = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]{1,2}))?")


def parse_amount(text: str) -> int:
    """Read an amount as a person types it, `50`, `50.5` or `50.05`, and give its minor units, 1 to MAX_AMOUNT.

    Raises InputError for everything else: signs, exponents, separators, leading zeros, digits outside ASCII,
    more than two decimals, zero, and amounts above the maximum.
    """
    if len(text) > _MAX_TEXT:
        raise InputError(f"That is too long to be an amount ({len(text)} characters); type one such as 50 or 12.34.")
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise InputError(
            f"{excerpt(text)} is not an amount; type one such as 50 or 12.34, "
            "digits only, a point and not a comma, no needless zero in front, two at most behind."
        )
    units, fraction = match.groups(default="")
    amount = int(units) * MINOR_UNITS + int(fraction.ljust(2, "0"))
    if amount == 0:
        raise InputError("The amount must be more than zero.")
    if amount > MAX_AMOUNT:
        raise InputError(f"That amount is too large; the most is {format_amount(MAX_AMOUNT)}.")
    return amount


def format_amount(amount: int) -> str:
    """Write `amount` minor units, 0 to MAX_AMOUNT, for people: 5000 is `50.00`. Raises ValueError outside."""
    if not 0 <= amount <= MAX_AMOUNT:
        raise ValueError("an amount lies between 0 and MAX_AMOUNT")
    units, minor = divmod(amount, MINOR_UNITS)
    return f"{units}.{minor:02d}"
