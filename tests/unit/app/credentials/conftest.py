"""A known-banks file that is not there yet."""

from pathlib import Path

import pytest

from app.credentials.known_banks import KnownBanks


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "known_banks"


@pytest.fixture
def known(path: Path) -> KnownBanks:
    return KnownBanks(path)
