"""The guard: each kind of call, each wrong type, length and exception, and secrets that it must not repeat."""

import re
import secrets
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from framework import (
    Aead,
    BulkCipher,
    Encapsulation,
    InvalidKeyError,
    KeyExchange,
    KeyPair,
    Mac,
    PluginError,
    VerificationError,
)
from framework.errors import Interruption
from framework.kinds.aead import GuardedAead
from framework.kinds.bulk_cipher import GuardedBulkCipher
from framework.kinds.key_exchange import GuardedKeyExchange
from framework.kinds.mac import GuardedMac
from plugins.hmac_sha256.mac import HmacSha256
from tests.support.peers import AesCtr, AesGcm, X25519Kem

KEY = bytes(range(32))
CANARY = "CANARY-KEY-0123456789"
PAIR = X25519Kem().generate_key_pair()


class SecretiveError(Exception):
    """Quotes what it must not, wherever an exception can carry it."""

    def __init__(self) -> None:
        super().__init__(CANARY)
        self.add_note(CANARY)
        self.key = CANARY


class Flawed:
    """Any object of a plugin's, with one method replaced."""

    def __init__(self, sound: object, call: str, behaviour: Callable[..., object]) -> None:
        self._sound = sound
        self._call = call
        self._behaviour = behaviour

    def __getattr__(self, name: str) -> Any:
        return self._behaviour if name == self._call else getattr(self._sound, name)


def raising(error: BaseException) -> Callable[..., object]:
    def behaviour(*_: object, **__: object) -> object:
        raise error

    return behaviour


def giving(value: object) -> Callable[..., object]:
    return lambda *_, **__: value


# --- every guarded call, as: the sound object, the name of the call, and how to reach it through the guard ---


def of_kem(call: str, *arguments: Any) -> Any:
    def reach(behaviour: Callable[..., object]) -> object:
        return getattr(GuardedKeyExchange(Flawed(X25519Kem(), call, behaviour), "p"), call)(*arguments)

    return pytest.param(reach, id=f"kem.{call}")


def of_cipher(call: str, *arguments: Any) -> Any:
    def reach(behaviour: Callable[..., object]) -> object:
        return getattr(GuardedBulkCipher(Flawed(AesCtr(), call, behaviour), "p"), call)(*arguments)

    return pytest.param(reach, id=f"cipher.{call}")


def of_stream(call: str) -> Any:
    def reach(behaviour: Callable[..., object]) -> object:
        flawed = Flawed(AesCtr(), f"{call}or", giving(Flawed(AesCtr().encryptor(KEY, KEY[:16]), call, behaviour)))
        stream = getattr(GuardedBulkCipher(flawed, "p"), f"{call}or")(KEY, KEY[:16])
        return getattr(stream, call)(b"thirteen byte")

    return pytest.param(reach, id=f"stream.{call}")


def of_mac(call: str, *arguments: Any) -> Any:
    def reach(behaviour: Callable[..., object]) -> object:
        if call == "authenticator":
            return GuardedMac(Flawed(HmacSha256(), call, behaviour), "p").authenticator(KEY)
        keyed = HmacSha256().authenticator(KEY)
        flawed = Flawed(HmacSha256(), "authenticator", giving(Flawed(keyed, call, behaviour)))
        return getattr(GuardedMac(flawed, "p").authenticator(KEY), call)(*arguments)

    return pytest.param(reach, id=f"mac.{call}")


def of_aead(call: str, *arguments: Any) -> Any:
    def reach(behaviour: Callable[..., object]) -> object:
        if call == "context":
            return GuardedAead(Flawed(AesGcm(), call, behaviour), "p").context(KEY)
        flawed = Flawed(AesGcm(), "context", giving(Flawed(AesGcm().context(KEY), call, behaviour)))
        return getattr(GuardedAead(flawed, "p").context(KEY), call)(*arguments)

    return pytest.param(reach, id=f"aead.{call}")


GENERATE = of_kem("generate_key_pair")
ENCAPSULATE = of_kem("encapsulate", PAIR.public_key)
DECAPSULATE = of_kem("decapsulate", PAIR.private_key, PAIR.public_key)
CHECK_PUBLIC_KEY = of_kem("check_public_key", PAIR.public_key)
ENCRYPTOR = of_cipher("encryptor", KEY, KEY[:16])
DECRYPTOR = of_cipher("decryptor", KEY, KEY[:16])
CHECK_KEY = of_cipher("check_key", KEY)
ENCRYPT = of_stream("encrypt")
DECRYPT = of_stream("decrypt")
AUTHENTICATOR = of_mac("authenticator")
TAG = of_mac("tag", b"a", b"b")
VERIFY = of_mac("verify", bytes(32), b"a", b"b")
CONTEXT = of_aead("context")
SEAL = of_aead("seal", KEY[:12], b"plaintext", b"ad")
OPEN = of_aead("open", KEY[:12], b"plaintext" + bytes(16), b"ad")

EVERY_CALL = [
    GENERATE,
    ENCAPSULATE,
    DECAPSULATE,
    CHECK_PUBLIC_KEY,
    ENCRYPTOR,
    DECRYPTOR,
    CHECK_KEY,
    ENCRYPT,
    DECRYPT,
    AUTHENTICATOR,
    TAG,
    VERIFY,
    CONTEXT,
    SEAL,
    OPEN,
]
MAY_REFUSE_KEYS = [ENCAPSULATE, CHECK_PUBLIC_KEY, CHECK_KEY]
MAY_NOT_VERIFY = [VERIFY, OPEN]

Reach = Callable[[Callable[..., object]], object]


@pytest.mark.parametrize("reach", EVERY_CALL)
@pytest.mark.parametrize(
    "error",
    [
        ValueError(CANARY),
        AssertionError(CANARY),
        KeyError(CANARY),
        MemoryError(CANARY),
        RecursionError(CANARY),
        StopIteration(CANARY),
        OSError(5, CANARY, CANARY),
        SecretiveError(),
        PluginError(CANARY),
        SystemExit(CANARY),  # a plugin does not end the program, and with it all other sessions
    ],
    ids=lambda error: type(error).__name__,
)
def test_any_exception_becomes_a_plugin_error_that_repeats_nothing(reach: Reach, error: BaseException) -> None:
    with pytest.raises(PluginError) as caught:
        reach(raising(error))
    assert type(error).__name__ in str(caught.value)
    assert "plugin 'p'" in str(caught.value)
    assert "test_guard.py:" in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert CANARY not in shown
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("reach", EVERY_CALL)
def test_the_person_at_the_keyboard_may_end_the_program(reach: Reach) -> None:
    with pytest.raises(KeyboardInterrupt):
        reach(raising(KeyboardInterrupt()))


@pytest.mark.parametrize("reach", EVERY_CALL)
def test_an_invalid_key_error_passes_where_the_interface_allows_it_and_nowhere_else(reach: Reach) -> None:
    refusal = InvalidKeyError(CANARY)
    allowed = reach in [param.values[0] for param in MAY_REFUSE_KEYS]
    with pytest.raises(InvalidKeyError if allowed else PluginError) as caught:
        reach(raising(refusal))
    assert (caught.value is refusal) == allowed
    assert allowed or CANARY not in str(caught.value)


@pytest.mark.parametrize("reach", EVERY_CALL)
def test_a_verification_error_passes_where_something_is_verified_and_nowhere_else(reach: Reach) -> None:
    class Detailed(VerificationError):
        """Tells more than it may."""

        def __init__(self) -> None:
            super().__init__()
            self.args = (CANARY,)

    allowed = reach in [param.values[0] for param in MAY_NOT_VERIFY]
    with pytest.raises(VerificationError if allowed else PluginError) as caught:
        reach(raising(Detailed()))
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    if allowed:
        assert type(caught.value) is VerificationError
        assert caught.value.args == ("verification failed",)


class BytesLike(bytes):
    """Not exactly bytes: its methods may lie."""


def not_bytes(size: int) -> list[object]:
    text = "x" * size
    return [None, True, 7, text, bytearray(size), memoryview(bytes(size)), [0] * size, BytesLike(size), object()]


@pytest.mark.parametrize(
    ("reach", "size"),
    [
        pytest.param(*param.values, size, id=str(param.id))
        for param, size in [(DECAPSULATE, 32), (ENCRYPT, 13), (DECRYPT, 13), (TAG, 32), (SEAL, 9 + 16), (OPEN, 9)]
    ],
)
def test_a_result_is_exactly_bytes_of_the_declared_size(reach: Reach, size: int) -> None:
    assert reach(giving(bytes(size))) == bytes(size)
    for value in not_bytes(size):
        with pytest.raises(PluginError, match=f"gave {type(value).__name__} where bytes are due"):
            reach(giving(value))
    for wrong in (0, 1, size - 1, size + 1, 2 * size):
        with pytest.raises(PluginError, match=f"gave {wrong} bytes where {size} are due"):
            reach(giving(bytes(wrong)))


class Ended(SystemExit, Interruption):
    """What a program's handler of SIGTERM may raise."""


@pytest.mark.parametrize("reach", EVERY_CALL)
@pytest.mark.parametrize(
    "ending", [Ended(3), Interruption(), KeyboardInterrupt()], ids=lambda error: type(error).__name__
)
def test_what_ends_the_program_from_outside_passes_and_blames_no_plugin(reach: Reach, ending: BaseException) -> None:
    def ended(*_: object, **__: object) -> NoReturn:
        raise ending

    with pytest.raises(type(ending)) as caught:
        reach(ended)
    assert caught.value is ending


@pytest.mark.parametrize("reach", [ENCRYPTOR, DECRYPTOR, AUTHENTICATOR, CONTEXT])
def test_what_ends_the_program_passes_while_a_method_is_looked_up(reach: Reach) -> None:
    class Slow:
        def __getattr__(self, _: str) -> NoReturn:
            raise Ended(3)

    with pytest.raises(Ended):
        reach(giving(Slow()))


def pairs(kind: Any) -> list[tuple[object, str]]:
    return [
        (None, "gave NoneType, not an? "),
        ((bytes(32), bytes(32)), "gave tuple, not an? "),
        (kind(bytes(31), bytes(32)), r"(public key|ciphertext)\) gave 31 bytes"),
        (kind(bytes(33), bytes(32)), r"(public key|ciphertext)\) gave 33 bytes"),
        (kind(bytes(32), bytes(31)), r"(private key|shared secret)\) gave 31 bytes"),
        (kind(bytes(32), bytes(33)), r"(private key|shared secret)\) gave 33 bytes"),
        (kind(bytearray(32), bytes(32)), "gave bytearray"),
        (kind(bytes(32), memoryview(bytes(32))), "gave memoryview"),
        (kind(None, bytes(32)), "gave NoneType"),
        (kind(bytes(32), "x" * 32), "gave str"),
    ]


@pytest.mark.parametrize(
    ("reach", "kind"),
    [
        pytest.param(*GENERATE.values, KeyPair, id="generate"),
        pytest.param(*ENCAPSULATE.values, Encapsulation, id="encapsulate"),
    ],
)
def test_both_halves_of_a_pair_are_checked(reach: Reach, kind: Any) -> None:
    right = kind(bytes(32), bytes(32))
    assert reach(giving(right)) is right
    for value, message in pairs(kind):
        with pytest.raises(PluginError, match=message):
            reach(giving(value))


@pytest.mark.parametrize("reach", [VERIFY])
@pytest.mark.parametrize("verdict", [True, False, 0, 1, "", b"", object()], ids=lambda verdict: type(verdict).__name__)
def test_a_verify_that_answers_instead_of_raising_is_found_out(reach: Reach, verdict: object) -> None:
    with pytest.raises(PluginError, match=f"verify gave {type(verdict).__name__} where it must raise or give None"):
        reach(giving(verdict))


@pytest.mark.parametrize("reach", [VERIFY, CHECK_KEY, CHECK_PUBLIC_KEY])
def test_a_check_passes_by_giving_none(reach: Reach) -> None:
    assert reach(giving(None)) is None


METHODS = [
    (ENCRYPTOR, "encryptor", "encrypt(record)", AesCtr().encryptor(KEY, KEY[:16])),
    (DECRYPTOR, "decryptor", "decrypt(record)", AesCtr().decryptor(KEY, KEY[:16])),
    (AUTHENTICATOR, "authenticator", "tag(*parts)", HmacSha256().authenticator(KEY)),
    (AUTHENTICATOR, "authenticator", "verify(tag, *parts)", HmacSha256().authenticator(KEY)),
    (CONTEXT, "context", "seal(nonce, plaintext, associated_data)", AesGcm().context(KEY)),
    (CONTEXT, "context", "open(nonce, ciphertext, associated_data)", AesGcm().context(KEY)),
]
KEYED = [pytest.param(*param.values, call, signature, sound, id=signature) for param, call, signature, sound in METHODS]


class Lacking:
    """A sound object with one attribute less, or with one that is no method."""

    def __init__(self, sound: object, lacks: str, instead: object = None) -> None:
        self._sound, self._lacks, self._instead = sound, lacks, instead

    def __getattr__(self, name: str) -> Any:
        if name != self._lacks:
            return getattr(self._sound, name)
        if self._instead is None:
            raise AttributeError(name)
        return self._instead


@pytest.mark.parametrize(("reach", "call", "signature", "sound"), KEYED)
def test_a_keyed_object_without_its_method_is_found_out_at_once_and_told_in_a_sentence(
    reach: Reach, call: str, signature: str, sound: object
) -> None:
    name = signature.partition("(")[0]
    for given in (None, b"", object(), AesGcm(), Lacking(sound, name), Lacking(sound, name, instead=b"no method")):
        with pytest.raises(PluginError) as caught:
            reach(giving(given))
        told = rf"^plugin 'p' \(\w+\): {call} gave {type(given).__name__}, which has no \w+\(.*\)$"
        assert re.match(told, str(caught.value))
        assert not isinstance(given, Lacking) or str(caught.value).endswith(f"has no {signature}")


@pytest.mark.parametrize(("reach", "call", "signature", "sound"), KEYED)
def test_a_lookup_that_raises_is_found_out_at_once_and_repeats_nothing(
    reach: Reach, call: str, signature: str, sound: object
) -> None:
    class Spiteful:
        def __getattr__(self, name: str) -> Any:
            if name == signature.partition("(")[0]:
                raise ValueError(CANARY)
            return getattr(sound, name)

    with pytest.raises(
        PluginError, match=rf"looking up \w+ of its {call} raised ValueError at .*test_guard.py:\d+$"
    ) as caught:
        reach(giving(Spiteful()))
    assert CANARY not in "".join(traceback.format_exception(caught.value))


# --- lengths that the guard checks before the plugin is asked ---


@pytest.mark.parametrize("wrong", [0, 1, 31, 33, 64])
def test_arguments_of_a_wrong_length_never_reach_the_plugin(wrong: int) -> None:
    def must_not_be_asked(*_: object, **__: object) -> object:
        raise AssertionError

    def behind(sound: object, call: str) -> Any:
        return Flawed(sound, call, must_not_be_asked)

    odd, iv = bytes(wrong), bytes(16)
    attempts: list[Callable[[], object]] = [
        lambda: GuardedKeyExchange(behind(X25519Kem(), "decapsulate"), "p").decapsulate(odd, bytes(32)),
        lambda: GuardedKeyExchange(behind(X25519Kem(), "decapsulate"), "p").decapsulate(bytes(32), odd),
        lambda: GuardedKeyExchange(behind(X25519Kem(), "check_public_key"), "p").check_public_key(odd),
        lambda: GuardedBulkCipher(behind(AesCtr(), "encryptor"), "p").encryptor(odd, iv),
        lambda: GuardedBulkCipher(behind(AesCtr(), "encryptor"), "p").encryptor(KEY, odd),
        lambda: GuardedBulkCipher(behind(AesCtr(), "decryptor"), "p").decryptor(odd, iv),
        lambda: GuardedBulkCipher(behind(AesCtr(), "decryptor"), "p").decryptor(KEY, odd),
        lambda: GuardedMac(behind(HmacSha256(), "authenticator"), "p").authenticator(odd),
        lambda: GuardedAead(behind(AesGcm(), "context"), "p").context(odd),
    ]
    for attempt in attempts:
        with pytest.raises(InvalidKeyError, match=rf"has {wrong} bytes where \d+ are due"):
            attempt()


def test_a_tag_of_a_wrong_length_never_reaches_the_plugin() -> None:
    """CVE-2018-10903: a plugin that compares the length it is given would accept a short tag."""
    keyed = Flawed(HmacSha256().authenticator(KEY), "verify", giving(None))
    accepting = Flawed(HmacSha256(), "authenticator", giving(keyed))
    authenticator = GuardedMac(accepting, "p").authenticator(KEY)
    authenticator.verify(bytes(32), b"m")
    for size in [*range(32), 33, 64]:
        with pytest.raises(VerificationError):
            authenticator.verify(bytes(size), b"m")


def test_a_ciphertext_shorter_than_its_tag_never_reaches_the_plugin() -> None:
    keyed = Flawed(AesGcm().context(KEY), "open", lambda *arguments: bytes(max(0, len(arguments[1]) - 16)))
    opening = Flawed(AesGcm(), "context", giving(keyed))
    context = GuardedAead(opening, "p").context(KEY)
    assert context.open(KEY[:12], bytes(16), b"") == b""
    for size in range(16):
        with pytest.raises(VerificationError):
            context.open(KEY[:12], bytes(size), b"")


# --- what a sound plugin does goes through unchanged ---


def test_a_sound_key_exchange_works_and_gets_the_injected_randomness() -> None:
    kem = GuardedKeyExchange(X25519Kem(), "p")
    drawn: list[int] = []

    def random_bytes(count: int) -> bytes:
        drawn.append(count)
        return secrets.token_bytes(count)

    pair = kem.generate_key_pair(random_bytes=random_bytes)
    sent = kem.encapsulate(pair.public_key, random_bytes=random_bytes)
    assert kem.decapsulate(pair.private_key, sent.ciphertext) == sent.shared_secret
    assert drawn == [32, 32]
    kem.check_public_key(pair.public_key)


def test_pinned_reaches_the_plugin() -> None:
    asked: list[object] = []
    flawed = Flawed(X25519Kem(), "check_public_key", lambda *_, pinned: asked.append(pinned))
    kem = GuardedKeyExchange(flawed, "p")
    kem.check_public_key(bytes(32))
    kem.check_public_key(bytes(32), pinned=True)
    assert asked == [False, True]


def test_a_sound_cipher_mac_and_aead_work() -> None:
    cipher = GuardedBulkCipher(AesCtr(), "p")
    cipher.check_key(KEY)
    encryptor, decryptor = cipher.encryptor(KEY, KEY[:16]), cipher.decryptor(KEY, KEY[:16])
    for record in (b"one", b"", b"two"):
        assert decryptor.decrypt(encryptor.encrypt(record)) == record
    authenticator = GuardedMac(HmacSha256(), "p").authenticator(KEY)
    authenticator.verify(authenticator.tag(b"a", b"bc"), b"ab", b"c")
    context = GuardedAead(AesGcm(), "p").context(KEY)
    assert context.open(KEY[:12], context.seal(KEY[:12], b"text", b"ad"), b"ad") == b"text"


def test_what_is_guarded_implements_the_interface_itself_and_names_its_plugin() -> None:
    for guarded, interface in [
        (GuardedKeyExchange(X25519Kem(), "p"), KeyExchange),
        (GuardedBulkCipher(AesCtr(), "p"), BulkCipher),
        (GuardedMac(HmacSha256(), "p"), Mac),
        (GuardedAead(AesGcm(), "p"), Aead),
    ]:
        assert isinstance(guarded, interface)
        assert repr(guarded) == f"<{type(guarded).__name__} plugin 'p' ({guarded.info.name})>"  # type: ignore[attr-defined]
        assert guarded.plugin == "p"  # type: ignore[attr-defined]


def test_claims_are_read_once() -> None:
    """A plugin that changes its mind about a size after it was checked changes nothing."""

    class Wavering(HmacSha256):
        tag_size = 32

    mac = Wavering()
    guarded = GuardedMac(mac, "p")
    mac.tag_size = 1
    assert guarded.tag_size == 32
    assert guarded.authenticator(KEY).tag_size == 32


OPTIMIZED = """
from framework import PluginError
from framework.kinds.mac import GuardedMac
from plugins.hmac_sha256.mac import HmacSha256

assert False, "this program must run under -O"

class Short(HmacSha256):
    def authenticator(self, key):
        return self
    def tag(self, *parts):
        return b"short"
    def verify(self, tag, *parts):
        return True

authenticator = GuardedMac(Short(), "p").authenticator(bytes(32))
for call in (lambda: authenticator.tag(b"m"), lambda: authenticator.verify(bytes(32), b"m")):
    try:
        call()
    except PluginError as error:
        print(error)
"""


def test_the_guard_stands_under_optimization() -> None:
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-OO", "-c", OPTIMIZED], cwd=root, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "plugin 'p' (hmac): tag gave 5 bytes where 32 are due",
        "plugin 'p' (hmac): verify gave bool where it must raise or give None",
    ]
