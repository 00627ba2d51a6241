"""Folders, keys that are made once, and the check that nothing is left running."""

import contextlib
import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bank.data_directory import ledger_and_identity
from app.credentials.keystore import load_or_create
from framework import Suite
from framework.registry import Registry
from tests.e2e.programs import QUICK_SUITE, Programs, Town, WarmProgram, wait_until


@pytest.fixture(scope="session")
def warm_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmProgram]:
    """The program, imported once."""
    program = WarmProgram(tmp_path_factory.mktemp("warm"))
    yield program
    program.close()


@pytest.fixture
def programs(tmp_path: Path, warm_program: WarmProgram) -> Iterator[Programs]:
    """The programs in an empty folder; when the test is over none of them may be left, nor any child of theirs."""
    programs = Programs(tmp_path, uuid.uuid4().hex, warm_program)
    yield programs
    try:
        wait_until(lambda: not programs.left_behind())
    finally:
        for pid in programs.left_behind():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def kept_keys(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with an empty ledger, in which the bank's key for the quick suite is made."""
    data_dir = tmp_path_factory.mktemp("kept") / "bank"
    with ledger_and_identity(data_dir, may_replace=True):
        pass
    kex = Suite.parse(QUICK_SUITE, registry).key_exchange
    load_or_create(
        data_dir,
        QUICK_SUITE,
        kex.generate_key_pair,
        public_key_size=kex.public_key_size,
        private_key_size=kex.private_key_size,
    )
    return data_dir


@pytest.fixture
def town(programs: Programs, kept_keys: Path) -> Iterator[Town]:
    """A bank's data directory in the folder, and what can be done with it."""
    town = Town(programs, kept_keys)
    yield town
    town.close()
