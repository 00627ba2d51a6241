"""Amounts: what a person may type, and what is refused with a sentence."""

import pytest

from app.protocol.money import MAX_AMOUNT, format_amount, parse_amount
from app.system.errors import InputError


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("50", 5000),
        ("50.5", 5050),
        ("50.05", 5005),
        ("50.50", 5050),
        ("0.01", 1),
        ("0.1", 10),
        ("1", 100),
        ("90071992547409.91", MAX_AMOUNT),
    ],
)
def test_an_amount_is_read_in_minor_units(text: str, amount: int) -> None:
    assert parse_amount(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            " 5",
            "5 ",
            "5\n",
            "\t5",
            "+5",
            "-5",
            "-0",
            "--5",
            "0",
            "0.00",
            "0.0",
            "0.001",
            "1.234",
            "007",
            "00",
        ),
        *("01.50", ".5", "5.", "1,000", "1_000", "1e9", "1E9", "0x10", "NaN", "nan", "Infinity", "inf", "five", "5 0"),
        *(
            "\u0663",
            "\uff15",
            "²",
            "1.\u0663",
            "\u22125",
            "5\x00",
            "5\u200b",
            "1.2.3",
            "$5",
            "True",
            "None",
            "90071992547409.92",
        ),
        *(
            "90071992547410",
            "99999999999999999999",
            "9" * 31,
            "9" * 33,
            "1" * 1_000_000,
            "0." + "0" * 1_000_000,
            "\ud800",
        ),
    ],
)
def test_anything_else_is_refused_in_one_short_printable_sentence(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_amount(text)
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert sentence.isascii()
    assert len(sentence) < 200
    assert sentence.endswith(".")
    assert caught.value.exit_code == 2


def test_too_large_is_told_from_malformed() -> None:
    with pytest.raises(InputError, match=r"too large; the most is 90071992547409\.91"):
        parse_amount("100000000000000")


def test_refused_text_is_short_even_where_it_is_all_escapes() -> None:
    with pytest.raises(InputError) as caught:
        parse_amount("\U0001f4b8" * 30)
    assert str(caught.value).startswith(r"'\U0001f4b8\U0001f4b8\U00...' is not an amount; ")


def test_refused_text_is_escaped() -> None:
    with pytest.raises(InputError, match=r"'\\x1b\[2J' is not an amount"):
        parse_amount("\x1b[2J")


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0.00"), (1, "0.01"), (10, "0.10"), (5000, "50.00"), (123456, "1234.56"), (MAX_AMOUNT, "90071992547409.91")],
)
def test_an_amount_is_written_with_two_decimals(amount: int, text: str) -> None:
    assert format_amount(amount) == text


@pytest.mark.parametrize("amount", [-1, MAX_AMOUNT + 1])
def test_what_is_no_amount_is_not_written(amount: int) -> None:
    with pytest.raises(ValueError, match="between 0 and MAX_AMOUNT"):
        format_amount(amount)
