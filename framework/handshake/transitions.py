"""The states of a channel and the frames that may arrive in each, as one table of data (PROTOCOL §7).

States are named by what is awaited. The diagram in PROTOCOL.md is made from this table.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from framework.frame import FrameType


class State(StrEnum):
    """Where one side of a channel stands."""

    EXPECT_M1 = "EXPECT_M1"
    EXPECT_M2 = "EXPECT_M2"
    EXPECT_M3 = "EXPECT_M3"
    OPEN = "OPEN"
    PEER_CLOSED = "PEER_CLOSED"
    FAILED = "FAILED"


START = MappingProxyType({"server": State.EXPECT_M1, "client": State.EXPECT_M2})

TRANSITIONS: Mapping[tuple[State, FrameType], State] = MappingProxyType(
    {
        (State.EXPECT_M1, FrameType.M1): State.EXPECT_M3,
        (State.EXPECT_M3, FrameType.M3): State.OPEN,
        (State.EXPECT_M2, FrameType.M2): State.OPEN,
        (State.OPEN, FrameType.RECORD): State.OPEN,
    }
)
"""The state after a frame was accepted. close_notify, a record, leads from OPEN to PEER_CLOSED; a fault to FAILED."""

EXPECTED: Mapping[State, FrameType] = MappingProxyType(dict(tuple(TRANSITIONS)))
"""The one frame that may arrive in each state, as the table has it; none in the others."""


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {state}: {role}" for role, state in START.items()]
    lines += [f"    {state} --> {after}: {frame.name}" for (state, frame), after in TRANSITIONS.items()]
    lines += [f"    {State.OPEN} --> {State.PEER_CLOSED}: close_notify"]
    lines += [f"    {state} --> {State.FAILED}: anything else" for state in dict.fromkeys(s for s, _ in TRANSITIONS)]
    return "\n".join([*lines, "```"])
