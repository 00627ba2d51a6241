"""Exceptions that come out of a plugin: which pass, which become a PluginError, and secrets that none may repeat."""

import traceback
from typing import NoReturn

import pytest

from framework import (
    InvalidKeyError,
    PluginError,
    VerificationError,
)
from framework.errors import Interruption
from tests.support.flawed import (
    AUTHENTICATOR,
    CHECK_KEY,
    CHECK_PUBLIC_KEY,
    CONTEXT,
    DECAPSULATE,
    DECRYPT,
    DECRYPTOR,
    ENCAPSULATE,
    ENCRYPT,
    ENCRYPTOR,
    GENERATE,
    OPEN,
    SEAL,
    TAG,
    VERIFY,
    Reach,
    giving,
    raising,
)

CANARY = "CANARY-KEY-0123456789"


class SecretiveError(Exception):
    """Quotes what it must not, wherever an exception can carry it."""

    def __init__(self) -> None:
        super().__init__(CANARY)
        self.add_note(CANARY)
        self.key = CANARY


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
    assert "flawed.py:" in str(caught.value)
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
