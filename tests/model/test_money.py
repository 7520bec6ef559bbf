import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.model.money import UNIT, format_balance, format_price, parse_money

LARGEST = (10**12 - 1) * UNIT


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("98.50", 985_000),
        ("1", 10_000),
        ("0", 0),
        ("0.385", 3_850),
        ("0.0001", 1),
        ("999999999999", LARGEST),
    ],
)
def test_amounts(text: str, units: int):
    assert parse_money(text) == units


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "98,50",
        "-1",
        "-0.0001",
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
        "1e999999999",
        "0.00001",
        "1000000000000",
        "1e-999999999",
        "1_000",
        "١",
        "1 000",
        "1.",
        ".5",
    ],
)
def test_what_is_no_amount(text: str):
    with pytest.raises(ValueError, match="amount"):
        parse_money(text)


@pytest.mark.parametrize(
    ("units", "shown"),
    [
        (985_000, "98.50"),
        (0, "0.00"),
        (99, "0.00"),
        (100, "0.01"),
        (9_999, "0.99"),
        (10_000, "1.00"),
        (-985_000, "-98.50"),
    ],
)
def test_a_balance_is_shown_in_whole_ore_rounded_down(units: int, shown: str):
    assert format_balance(units) == shown


@given(st.integers(0, LARGEST))
def test_a_shown_balance_is_the_amount_to_less_than_an_ore(units: int):
    assert 0 <= units - parse_money(format_balance(units)) < UNIT // 100


@pytest.mark.parametrize(
    ("units", "comma", "whole"),
    [
        (985_000, "98,50", "98"),
        (985_099, "98,50", "98"),
        (989_999, "98,99", "98"),
        (0, "0,00", "0"),
        (-5_000, "-0,50", "-0"),
    ],
)
def test_a_balance_as_other_clients_want_it(units: int, comma: str, whole: str):
    assert format_balance(units, "98,50") == comma
    assert format_balance(units, "98") == whole


@given(st.integers(0, LARGEST))
def test_a_price_is_written_as_it_is_read(units: int):
    assert parse_money(format_price(units)) == units


@given(st.integers(0, LARGEST))
def test_all_formats_say_the_same(units: int):
    assert format_balance(units, "98,50").replace(",", ".") == format_balance(units, "98.50")
    assert format_balance(units, "98") == format_balance(units, "98.50").partition(".")[0]
