"""Ephemeral key pairs made ahead: each given out once, whoever asks, and nobody waits for ever."""

import multiprocessing
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from framework import KeyPair, PluginError, RandomBytes
from framework.aio.pool import EphemeralPool
from framework.kinds.key_exchange import GuardedKeyExchange
from tests.support.peers import X25519Kem


class Slow(X25519Kem):
    """Makes a key pair when it is allowed to, and counts; fails when told to."""

    def __init__(self) -> None:
        self.made = 0
        self.allowed = threading.Semaphore(0)
        self.failures = 0

    def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
        assert self.allowed.acquire(timeout=30)
        self.made += 1
        if self.failures:
            self.failures -= 1
            raise ValueError("no entropy")
        return super().generate_key_pair(random_bytes=random_bytes)

    def allow(self, count: int) -> None:
        for _ in range(count):
            self.allowed.release()


@contextmanager
def pool_of(kem: Any, size: int = 2) -> Iterator[EphemeralPool]:
    pool = EphemeralPool(GuardedKeyExchange(kem, "p"), size)
    try:
        yield pool
    finally:
        if isinstance(kem, Slow):
            kem.allow(100)
        pool.close()


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def in_thread(call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    results: list[object] = []

    def run() -> None:
        try:
            results.append(call())
        except PluginError as error:
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, results


def joined(thread: threading.Thread) -> None:
    thread.join(10)
    assert not thread.is_alive(), "somebody waits for ever"


def test_each_key_pair_is_given_out_once_across_threads() -> None:
    """Raccoon's lesson (CVE-2020-1968): an ephemeral key is used once."""
    with pool_of(X25519Kem()) as pool, ThreadPoolExecutor(8) as executor:
        taken = list(executor.map(lambda _: pool.take(), range(200)))
    assert len({pair.private_key for pair in taken}) == 200
    assert len({pair.public_key for pair in taken}) == 200


def test_it_keeps_so_many_ready_and_no_more() -> None:
    kem = Slow()
    with pool_of(kem, size=3) as pool:
        kem.allow(50)
        eventually(lambda: kem.made == 3)
        time.sleep(0.05)
        assert kem.made == 3
        pool.take()
        eventually(lambda: kem.made == 4)


def test_taking_waits_for_a_key_pair() -> None:
    kem = Slow()
    with pool_of(kem) as pool:
        thread, results = in_thread(pool.take)
        time.sleep(0.05)
        assert results == []
        kem.allow(1)
        joined(thread)
        assert isinstance(results[0], KeyPair)


def test_a_plugin_s_error_reaches_everybody_who_takes() -> None:
    """And not the first alone, while the others wait for ever."""
    kem = Slow()
    kem.failures = 10**6
    kem.allow(10**4)
    with pool_of(kem) as pool:
        for _ in range(5):
            thread, results = in_thread(pool.take)
            joined(thread)
            assert isinstance(results[0], PluginError)
            assert "generate_key_pair raised ValueError" in str(results[0])


def test_a_plugin_that_recovers_is_used_again() -> None:
    kem = Slow()
    kem.failures = 1
    kem.allow(100)
    with pool_of(kem) as pool:
        results = []
        for _ in range(3):
            thread, result = in_thread(pool.take)
            joined(thread)
            results += result
        assert sorted(type(result).__name__ for result in results) == ["KeyPair", "KeyPair", "PluginError"]


def test_a_closed_pool_makes_key_pairs_on_demand_and_forgets_its_own() -> None:
    with pool_of(X25519Kem()) as pool:
        eventually(lambda: len(pool._ready) == 2)
        kept = [pair for pair in pool._ready if isinstance(pair, KeyPair)]
        pool.close()
        pool.close()
        later = [pool.take() for _ in range(4)]
        assert not {pair.private_key for pair in kept} & {pair.private_key for pair in later}
        assert not pool._ready


def test_closing_wakes_everybody_who_waits() -> None:
    kem = Slow()
    with pool_of(kem) as pool:
        waiting = [in_thread(pool.take) for _ in range(5)]
        time.sleep(0.02)
        pool.close()
        kem.allow(100)
        for thread, results in waiting:
            joined(thread)
            assert isinstance(results[0], KeyPair)
        assert len({results[0].private_key for _, results in waiting}) == 5  # type: ignore[attr-defined]


def test_a_closed_pool_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    with pool_of(X25519Kem()) as pool:
        pool.take()
        pool.close()
        eventually(lambda: threading.active_count() == before)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_plugin_that_ends_its_thread_keeps_nobody_waiting() -> None:
    class Exiting(X25519Kem):
        def generate_key_pair(self, *, random_bytes: RandomBytes = secrets.token_bytes) -> KeyPair:
            if threading.current_thread().name == "ephemeral-keys":
                raise KeyboardInterrupt  # what the guard lets pass
            return super().generate_key_pair(random_bytes=random_bytes)

    with pool_of(Exiting()) as pool:
        thread, results = in_thread(pool.take)
        joined(thread)
        assert isinstance(results[0], KeyPair)
        eventually(lambda: not [thread for thread in threading.enumerate() if thread.name == "ephemeral-keys"])


def take_in_child(pool: EphemeralPool, results: Any) -> None:
    results.put([pool.take().private_key for _ in range(3)])
    pool.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_gives_out_none_of_its_parent_s() -> None:
    """CVE-2013-1445's class: what is made ahead is copied by a fork."""
    with pool_of(X25519Kem(), size=4) as pool:
        eventually(lambda: len(pool._ready) == 4)
        context = multiprocessing.get_context("fork")
        results = context.SimpleQueue()
        child = context.Process(target=take_in_child, args=(pool, results))
        child.start()
        in_child = results.get()
        child.join(10)
        assert child.exitcode == 0
        in_parent = [pool.take().private_key for _ in range(6)]
    assert len(set(in_child + in_parent)) == 9


def test_what_a_fork_does_is_done_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock may have been held by the parent's thread at that moment, and nobody releases it in the child."""
    with pool_of(X25519Kem()) as pool:
        eventually(lambda: len(pool._ready) == 2)
        kept = {pair.private_key for pair in pool._ready if isinstance(pair, KeyPair)}
        with pool._changed, monkeypatch.context() as patched:
            patched.setattr(os, "getpid", lambda: -1)
            thread, results = in_thread(pool.take)
            joined(thread)
            assert isinstance(results[0], KeyPair)
            assert results[0].private_key not in kept
            thread, _ = in_thread(pool.close)
            joined(thread)
        assert not pool._ready
