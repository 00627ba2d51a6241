"""The round keys, and the free complements of the circuits in them."""

import pickle
import secrets
from types import ModuleType

import pytest

from plugins.des3.bitarray_engine import circuit_folding
from plugins.des3.key_schedule import CircuitFolding, KeySchedule, round_keys

NO_FOLDING = CircuitFolding(rounds=(0,) * 48, output=bytes(64))


@pytest.mark.parametrize("key", [bytes(24), b"\xff" * 24, bytes(range(24)), bytes(range(250, 10, -10))])
def test_round_keys_are_the_textbooks(key: bytes, textbook: ModuleType) -> None:
    first, second, third = (textbook.round_keys(key[start : start + 8]) for start in (0, 8, 16))
    assert [list(bits) for bits in round_keys(key)] == [*first, *second[::-1], *third]


def test_without_folding_the_schedule_is_the_round_keys() -> None:
    key = secrets.token_bytes(24)
    assert list(KeySchedule.of(key, NO_FOLDING).rounds) == round_keys(key)


def test_folding_is_independent_of_the_key() -> None:
    keys = [secrets.token_bytes(24) for _ in range(3)]
    differences = {
        tuple(
            int.from_bytes(folded, "big") ^ int.from_bytes(plain, "big")
            for folded, plain in zip(KeySchedule.of(key, circuit_folding()).rounds, round_keys(key), strict=True)
        )
        for key in keys
    }
    assert differences == {circuit_folding().rounds}


def test_a_schedule_shows_and_gives_away_nothing() -> None:
    schedule = KeySchedule.of(bytes(range(24)), NO_FOLDING)
    assert repr(schedule) == "KeySchedule(48 rounds)"
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(schedule)
