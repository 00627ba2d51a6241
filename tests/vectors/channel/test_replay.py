"""Whole channels, byte for byte, against a second computation of PROTOCOL.md (`transcript.py`).

Each side is replayed against the vector alone, never against the other side of the framework.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from framework import Channel, HandshakeCompleted, KeyPair, MessageReceived, PeerClosed, Suite
from framework.limits import Limits
from framework.registry import Registry
from framework.transitions import State
from tests.vectors.channel.transcript import transcript

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("*.json"))


@pytest.fixture(scope="module", params=NAMES)
def vector(request: pytest.FixtureRequest) -> Any:
    return json.loads((HERE / f"{request.param}.json").read_text())


def suite_of(inputs: Any, registry: Registry) -> Suite:
    names = ("max_inner", "epoch_limit", "skew_ms", "pad_quantum")
    return Suite.parse(inputs["suite"], registry, Limits(**{name: inputs[name] for name in names}))


def drawing(values: list[str]) -> Callable[[int], bytes]:
    """Gives these values, in this order, and checks that each is asked for by its length."""
    left = [bytes.fromhex(value) for value in values]

    def random_bytes(count: int) -> bytes:
        value = left.pop(0)
        assert len(value) == count
        return value

    return random_bytes


def pair_of(inputs: Any, which: str) -> KeyPair:
    return KeyPair(bytes.fromhex(inputs[f"{which}_public"]), bytes.fromhex(inputs[f"{which}_private"]))


def new_client(inputs: Any, registry: Registry) -> Channel:
    return Channel.client(
        suite_of(inputs, registry),
        bytes.fromhex(inputs["static_public"]),
        now=inputs["times"][0],
        ephemeral=pair_of(inputs, "ephemeral"),
        application=inputs["application"],
        server_name=inputs["server_name"],
        random_bytes=drawing(inputs["client_draws"]),
    )


def new_server(inputs: Any, registry: Registry) -> Channel:
    return Channel.server(
        suite_of(inputs, registry),
        pair_of(inputs, "static"),
        now=inputs["times"][0],
        application=inputs["application"],
        server_name=inputs["server_name"],
        random_bytes=drawing(inputs["server_draws"]),
    )


def replay_records(side: str, channel: Channel, vector: Any) -> None:
    """Say this side's lines and compare; take the other side's as they stand in the vector."""
    for line in vector["out"]["records"]:
        now, wire = line["now"], bytes.fromhex("".join(line["frames"]))
        if line["from"] == side:
            if line["says"] == "data":
                channel.send(bytes.fromhex(line["data"]), now)
            else:
                channel.close(now)
            assert channel.data_to_send() == wire
        else:
            said = MessageReceived(bytes.fromhex(line["data"])) if line["says"] == "data" else PeerClosed()
            assert channel.receive_data(wire, now) == [said]
    assert channel.state is State.CLOSED
    assert channel.is_closed


def test_there_are_vectors_of_both_compositions_with_a_rekey_in_both_directions() -> None:
    assert NAMES == ["aead", "aead_rekey", "bank", "bank_rekey", "etm", "etm_rekey"]
    for name in ("aead_rekey", "bank_rekey", "etm_rekey"):
        assert min(json.loads((HERE / f"{name}.json").read_text())["out"]["epochs"].values()) >= 1


def test_the_second_computation_gives_the_committed_vectors(vector: Any) -> None:
    assert json.loads(json.dumps(transcript(vector["in"]))) == vector["out"]


def test_the_descriptor(vector: Any, registry: Registry) -> None:
    assert suite_of(vector["in"], registry).descriptor().hex() == vector["out"]["descriptor"]


def test_the_client(vector: Any, registry: Registry) -> None:
    inputs, out = vector["in"], vector["out"]
    client = new_client(inputs, registry)
    assert client.data_to_send().hex() == out["m1"]
    assert client.receive_data(bytes.fromhex(out["m2"]), inputs["times"][2]) == [HandshakeCompleted()]
    assert client.data_to_send().hex() == out["m3"]
    assert client.export("card", b"context", 48).hex() == out["exported"]
    replay_records("client", client, vector)


def test_the_server(vector: Any, registry: Registry) -> None:
    inputs, out = vector["in"], vector["out"]
    server = new_server(inputs, registry)
    assert server.data_to_send() == b""
    assert server.receive_data(bytes.fromhex(out["m1"]), inputs["times"][1]) == []
    assert server.data_to_send().hex() == out["m2"]
    assert server.receive_data(bytes.fromhex(out["m3"]), inputs["times"][2]) == [HandshakeCompleted()]
    assert server.data_to_send() == b""
    assert server.export("card", b"context", 48).hex() == out["exported"]
    replay_records("server", server, vector)


@pytest.mark.parametrize("changed", ["application", "server_name", "skew_ms", "max_inner", "epoch_limit"])
def test_a_server_that_is_configured_otherwise_opens_nothing(changed: str, registry: Registry) -> None:
    """PROTOCOL §3.2: what both sides configure enters the first hash."""
    vector = json.loads((HERE / "etm_rekey.json").read_text())
    other = {"application": "x", "server_name": "server", "skew_ms": 1, "max_inner": 480, "epoch_limit": 2048}
    server = new_server({**vector["in"], changed: other[changed]}, registry)
    [failed] = server.receive_data(bytes.fromhex(vector["out"]["m1"]), vector["in"]["times"][1])
    assert "authentication" in repr(failed)
    assert server.data_to_send() == b""
