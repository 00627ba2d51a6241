"""Lines about banks: what reads is written again to the same bytes, and any change of a line is noticed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.credentials.address import canonical_address
from app.credentials.known_bank import KnownBank
from app.credentials.public_key import describe_key, parse_key

hosts = (
    st.ip_addresses(v=4).map(str)
    | st.ip_addresses(v=6).map(lambda address: f"[{address}]")
    | st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,20}[A-Za-z0-9])?", fullmatch=True)
)
addresses = st.builds(lambda host, port: f"{host}:{port}", hosts, st.integers(1, 65535))
suites = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z][a-z0-9]{0,5}){1,2}", fullmatch=True)
keys = st.binary(min_size=1, max_size=60)


@settings(deadline=None)
@given(addresses, suites, keys)
def test_a_line_reads_back_to_the_same_bytes(address: str, suite_name: str, public_key: bytes) -> None:
    bank = KnownBank(canonical_address(address), suite_name, public_key)
    assert KnownBank.parse(bank.encode()) == bank
    assert KnownBank.parse(bank.encode()).encode() == bank.encode()


@settings(deadline=None)
@given(addresses)
def test_the_canonical_address_is_its_own(address: str) -> None:
    assert canonical_address(canonical_address(address)) == canonical_address(address)


@settings(deadline=None)
@given(st.text())
def test_a_line_that_reads_is_canonical(line: str) -> None:
    try:
        bank = KnownBank.parse(line)
    except ValueError:
        return
    assert bank.encode() == line


@settings(deadline=None)
@given(suites, keys, st.data())
def test_no_character_of_fingerprint_or_key_can_change(suite_name: str, public_key: bytes, data: st.DataObject) -> None:
    line = describe_key(suite_name, public_key)
    place = data.draw(st.integers(len(suite_name) + 1, len(line) - 1))
    other = data.draw(st.characters(codec="ascii", exclude_characters=line[place]))
    with pytest.raises(ValueError):  # noqa: PT011  # which of the phrases depends on the place
        parse_key((line[:place] + other + line[place + 1 :]).split(" "))
