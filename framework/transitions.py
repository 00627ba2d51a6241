"""The states of a channel, and where each input leads, as one table of data (PROTOCOL §7).

The state of a handshake is named by the message that is awaited, and by whether the application has closed meanwhile.
The diagram in PROTOCOL.md is made from this table. What the table does not name is a failure.
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
    CLOSE_AFTER_M1 = "CLOSE_AFTER_M1"
    CLOSE_AFTER_M2 = "CLOSE_AFTER_M2"
    CLOSE_AFTER_M3 = "CLOSE_AFTER_M3"
    """As the three above; this side's close_notify follows as soon as the handshake is over."""
    OPEN = "OPEN"
    CLOSING = "CLOSING"
    """This side has said close_notify; the peer has not."""
    PEER_CLOSED = "PEER_CLOSED"
    """The peer has said close_notify; this side has not."""
    CLOSED = "CLOSED"
    """Both have."""
    FAILED = "FAILED"


class Input(StrEnum):
    """What moves a channel from one state to another."""

    M1 = "M1"
    M2 = "M2"
    M3 = "M3"
    RECORD = "data or key_update"
    CLOSE_NOTIFY = "close_notify"
    CLOSE = "own close"
    END = "end of stream"
    BYTES = "further bytes"
    """What comes after the peer's close_notify: it is not read (PROTOCOL §6.7)."""


START = MappingProxyType({"server": State.EXPECT_M1, "client": State.EXPECT_M2})

TRANSITIONS: Mapping[tuple[State, Input], State] = MappingProxyType(
    {
        (State.EXPECT_M1, Input.M1): State.EXPECT_M3,
        (State.EXPECT_M3, Input.M3): State.OPEN,
        (State.EXPECT_M2, Input.M2): State.OPEN,
        (State.EXPECT_M1, Input.CLOSE): State.CLOSE_AFTER_M1,
        (State.EXPECT_M2, Input.CLOSE): State.CLOSE_AFTER_M2,
        (State.EXPECT_M3, Input.CLOSE): State.CLOSE_AFTER_M3,
        (State.CLOSE_AFTER_M1, Input.M1): State.CLOSE_AFTER_M3,
        (State.CLOSE_AFTER_M3, Input.M3): State.CLOSING,
        (State.CLOSE_AFTER_M2, Input.M2): State.CLOSING,
        (State.OPEN, Input.RECORD): State.OPEN,
        (State.OPEN, Input.CLOSE): State.CLOSING,
        (State.OPEN, Input.CLOSE_NOTIFY): State.PEER_CLOSED,
        (State.CLOSING, Input.RECORD): State.CLOSING,
        (State.CLOSING, Input.CLOSE_NOTIFY): State.CLOSED,
        (State.PEER_CLOSED, Input.CLOSE): State.CLOSED,
        (State.PEER_CLOSED, Input.BYTES): State.PEER_CLOSED,
        (State.PEER_CLOSED, Input.END): State.PEER_CLOSED,
        (State.CLOSED, Input.BYTES): State.CLOSED,
        (State.CLOSED, Input.END): State.CLOSED,
    }
)
"""The state after an input was accepted. A fault leads from every state to FAILED, where a channel stays."""

_RECORDS = (Input.RECORD, Input.CLOSE_NOTIFY)

EXPECTED: Mapping[State, FrameType] = MappingProxyType(
    {
        state: FrameType.RECORD if entered in _RECORDS else FrameType[entered.name]
        for state, entered in TRANSITIONS
        if entered in (Input.M1, Input.M2, Input.M3, *_RECORDS)
    }
)
"""The one type of frame that may arrive in each state, as the table has it; none in the others."""

SENDING = frozenset({State.OPEN, State.PEER_CLOSED})
"""Where messages can be sent."""

SAID_CLOSE = frozenset(state for (_, entered), state in TRANSITIONS.items() if entered is Input.CLOSE)
SAID_CLOSE |= frozenset(TRANSITIONS[state, entered] for state, entered in TRANSITIONS if state in SAID_CLOSE)
"""Where this side has closed: no close is an input there."""

NOT_READING = frozenset(state for state, entered in TRANSITIONS if entered is Input.BYTES)
"""Where the peer has closed: what comes after that is not read."""

AWAITING_M1 = frozenset(state for state, expected in EXPECTED.items() if expected is FrameType.M1)
AWAITING_M3 = frozenset(state for state, expected in EXPECTED.items() if expected is FrameType.M3)


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {state}: {role}" for role, state in START.items()]
    lines += [f"    {state} --> {after}: {entered}" for (state, entered), after in TRANSITIONS.items()]
    lines += [f"    {state} --> {State.FAILED}: anything else" for state in State if state is not State.FAILED]
    return "\n".join([*lines, "```"])
