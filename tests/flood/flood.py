"""A bank, a flood, and honest ATMs that must be served; what came of it, and what should have."""

import asyncio
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from framework import Suite, load_registry
from tests.e2e.programs import ROOT
from tests.flood.atm import Atm, key_pairs
from tests.flood.bank import FloodedBank
from tests.flood.plan import Plan

MAX_SECONDS = 2.0
"""Within which an honest ATM is served, from its connect on."""

MAX_LOG_BYTES = 1_000_000
MAX_GROWTH = 64 * 1024 * 1024
"""Bytes by which the bank may grow: 2,000 connections at 16 KiB, and twice that."""

MAX_END_SECONDS = 5.0

REST_SECONDS = 1.5
MAX_RESTS = 8
"""A bank that used no processor time for so long is at rest; it is waited for that often."""

SETTLING_SECONDS = 1.0
"""The flood is at its height after that."""


@dataclass
class Outcome:
    """What was seen."""

    atms: list[Atm]
    flood: str = ""
    log_bytes: int = 0
    grown: int = 0
    cpu_seconds: float = 0.0
    end_seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """For a person."""
        said = [f"flood: {self.flood}"]
        for atm in self.atms:
            served = sorted(atm.seconds) or [float("nan")]
            times = f"median {served[len(served) // 2]:.3f} s, worst {served[-1]:.3f} s"
            said.append(
                f"ATM {atm.name}: served {len(atm.seconds)} times, {times}; not served {len(atm.failures)} times"
            )
            said += [f"    {failure}" for failure in atm.failures[:5]]
        said.append(
            f"bank: {self.cpu_seconds:.1f} s of processor time, {self.grown / 2**20:.1f} MiB more memory at most,"
        )
        said.append(f"      {self.log_bytes} bytes of log, ended {self.end_seconds:.2f} s after SIGTERM")
        return said + [f"FAULT: {fault}" for fault in self.faults]

    def judge(self) -> None:
        """Find what should not be."""
        for atm in self.atms:
            if atm.failures or not atm.seconds:
                self.faults.append(f"ATM {atm.name} was not served {len(atm.failures)} times")
            if max(atm.seconds, default=0) > MAX_SECONDS:
                self.faults.append(f"ATM {atm.name} waited for {max(atm.seconds):.2f} s")
        for what, value, limit in (
            ("bytes of log", self.log_bytes, MAX_LOG_BYTES),
            ("bytes of memory", self.grown, MAX_GROWTH),
            ("seconds from SIGTERM to the end", self.end_seconds, MAX_END_SECONDS),
        ):
            if value > limit:
                self.faults.append(f"{value} {what}, of at most {limit}")


async def flooded(
    folder: Path, plan: Plan, *, suite: str, full_pipe: bool = False, descriptors: int | None = None
) -> Outcome:
    """Flood a bank, end it in the middle of that, and give what was seen. The folder is a new one for its files."""
    parsed = Suite.parse(suite, load_registry())
    with FloodedBank(folder, suite, full_pipe=full_pipe, descriptors=descriptors) as bank:
        ephemerals = key_pairs(parsed)
        places = {"apart": "127.0.0.1", "behind the flood": plan.sources[0]}
        outcome = Outcome(
            [
                Atm(name, source, bank.address, parsed, bank.public_key, bank.account(f"atm-{number}"), ephemerals)
                for number, (name, source) in enumerate(places.items())
            ]
        )
        for atm in outcome.atms:
            await atm.visit()  # so that everything is compiled and loaded
            atm.seconds.clear()
        await _at_rest(bank)
        before = bank.memory()
        attacker = _attacker(bank, suite, plan)
        try:
            await asyncio.to_thread(_let_loose, attacker)
            await asyncio.sleep(SETTLING_SECONDS)
            await asyncio.gather(*(atm.visit_for(plan.seconds - 2 * SETTLING_SECONDS) for atm in outcome.atms))
            outcome.cpu_seconds = bank.used_cpu_seconds()
            outcome.grown = bank.most_memory() - before
            outcome.end_seconds = await asyncio.to_thread(bank.end)
        finally:
            attacker.kill()
            said, _ = attacker.communicate()
        seconds, made, opened = map(int, said.decode().splitlines()[-1].split())
        outcome.flood = f"{made / seconds:.0f} connections a second, {opened / seconds:.0f} of them whole handshakes"
        outcome.log_bytes = bank.log_bytes
    outcome.judge()
    return outcome


async def _at_rest(bank: FloodedBank) -> None:
    """Wait until it does nothing: what a plugin brings in the background for its first user is there then."""
    used = None
    for _ in range(MAX_RESTS):
        if used == (used := bank.cpu_seconds()):
            return
        await asyncio.sleep(REST_SECONDS)


def _attacker(bank: FloodedBank, suite: str, plan: Plan) -> "subprocess.Popen[bytes]":
    host, port = bank.address
    command = [sys.executable, "-m", "tests.flood.attacker", host, str(port), suite, bank.public_key.hex()]
    pipe = subprocess.PIPE
    return subprocess.Popen([*command, *plan.arguments()], cwd=ROOT, stdin=pipe, stdout=pipe)


def _let_loose(attacker: "subprocess.Popen[bytes]") -> None:
    """Wait until it is ready, and let it begin."""
    if attacker.stdout is None or attacker.stdin is None or attacker.stdout.readline() != b"ready\n":
        raise RuntimeError("the attacker does not begin")
    attacker.stdin.close()
    attacker.stdin = None
