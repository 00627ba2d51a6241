"""`bench cipher`: a bulk cipher's speed against the size of a record, beside OpenSSL and PyCryptodome.

Every contender encrypts the same records for the same time in the same run, one after the other, and is compared with
the peer's measurement next to it: machines change their speed while one measures.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC

from app.bench.figures import Figure, figure
from app.bench.progress import PeerMissing, Progress
from app.system.errors import InputError
from framework import BulkCipher, ConfigurationError, InvalidKeyError, load_registry

SIZES: Final = (64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304)
"""Bytes of a record."""

PEER: Final = "OpenSSL des-ede3-cbc"
PYCRYPTODOME: Final = "PyCryptodome DES3 CTR"
ENGINE_VARIABLE: Final = "SUITECASE_DES3_ENGINE"
ENGINES: Final = ("bitarray", "numba")

SMALL_RECORD: Final = 256
"""Bytes: every message of the bank."""

Encrypt = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Contender:
    """Something that encrypts: `start` gives a fresh key's `encrypt`, good for `limit` bytes."""

    name: str
    start: Callable[[], Encrypt]
    limit: int


def contenders(progress: Progress) -> list[Contender]:
    """The engines of Triple DES that are installed, and the peers; the first peer is always OpenSSL."""
    peers, engines = [_openssl()], []
    try:
        peers.append(_pycryptodome())
    except PeerMissing as why:
        progress.without(PYCRYPTODOME, why)
    for engine in ENGINES:
        try:
            engines.append(_engine(engine))
        except PeerMissing as why:
            progress.without(f"des3/{engine}", why)
    if not engines:
        raise InputError("No engine of Triple DES is installed; `plugins` says why.")
    return [*peers, *engines]


def measure(runs: int, seconds: float, progress: Progress) -> list[Figure]:
    """Measure every size `runs` times, each contender for `seconds` at a time, and the two costs of a small record."""
    figures: list[Figure] = []
    field = contenders(progress)
    for size in SIZES:
        progress.measuring(f"records of {size} bytes")
        record = secrets.token_bytes(size)
        speeds: dict[str, list[float]] = {contender.name: [] for contender in field}
        for _ in range(runs):
            for contender in field:
                speeds[contender.name].append(_speed(contender, record, seconds))
        for contender in field:
            peer = None if contender.name == PEER else PEER
            name = f"{contender.name}, {size} B"
            figures.append(figure(name, speeds[contender.name], "MB/s", peer, speeds[PEER]))
    for title, cost in (("steady 256-byte record", _steady_cost), ("first record under a new key", _first_cost)):
        progress.measuring(title)
        times: dict[str, list[float]] = {contender.name: [] for contender in field}
        for _ in range(runs):
            for contender in field:
                times[contender.name].append(cost(contender, seconds))
        for contender in field:
            peer = None if contender.name == PEER else PEER
            figures.append(figure(f"{contender.name}, {title}", times[contender.name], "µs", peer, times[PEER]))
    return figures


def _speed(contender: Contender, record: bytes, seconds: float) -> float:
    """Megabytes a second over at least `seconds`, new keys included wherever the limit of one is reached."""
    records_a_key = contender.limit // len(record)
    done = 0
    encrypt = contender.start()
    encrypt(record)  # what is made ahead for the first record is made before the clock starts
    left = records_a_key - 1
    begin = time.perf_counter()
    while True:
        if not left:
            encrypt, left = contender.start(), records_a_key
        encrypt(record)
        left -= 1
        done += len(record)
        elapsed = time.perf_counter() - begin
        if elapsed >= seconds:
            return done / elapsed / 1e6


def _steady_cost(contender: Contender, seconds: float) -> float:
    """Microseconds for one small record while the stream runs, what is made ahead included."""
    return SMALL_RECORD / _speed(contender, bytes(SMALL_RECORD), seconds)


def _first_cost(contender: Contender, seconds: float) -> float:
    """Microseconds from a new key to its first small record: the median of as many as fit."""
    record = bytes(SMALL_RECORD)
    costs: list[float] = []
    end = time.perf_counter() + seconds
    while not costs or time.perf_counter() < end:
        begin = time.perf_counter()
        contender.start()(record)
        costs.append(time.perf_counter() - begin)
    return sorted(costs)[len(costs) // 2] * 1e6


def _engine(engine: str) -> Contender:
    """An engine of the plugin, forced as a user would force it. Raises PeerMissing where it is not installed."""
    try:
        with _environment(ENGINE_VARIABLE, engine):
            registry = load_registry()
            for plugin in registry.plugins:
                if plugin.name == "des3" and plugin.error:
                    raise PeerMissing(plugin.error)
            cipher = registry.bulk_cipher("des3")
            cipher.encryptor(_key(cipher), bytes(cipher.iv_size))  # compiled here, if there is anything to compile
    except ConfigurationError as error:
        raise PeerMissing(str(error)) from None

    def start() -> Encrypt:
        with _environment(ENGINE_VARIABLE, engine):
            return cipher.encryptor(_key(cipher), secrets.token_bytes(cipher.iv_size)).encrypt

    return Contender(f"des3/{engine}", start, cipher.max_bytes_per_key)


def _key(cipher: BulkCipher) -> bytes:
    while True:
        key = secrets.token_bytes(cipher.key_size)
        try:
            cipher.check_key(key)
        except InvalidKeyError:
            continue
        return key


def _openssl() -> Contender:
    def start() -> Encrypt:
        return Cipher(TripleDES(secrets.token_bytes(24)), CBC(secrets.token_bytes(8))).encryptor().update

    return Contender(PEER, start, 2**23)


def _pycryptodome() -> Contender:
    try:
        from Crypto.Cipher import DES3
    except ImportError:
        raise PeerMissing("it is not installed; `pip install pycryptodome` brings it.") from None

    def start() -> Encrypt:
        while True:
            try:
                key = DES3.adjust_key_parity(secrets.token_bytes(24))
            except ValueError:
                continue
            encrypt: Encrypt = DES3.new(key, DES3.MODE_CTR, nonce=b"", initial_value=secrets.randbits(60)).encrypt
            return encrypt

    return Contender(PYCRYPTODOME, start, 2**23)


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
