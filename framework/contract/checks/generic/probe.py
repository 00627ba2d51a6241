"""What is asked of a fresh process: a digest of results, the effects of importing, fresh randomness after fork.

Gives one line of JSON, the last on standard output.
"""

import gc
import json
import locale
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from framework.contract.model.target import Target

SECONDS_TO_IMPORT = 5.0
SECONDS_TO_END = 5.0
"""A thread that the plugin began may end by itself within this time. What it does until then is watched."""

WRITING = ("w", "a", "x", "+")
WATCHED = (
    "socket.connect",
    "socket.bind",
    "subprocess.Popen",
    "os.system",
    "os.fork",
    "os.exec",
    "os.remove",
    "os.rename",
)
GUARDED = (
    *("builtins", "hashlib", "hmac", "secrets", "os", "ssl", "random"),
    *("framework", "framework.info", "framework.secret"),
    *(f"framework.kinds.{kind}" for kind in ("key_exchange", "bulk_cipher", "mac", "aead")),
)


def effects(target: Target, seed: str | None = None) -> list[str]:
    """Import the plugin, or with a seed use it when it is imported, and tell what else happened."""
    import hashlib  # noqa: F401 - to be there before, and looked at after
    import hmac  # noqa: F401
    import random as _  # noqa: F401, TID251
    import secrets  # noqa: F401

    found: list[str] = []
    watching = True

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        if not watching:
            return
        if "__pycache__" in str(arguments[:1]):
            return
        if event == "open" and (any(sign in str(arguments[1]) for sign in WRITING) or _writes(arguments[2])):
            found.append("writes to a file")
        if event in WATCHED:
            found.append(f"does {event}")

    action: Callable[[], object] = target.primitive if seed is None else _work(target, seed)
    sys.addaudithook(audit)
    before, threads, begin = _snapshot(), threading.enumerate(), time.perf_counter()
    action()
    seconds = time.perf_counter() - begin
    _let_end(thread for thread in threading.enumerate() if thread not in threads)
    watching = False
    after = _snapshot()
    found += [f"changes {name}" for name in before if before[name] != after[name]]
    if seconds > SECONDS_TO_IMPORT:
        found.append(f"takes {seconds:.1f} s")
    return found


def _let_end(threads: Iterable[threading.Thread]) -> None:
    end = time.perf_counter() + SECONDS_TO_END
    for thread in threads:
        thread.join(max(0.0, end - time.perf_counter()))


def _writes(flags: object) -> bool:
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))


def _work(target: Target, seed: str) -> Callable[[], object]:
    """All calls, once made before: what is imported late is then there."""
    from framework.contract.checks.generic.calls import digest
    from framework.contract.model.trial import Effort, Session
    from framework.registry import load_registry

    session = Session.begin(target, seed, Effort.QUICK, load_registry(installed=[]))
    return lambda: digest(session, "work")


def _snapshot() -> dict[str, Any]:
    import random  # noqa: TID251

    names = {name: _functions(name) for name in GUARDED}
    return {
        **{f"functions of {name}": functions for name, functions in names.items()},
        "the threads": threading.active_count(),
        "the state of random": random.getstate(),
        "the environment": dict(os.environ),
        "sys.path": list(sys.path),
        "the directory": str(os.getcwd()),  # noqa: PTH109
        "the locale": locale.setlocale(locale.LC_ALL),
        "the recursion limit": sys.getrecursionlimit(),
        "the switch interval": sys.getswitchinterval(),
        "the garbage collector": gc.isenabled(),
        "standard output": (id(sys.stdout), id(sys.stderr)),
        "sys.excepthook": (sys.excepthook, sys.gettrace(), sys.getprofile()),
        "the signal handlers": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)],
        "the limit of int to str": sys.get_int_max_str_digits(),
    }


def _functions(name: str) -> dict[str, int]:
    module = import_module(name)
    return {key: id(value) for key, value in vars(module).items() if callable(value) and not key.startswith("_")}


def fresh(target: Target) -> list[str]:
    """Outputs of the default randomness, of this process and of two forked ones."""
    primitive = target.primitive()
    known = primitive.generate_key_pair()

    def outputs() -> list[str]:
        sent = primitive.encapsulate(known.public_key)
        pair = primitive.generate_key_pair()
        return [sent.ciphertext.hex()[:128], pair.public_key.hex()[:128]]

    warm = outputs()
    children = [_in_child(outputs) for _ in range(2)]
    return [*warm, *outputs(), *(line for child in children for line in child)]


def _in_child(function: Any) -> list[str]:
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, json.dumps(function()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        lines: list[str] = json.loads(stream.read())
    os.wait()
    return lines


def main() -> None:
    """Answer one question, named by the first argument, about the target in the second; the third is a seed."""
    what, target = sys.argv[1], Target.from_json(sys.argv[2])
    answer: Any
    if what == "import":
        answer = effects(target)
    elif what == "work":
        answer = effects(target, sys.argv[3])
    elif what == "fresh":
        answer = fresh(target)
    else:
        from framework.contract.checks.generic.calls import digest
        from framework.contract.model.trial import Effort, Session
        from framework.registry import load_registry

        nobody = load_registry(installed=[])
        answer = digest(Session.begin(target, sys.argv[3], Effort.QUICK, nobody), "environments")
    print(json.dumps(answer))  # noqa: T201 - the protocol of this pipe


if __name__ == "__main__":
    main()
