"""Where secrets must not show: descriptions, pickles, exceptions, output, what is left behind."""

import contextlib
import gc
import io
import logging
import pickle
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator

from framework.contract.checks.generic.calls import calls, keyed_objects, shows
from framework.contract.inputs.drbg import Drbg
from framework.contract.inputs.forgeries import flipped
from framework.contract.model.check import NotApplicable, check
from framework.contract.model.trial import Trial
from framework.contract.model.violation import Violation
from framework.kinds import BULK_CIPHER, KEY_EXCHANGE

LOGS = "Logs and crash reports are read by many, kept for years, and sent to third parties."


@check(
    "GEN-21",
    "no description of an object shows its key",
    why=LOGS,
    precedent="passwords in the logs of Twitter and GitHub, 2018",
    flaws=("key in repr or str", "hash derived from the key", "key in the documentation string"),
    forbids_waiver=True,
)
def descriptions(trial: Trial) -> None:
    """Look for the key, in a dozen ways of writing it, in repr, str, format and hash of what holds it."""
    _no_pairs_shown(trial)
    for keyed in keyed_objects(trial.session, trial.rng):
        made = keyed.make(*keyed.arguments)
        for name, text in (("repr", repr(made)), ("str", str(made)), ("format", f"{made}"), ("doc", str(made.__doc__))):
            if shows(text, keyed.arguments[0]):
                raise Violation(f"{name} of the {keyed.name} shows the key", text=text)
        try:
            same = hash(made) in (hash(keyed.arguments[0]), hash(keyed.arguments))
        except TypeError:
            same = False
        if same:
            raise Violation(f"the hash of the {keyed.name} is the hash of its key")


def _no_pairs_shown(trial: Trial) -> None:
    if trial.session.target.kind is not KEY_EXCHANGE:
        return
    pair = trial.session.pairs(1)[0]
    trial.primitive.decapsulate(pair.private_key, bytes(trial.primitive.ciphertext_size))
    sent = trial.primitive.encapsulate(pair.public_key)
    for name, value, secret in (
        ("the key pair", trial.kem.generate(Drbg(f"{trial.session.seed} pair 0").bytes), pair.private_key),
        ("the encapsulation", sent, sent.shared_secret),
        ("the plugin", trial.primitive, pair.private_key),
        ("the plugin's attributes", vars(trial.primitive), pair.private_key),
    ):
        for way, text in (
            ("repr", repr(value)),
            ("str", str(value)),
            ("format", f"{value}"),
            ("doc", str(value.__doc__)),
        ):
            if shows(text, secret):
                raise Violation(f"{way} of {name} shows a secret", text=text)


@check(
    "GEN-22",
    "no pickle carries a key",
    why="A pickle goes to caches, queues and other machines, and the key with it.",
    precedent="CWE-502 and CWE-522; multiprocessing pickles what it is given",
    flaws=("key pickled", "key in a subclass of KeyPair"),
    forbids_waiver=True,
)
def pickles(trial: Trial) -> None:
    """Pickle what holds a key, in all protocols: it must fail, or carry nothing of the key."""
    objects: list[tuple[str, Callable[[], object], bytes]] = [
        (keyed.name, lambda keyed=keyed: keyed.make(*keyed.arguments), keyed.arguments[0])  # type: ignore[misc]
        for keyed in keyed_objects(trial.session, trial.rng)
    ]
    if trial.session.target.kind is KEY_EXCHANGE:
        pair = trial.session.pairs(1)[0]
        objects.append(
            ("key pair", lambda: trial.kem.generate(Drbg(f"{trial.session.seed} pair 0").bytes), pair.private_key)
        )
    for name, make, secret in objects:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            try:
                data = pickle.dumps(make(), protocol)
            except Exception:  # noqa: BLE001, S112 - any refusal will do
                continue
            if secret in data or secret[:16] in data or shows(data.decode("latin-1"), secret):
                raise Violation(f"a pickle of the {name} carries the key (protocol {protocol})")


@check(
    "GEN-23",
    "no exception shows a secret",
    why=LOGS,
    precedent="CWE-209; tracebacks sent to error trackers",
    flaws=("key or plaintext in an exception", "secret in the cause or the notes of an exception"),
    forbids_waiver=True,
)
def exceptions(trial: Trial) -> None:
    """Make every call fail, argument by argument, and look for its secrets in the whole chain of exceptions.

    The keys that are claimed to be weak are refused as well, and looked for in parts of 8 bytes.
    """
    if trial.session.target.kind is BULK_CIPHER:
        _weak_keys_told(trial)
    for call in calls(trial.session, trial.rng):
        secrets = [call.arguments[place] for place in call.secret]
        for place, argument in enumerate(call.arguments):
            for wrong in (argument + b"\0", argument[:-1], b"", None, "text", 7):
                given = [*call.arguments[:place], wrong, *call.arguments[place + 1 :]]
                try:
                    call.function(*given)
                except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
                    told = "".join(_told(error))
                    if any(shows(told, secret) for secret in [*secrets, *_of(place, call.secret, wrong)]):
                        raise Violation(f"an exception of {call.name} shows a secret", exception=type(error)) from None


def _weak_keys_told(trial: Trial) -> None:
    """Raise Violation if the refusal of a weak key shows 8 bytes of it, ignored bits cleared or not."""
    mask = b"".join(trial.vectors.claim_octets("ignored_key_bits"))
    for key in trial.vectors.claim_octets("weak_keys"):
        cleared = bytes(octet & ~ignored for octet, ignored in zip(key, mask.ljust(len(key), b"\0"), strict=False))
        parts = {each[at : at + 8] for each in (key, cleared) for at in range(0, len(key) - 7, 8)}
        try:
            trial.primitive.check_key(key)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
            told = "".join(_told(error))
            if any(shows(told, part) for part in parts if len(set(part)) > 2):
                raise Violation("the refusal of a weak key shows a part of the key", exception=type(error)) from None


def _of(place: int, secret: tuple[int, ...], wrong: object) -> list[bytes]:
    return [wrong] if place in secret and isinstance(wrong, bytes) and len(wrong) > 8 else []


def _told(error: BaseException) -> Iterator[str]:
    """All that an exception and what it carries say."""
    yield "".join(traceback.format_exception(error))
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return
        yield f"{seen!r} {seen.args!r} {vars(seen)!r} {getattr(seen, '__notes__', '')!r}"
        seen = seen.__cause__ or seen.__context__


@check(
    "GEN-24",
    "a plugin says nothing",
    why=LOGS,
    precedent="debug output left in",
    flaws=("prints", "logs", "warns", "secret in a log record"),
)
def silent(trial: Trial) -> None:
    """Make every call, and with each argument cut and changed, with output, logging and warnings caught."""
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    out = io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
            warnings.catch_warnings(record=True) as told,
        ):
            warnings.simplefilter("always")
            for call in calls(trial.session, trial.rng):
                call.function(*call.arguments)
                for place, argument in enumerate(call.arguments):
                    for wrong in (argument[:-1], flipped(argument, 3), flipped(argument, 8 * len(argument) - 1)):
                        with contextlib.suppress(Exception):
                            call.function(*call.arguments[:place], wrong, *call.arguments[place + 1 :])
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    said = out.getvalue() + " ".join(records) + " ".join(str(each.message) for each in told)
    if said:
        raise Violation("the plugin prints, logs or warns", said=said)


@check(
    "GEN-25",
    "keys are not left behind in memory",
    why="A cache of keys outlives every channel: the next core dump or bug that reads memory has them all.",
    precedent="CVE-2014-0160 (Heartbleed) read what had been left",
    flaws=("cache that keeps keys", "memory that grows with each key"),
    forbids_waiver=True,
)
def left_behind(trial: Trial) -> None:
    """Make and drop 64 keyed objects: neither may a reference to a key remain, nor may objects add up."""
    if trial.session.target.kind is KEY_EXCHANGE:
        pair = trial.session.pairs(1)[0]
        key = bytes(bytearray(pair.private_key))
        sent = bytes(trial.primitive.ciphertext_size)
        _held(lambda given: trial.primitive.decapsulate(given, sent), [key], "decapsulate")
        return
    objects = keyed_objects(trial.session, trial.rng)
    if not objects:
        raise NotApplicable("the plugin makes no object that holds a key")
    for keyed in objects:
        rest = keyed.arguments[1:]
        keys = [bytes(bytearray(_changed(keyed.arguments[0], number))) for number in range(64)]
        _held(lambda given, keyed=keyed, rest=rest: keyed.use(keyed.make(given, *rest)), keys, keyed.name)  # type: ignore[misc]


def _changed(key: bytes, number: int) -> bytes:
    return bytes([key[0] ^ number << 1 & 0xFE]) + key[1:]


def _held(function: Callable[[bytes], object], keys: list[bytes], name: str) -> None:
    function(bytes(bytearray(keys[0])))  # fills caches that have a right to be there
    gc.collect()
    before, references = len(gc.get_objects()), [sys.getrefcount(key) for key in keys]
    for place in range(len(keys)):
        function(keys[place])
    gc.collect()
    after = [sys.getrefcount(key) for key in keys]
    if sum(now > then for now, then in zip(after, references, strict=True)) > len(keys) // 2:
        raise Violation(f"{name}: references to keys remain after their objects are gone")
    grown = len(gc.get_objects()) - before
    if len(keys) > 1 and grown > len(keys):
        raise Violation(f"{name}: {grown} objects remain after {len(keys)} keys were used and dropped")
