"""The two computations that the vectors hold against each other."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def reference() -> ModuleType:
    """The second implementation, `reference.py`."""
    spec = importlib.util.spec_from_file_location("bg_kem_1_reference", HERE / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def vectors() -> dict[str, list[dict[str, Any]]]:
    """The keys of each parameter set, with their ciphertexts."""
    loaded: dict[str, list[dict[str, Any]]] = json.loads((HERE / "bg_kem_1.json").read_text())
    return loaded
