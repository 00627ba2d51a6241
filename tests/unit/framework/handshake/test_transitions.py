"""The table of transitions, and the diagram that PROTOCOL.md shows of it (PROTOCOL §7)."""

from pathlib import Path

import pytest

from framework.frame import FrameType
from framework.handshake.transitions import START, TRANSITIONS, State, diagram

PROTOCOL = Path(__file__).parents[4] / "PROTOCOL.md"
BEGIN, END = "<!-- transitions:begin -->\n", "\n<!-- transitions:end -->"


def test_the_diagram_of_the_specification_is_made_from_the_table() -> None:
    text = PROTOCOL.read_text()
    assert text.count(BEGIN) == text.count(END) == 1
    assert text.partition(BEGIN)[2].partition(END)[0] == diagram()


def test_the_table_is_the_protocol_s() -> None:
    assert {(state.name, frame.name): after.name for (state, frame), after in TRANSITIONS.items()} == {
        ("EXPECT_M1", "M1"): "EXPECT_M3",
        ("EXPECT_M3", "M3"): "OPEN",
        ("EXPECT_M2", "M2"): "OPEN",
        ("OPEN", "RECORD"): "OPEN",
    }
    assert dict(START) == {"server": State.EXPECT_M1, "client": State.EXPECT_M2}


def test_a_state_awaits_one_frame_and_the_last_ones_none() -> None:
    for state in State:
        awaited = [frame for of, frame in TRANSITIONS if of is state]
        assert len(awaited) == (0 if state in (State.PEER_CLOSED, State.FAILED) else 1)


def test_the_table_is_frozen() -> None:
    with pytest.raises(TypeError):
        TRANSITIONS[State.EXPECT_M1, FrameType.RECORD] = State.OPEN  # type: ignore[index]
    with pytest.raises(TypeError):
        START["server"] = State.OPEN  # type: ignore[index]


def test_the_diagram_shows_every_state_and_every_way() -> None:
    lines = diagram().splitlines()
    assert lines[:2] == ["```mermaid", "stateDiagram-v2"]
    assert lines[-1] == "```"
    assert all(any(state in line for line in lines) for state in State)
    assert len(lines) == 3 + len(START) + len(TRANSITIONS) + 1 + len({state for state, _ in TRANSITIONS})
