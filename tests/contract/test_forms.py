"""A finding about an argument calls it by its name, and says in which form it was given."""

import re
from typing import Any

from framework.contract.engine.collection import check_of
from framework.contract.engine.runner import run_check
from framework.contract.model.trial import Effort, Session
from framework.registry import Registry
from tests.zoo.bulk_cipher.genuine import Aes, Stream
from tests.zoo.octets import octets
from tests.zoo.species import exhibits


class CountsItsItems(Aes):
    """Takes each item of a key for an octet, and an item may be larger than that."""

    def encryptor(self, key: Any, iv: Any) -> Any:
        for item in key:
            int(item).to_bytes(1)
        return super().encryptor(key, iv)


class ReadsItemsOfIv(Aes):
    def admit(self, key: bytes, iv: bytes) -> None:
        if len(iv) == 4:
            iv[0].to_bytes(1)
        super().admit(key, iv)


class OtherKeyInItems(Aes):
    def encryptor(self, key: Any, iv: Any) -> Any:
        return super().encryptor(octets(key)[::-1] if len(key) == 8 else key, iv)


class StepsOnText(Stream):
    def decrypt(self, record: Any) -> bytes:
        if record is None:
            self.position += 1
        return super().decrypt(record)


class FailureMovesOn(Aes):
    def decryptor(self, key: bytes, iv: bytes) -> Any:
        self.admit(key, iv)
        return StepsOnText(self, octets(key), octets(iv))


def found(specimen: Aes, check_id: str, partners: Registry) -> dict[str, Any]:
    (aes,) = [exhibit.target() for exhibit in exhibits(good=True) if exhibit.name == "bulk_cipher.Aes"]
    outcome = run_check(check_of(check_id), Session.begin(aes, "1", Effort.QUICK, partners, specimen))
    assert outcome.finding is not None
    return dict(outcome.to_dict()["finding"])


def test_an_exception_is_told_with_the_form_of_the_argument(partners: Registry) -> None:
    finding = found(CountsItsItems(), "GEN-11", partners)
    raised = "encrypt raised OverflowError, which its interface does not allow"
    assert finding["what"] == f"{raised}, given the key as a memoryview of 4-byte items"
    assert list(finding["inputs"]) == ["key", "iv", "record", "form"]
    assert finding["inputs"]["form"] == "the key is given as a memoryview of 4-byte items"
    assert "the IV as a memoryview of 4-byte items" in found(ReadsItemsOfIv(), "GEN-11", partners)["what"]


def test_another_result_is_told_with_the_form_of_the_argument(partners: Registry) -> None:
    finding = found(OtherKeyInItems(), "GEN-11", partners)
    assert finding["what"] == "encrypt reads the key otherwise as a memoryview of 4-byte items"
    assert list(finding["inputs"]) == ["key", "iv", "record", "form"]


def test_a_call_that_must_fail_is_told_with_what_it_was_given(partners: Registry) -> None:
    calls = found(FailureMovesOn(), "CIP-02", partners)["inputs"]["calls"]
    told = r"\[decrypt\('text'\) and decrypt\(None\) on (\d), which must fail, \d+ bytes on \1\]"
    assert re.fullmatch(told, calls), calls
