"""Amounts as text: there and back, and nothing but the one grammar gets in."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.protocol.money import MAX_AMOUNT, format_amount, parse_amount
from app.system.errors import InputError

GRAMMAR = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]{1,2})?", re.ASCII)


@settings(deadline=None)
@given(st.integers(1, MAX_AMOUNT))
def test_what_is_written_reads_back(amount: int) -> None:
    assert parse_amount(format_amount(amount)) == amount


@example("000" + "\x1f" * 10 + "\U00010000" * 6)  # long once it is escaped
@settings(deadline=None)
@given(st.text() | st.from_regex(r"[-+ ]?[0-9]{0,18}[.,eE_]?[0-9]{0,3}", fullmatch=True))
def test_only_the_grammar_reads_and_with_the_value_it_has(text: str) -> None:
    try:
        amount = parse_amount(text)
    except InputError as error:
        sentence = str(error)
        assert sentence.isprintable()
        assert len(sentence) < 200
    else:
        assert GRAMMAR.fullmatch(text)
        units, _, fraction = text.partition(".")
        assert amount == int(units) * 100 + int((fraction + "00")[:2])
        assert 1 <= amount <= MAX_AMOUNT
