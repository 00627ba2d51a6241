"""A file is one idea, and no longer than can be read at one go."""

from tests.house.sources import PRODUCT, name_of, python_files

LONGEST_SOURCE, LONGEST_TEST = 250, 400
"""Lines."""


def longer_than(limit: int, *folders: str) -> dict[str, int]:
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in python_files(*folders)}
    return {name: length for name, length in lengths.items() if length > limit}


def test_no_source_is_long() -> None:
    assert longer_than(LONGEST_SOURCE, *PRODUCT) == {}


def test_no_test_is_long() -> None:
    assert longer_than(LONGEST_TEST, "tests", "tools") == {}


def test_a_long_file_would_be_found() -> None:
    assert longer_than(100, "tests/house")
