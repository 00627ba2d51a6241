"""A plugin and what is around it: the module random, other processes, the import itself."""

import json
import random as mersenne  # noqa: TID251 - to see that nobody uses it
import subprocess
import sys
from typing import Any, NoReturn

from framework.contract.checks.generic.calls import calls, digest
from framework.contract.engine.child import environment
from framework.contract.engine.collection import checks_for
from framework.contract.engine.supervisor import Assignment, Supervisor
from framework.contract.inputs.drbg import Drbg
from framework.contract.model.cause import cause_left
from framework.contract.model.check import Layer, NotApplicable, check
from framework.contract.model.outcome import Verdict
from framework.contract.model.trial import Trial
from framework.contract.model.violation import TooSlow, Violation
from framework.kinds import KEY_EXCHANGE

PROBE_SECONDS = 60.0


@check(
    "GEN-31",
    "the module random is neither used nor disturbed",
    why="The Mersenne Twister gives its whole state away after 624 outputs.",
    precedent="SymPy PR #15825: Blum-Goldwasser on random.Random; CVE-2023-39910 (Milk Sad)",
    flaws=("Mersenne Twister as a source", "global random state reseeded"),
    forbids_waiver=True,
)
def module_random(trial: Trial) -> None:
    """Compare the module's state before and after; then let all its functions raise while the plugin works."""
    state = mersenne.getstate()
    _work(trial)
    if mersenne.getstate() != state:
        raise Violation("the state of the module random changes")
    names = ("random", "getrandbits", "randbytes", "randrange", "randint", "choice", "shuffle", "sample", "seed")
    saved = {name: getattr(mersenne, name) for name in names}
    methods = {name: getattr(mersenne.Random, name) for name in ("random", "getrandbits", "seed", "randbytes")}

    inherited = [name for name in methods if name not in vars(mersenne.Random)]

    def raises(*_: object, **__: object) -> NoReturn:
        raise _MersenneUsed

    try:
        for name in names:
            setattr(mersenne, name, raises)
        for name in methods:
            setattr(mersenne.Random, name, raises)
        _work(trial)
    except _MersenneUsed:
        raise Violation("the plugin uses the module random") from None
    finally:
        for name, function in saved.items():
            setattr(mersenne, name, function)
        for name, function in methods.items():
            if name in inherited:
                delattr(mersenne.Random, name)
            else:
                setattr(mersenne.Random, name, function)


class _MersenneUsed(BaseException):
    """Not an Exception, so that no plugin swallows it."""


def _work(trial: Trial) -> None:
    if trial.session.target.kind is KEY_EXCHANGE:
        pair = trial.kem.generate()
        trial.kem.encapsulate(pair.public_key)
    for call in calls(trial.session, Drbg("random")):
        call.function(*call.arguments)


@check(
    "GEN-41",
    "nothing changes under python -O",
    why="assert statements vanish under -O, and the checks that were written with them.",
    precedent="CWE-617; bandit B101",
    flaws=("validation by assert", "validation in __debug__"),
    forbids_waiver=True,
    processes=True,
)
def optimised(trial: Trial) -> None:
    """Run the checks that a plugin passes by refusing in a process with -O; what fails without it as well is theirs."""
    session = trial.session
    assignment = Assignment(session.target, session.seed, session.effort)
    usual = (sys.executable,)
    with (
        Supervisor(assignment, python=(*usual, "-O")) as supervisor,
        Supervisor(assignment, python=usual) as otherwise,
    ):
        refusing = [each for each in checks_for(session.target.kind) if each.refuses]
        for each in sorted(refusing, key=lambda each: each.layer is Layer.GENERIC):
            outcome = supervisor.run(each)
            if outcome.verdict is Verdict.ERROR:
                raise RuntimeError(f"{each.id} under -O: {outcome.note}")
            if outcome.finding is not None and outcome.finding.too_slow:
                raise TooSlow(f"under -O, {each.id}: {outcome.finding.what}")
            if outcome.finding is not None and otherwise.run(each).finding is None:
                raise Violation(f"under -O {each.id} fails: {outcome.finding.what}")


@check(
    "GEN-42",
    "results do not depend on hash seed, locale, time zone, directory or flags",
    why="Both sides of a channel run elsewhere: what depends on the machine does not open there.",
    precedent="the order of a set of str, which PYTHONHASHSEED decides",
    flaws=("output depends on PYTHONHASHSEED", "output depends on the environment", "warning under -W error"),
    processes=True,
)
def environments(trial: Trial) -> None:
    """Compute the same in processes with each of these changed, and compare hashes."""
    wanted = digest(trial.session, "environments")
    for flags, changes in (
        ((), {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "Pacific/Kiritimati"}),
        (("-bb", "-W", "error", "-X", "dev"), {"PYTHONHASHSEED": "4242", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}),
        (("-OO",), {"PYTHONHASHSEED": "0", "HOME": "/nowhere"}),
    ):
        found = probe(trial, "digest", *flags, **changes)
        if found != wanted:
            raise Violation("another result comes out in another environment", flags=flags, environment=str(changes))


@check(
    "GEN-43",
    "importing a plugin does nothing but define",
    why="A plugin is imported where nobody watches; what it does then it does with the application's rights.",
    precedent="event-stream (2018) and many since; monkey-patching of hashlib or ssl",
    flaws=("files, network or processes at import", "patches other modules", "global settings changed", "slow import"),
    processes=True,
)
def import_effects(trial: Trial) -> None:
    """Import it in a fresh process under an audit hook, and compare the process before and after."""
    found = probe(trial, "import")
    if found:
        raise Violation(f"importing the plugin {found[0]}", all=tuple(found))


@check(
    "GEN-45",
    "a plugin at work touches nothing but its arguments",
    why="A key that is written to a file outlives everything; a setting of the process is everybody's.",
    precedent="CWE-377 and CWE-532: secrets in temporary files and logs",
    flaws=("files, network or processes in a call", "key kept on disk", "global settings changed in a call"),
    forbids_waiver=True,
    processes=True,
)
def effects_at_work(trial: Trial) -> None:
    """Make every call in a fresh process under an audit hook, and compare the process before and after."""
    found = probe(trial, "work")
    if found:
        raise Violation(f"the plugin at work {found[0]}", all=tuple(found))


@check(
    "GEN-44",
    "randomness is fresh in every process, also after fork",
    why="Two processes with one random state make the same keys.",
    precedent="CVE-2013-1445 (PyCrypto), CVE-2019-1549 (OpenSSL): state that survives fork",
    flaws=("random state survives fork", "randomness seeded from time or process id"),
    forbids_waiver=True,
    processes=True,
)
def fresh_processes(trial: Trial) -> None:
    """Encapsulate and make keys in two processes and in the forked children of each."""
    if trial.session.target.kind is not KEY_EXCHANGE:
        raise NotApplicable("only a key exchange draws randomness")
    outputs = [*probe(trial, "fresh"), *probe(trial, "fresh")]
    if len(set(outputs)) < len(outputs):
        raise Violation("two processes make the same keys or encapsulations")


def probe(trial: Trial, what: str, *flags: str, **changes: str) -> Any:
    """Ask a fresh process. What it says on standard error is the kit's, not the plugin's, to explain."""
    command = [
        sys.executable,
        *flags,
        "-P",
        "-m",
        "framework.contract.checks.generic.probe",
        what,
        trial.session.target.to_json(),
        trial.session.seed,
    ]
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreter and module
            command, env=environment(**changes), capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise TooSlow(f"a process that uses the plugin did not end within {PROBE_SECONDS:g} s") from None
    lines = ended.stdout.splitlines()
    if ended.returncode or not lines:
        last = (ended.stderr.strip().splitlines() or ["no output"])[-1]
        violation = Violation(f"in a process with {' '.join(flags) or 'no flags'} the plugin fails: {last}")
        violation.cause = cause_left(ended.stderr)
        raise violation
    return json.loads(lines[-1])
