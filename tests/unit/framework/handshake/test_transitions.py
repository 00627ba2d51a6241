"""The table of transitions, and the diagram that PROTOCOL.md shows of it (PROTOCOL §7)."""

from pathlib import Path

import pytest

from framework.transitions import (
    AWAITING_M1,
    AWAITING_M3,
    EXPECTED,
    SAID_CLOSE,
    SENDING,
    START,
    TRANSITIONS,
    Input,
    State,
    diagram,
)

PROTOCOL = Path(__file__).parents[4] / "PROTOCOL.md"
BEGIN, END = "<!-- transitions:begin -->\n", "\n<!-- transitions:end -->"


def test_the_diagram_of_the_specification_is_made_from_the_table() -> None:
    text = PROTOCOL.read_text()
    assert text.count(BEGIN) == text.count(END) == 1
    assert text.partition(BEGIN)[2].partition(END)[0] == diagram()


def test_the_table_is_the_protocol_s() -> None:
    assert {(state.name, entered.name): after.name for (state, entered), after in TRANSITIONS.items()} == {
        ("EXPECT_M1", "M1"): "EXPECT_M3",
        ("EXPECT_M3", "M3"): "OPEN",
        ("EXPECT_M2", "M2"): "OPEN",
        ("EXPECT_M1", "CLOSE"): "CLOSE_AFTER_M1",
        ("EXPECT_M2", "CLOSE"): "CLOSE_AFTER_M2",
        ("EXPECT_M3", "CLOSE"): "CLOSE_AFTER_M3",
        ("CLOSE_AFTER_M1", "M1"): "CLOSE_AFTER_M3",
        ("CLOSE_AFTER_M3", "M3"): "CLOSING",
        ("CLOSE_AFTER_M2", "M2"): "CLOSING",
        ("OPEN", "RECORD"): "OPEN",
        ("OPEN", "CLOSE"): "CLOSING",
        ("OPEN", "CLOSE_NOTIFY"): "PEER_CLOSED",
        ("CLOSING", "RECORD"): "CLOSING",
        ("CLOSING", "CLOSE_NOTIFY"): "CLOSED",
        ("PEER_CLOSED", "CLOSE"): "CLOSED",
        ("PEER_CLOSED", "BYTES"): "PEER_CLOSED",
        ("PEER_CLOSED", "END"): "PEER_CLOSED",
        ("CLOSED", "BYTES"): "CLOSED",
        ("CLOSED", "END"): "CLOSED",
    }
    assert dict(START) == {"server": State.EXPECT_M1, "client": State.EXPECT_M2}


def test_a_state_awaits_one_type_of_frame_and_the_last_ones_none() -> None:
    last = {State.PEER_CLOSED, State.CLOSED, State.FAILED}
    assert set(EXPECTED) == set(State) - last
    for state in EXPECTED:
        entered = {each for of, each in TRANSITIONS if of is state} & {Input.M1, Input.M2, Input.M3, Input.RECORD}
        assert [EXPECTED[state].name] == [each.name for each in entered]


def test_what_is_asked_of_a_state_is_read_off_the_table() -> None:
    said = {"CLOSE_AFTER_M1", "CLOSE_AFTER_M2", "CLOSE_AFTER_M3", "CLOSING", "CLOSED"}
    assert {state.name for state in SAID_CLOSE} == said
    assert not any((state, Input.CLOSE) in TRANSITIONS for state in SAID_CLOSE)
    assert {state.name for state in SENDING} == {"OPEN", "PEER_CLOSED"}
    assert {state.name for state in AWAITING_M1} == {"EXPECT_M1", "CLOSE_AFTER_M1"}
    assert {state.name for state in AWAITING_M3} == {"EXPECT_M3", "CLOSE_AFTER_M3"}


def test_every_state_can_be_reached_and_a_failed_one_cannot_be_left() -> None:
    reached, before = set(START.values()), set[State]()
    while reached != before:
        before = set(reached)
        reached |= {after for (state, _), after in TRANSITIONS.items() if state in reached}
    assert reached == set(State) - {State.FAILED}
    assert not any(state is State.FAILED for state, _ in TRANSITIONS)


def test_the_table_is_frozen() -> None:
    with pytest.raises(TypeError):
        TRANSITIONS[State.EXPECT_M1, Input.RECORD] = State.OPEN  # type: ignore[index]
    with pytest.raises(TypeError):
        START["server"] = State.OPEN  # type: ignore[index]


def test_the_diagram_shows_every_state_and_every_way() -> None:
    lines = diagram().splitlines()
    assert lines[:2] == ["```mermaid", "stateDiagram-v2"]
    assert lines[-1] == "```"
    assert all(any(state in line for line in lines) for state in State)
    assert len(lines) == 3 + len(START) + len(TRANSITIONS) + len(State) - 1
