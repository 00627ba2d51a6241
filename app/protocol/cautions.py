"""What a user of a suite should be told: the status of its primitives, and why."""

from typing import Final

from framework import PrimitiveInfo, Status, Suite
from framework.printable import printable

STYLES: Final = {
    Status.RECOMMENDED: "green",
    Status.LEGACY: "yellow",
    Status.EXPERIMENTAL: "yellow",
    Status.BROKEN: "bold red",
}
"""The colour of each status on a terminal."""

_MEANING: Final = {
    Status.RECOMMENDED: "",
    Status.LEGACY: "for old peers and for study; do not begin anything new with it",
    Status.EXPERIMENTAL: "not yet scrutinised by many; for study",
    Status.BROKEN: "practical attacks exist; for study alone",
}


def doubtful(suite: Suite) -> list[PrimitiveInfo]:
    """The primitives of the suite that are not recommended."""
    return [info for info in suite.primitives if info.status is not Status.RECOMMENDED]


def reason(info: PrimitiveInfo) -> str:
    """Why a primitive is not recommended, in a sentence; what a plugin says of itself is escaped."""
    return f"{printable(info.title)} — {_MEANING[info.status]} ({printable(info.reference)})"


def warnings(suite: Suite) -> list[str]:
    """One line for every primitive of the suite that is not recommended: its status, and the reason."""
    return [f"{info.status}: {reason(info)}" for info in doubtful(suite)]
