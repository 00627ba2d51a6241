"""The taxonomy of errors: who must act (PROTOCOL §9)."""

import pytest

import framework
from framework import errors
from framework.events import FailureReason

KINDS = (
    "MisuseError",
    "ConfigurationError",
    "InvalidKeyError",
    "VerificationError",
    "PluginError",
    "ChannelError",
)


@pytest.mark.parametrize("name", KINDS)
def test_every_error_is_a_suitecase_error_and_of_one_kind_only(name: str) -> None:
    kind = getattr(errors, name)
    assert kind.__bases__ == (errors.SuitecaseError,)
    assert getattr(framework, name) is kind


def test_a_verification_error_takes_no_detail() -> None:
    assert errors.VerificationError().args == ("verification failed",)
    with pytest.raises(TypeError):
        errors.VerificationError("the third byte differs")  # type: ignore[call-arg]


def test_a_channel_error_names_its_reason() -> None:
    error = errors.ChannelError("the connection was lost", FailureReason.CONNECTION)
    assert str(error) == "the connection was lost"
    assert error.reason == "connection"
