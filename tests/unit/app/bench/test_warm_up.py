"""The warm-up of `bench channel`: a plugin's work in the background is over when the measuring begins."""

import importlib.util
import threading

import pytest

from app.bench.warm_up import warm_up
from framework import Registry, Suite, load_registry


@pytest.mark.skipif(importlib.util.find_spec("llvmlite") is None, reason="the fast engine needs llvmlite")
def test_what_the_first_stream_begins_is_over_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUITECASE_DES3_ENGINE", raising=False)
    begun = []

    class Noted(threading.Thread):
        def start(self) -> None:
            begun.append(self)
            super().start()

    monkeypatch.setattr("plugins.des3.kernel_loader.Thread", Noted)
    registry = load_registry()
    warm_up(Suite.parse("des3-bg-hmac", registry), registry)
    assert [(thread.name, thread.is_alive()) for thread in begun] == [("des3-kernel", False)]


def test_a_suite_with_an_aead_is_used_as_well(registry: Registry) -> None:
    warm_up(Suite.parse("aes256gcm-x25519", registry), registry)
