"""Telephone numbers as customers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.model.msisdn import parse_msisdn, plain_number


@pytest.mark.parametrize(
    "text",
    [
        "46702617396",
        "+46702617396",
        "0046702617396",
        "0702617396",
        "070-2617396",
        "070-261 73 96",
        "(070) 261 73 96",
        "+46 70 261 73 96",
        "+46 (0)70-261 73 96",
        "0046 (0) 70 261 73 96",
        "460702617396",
        " 46702617396",  # a + that was not escaped in a URL
        "0702617396\r\n",
    ],
)
def test_one_swedish_number_in_many_spellings(text: str):
    assert parse_msisdn(text) == "46702617396"


@pytest.mark.parametrize(
    ("text", "region", "digits"),
    [
        ("+4791234567", "SE", "4791234567"),
        ("004791234567", "SE", "4791234567"),
        ("4791234567", "SE", "4791234567"),
        ("91234567", "NO", "4791234567"),
        ("46702617396", "NO", "46702617396"),
        ("+46 70 261 73 96", "NO", "46702617396"),
        ("0171 1234567", "DE", "491711234567"),
        ("(415) 555-2671", "US", "14155552671"),
        ("+39 06 1234 5678", "SE", "390612345678"),  # Italy keeps its 0
        ("08-123 45 67", "SE", "4681234567"),
        ("4673222222", "SE", "4673222222"),  # the manual's own example, a digit short of a mobile
    ],
)
def test_other_numbers(text: str, region: str, digits: str):
    assert parse_msisdn(text, region) == digits


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "+",
        "-",
        "0",
        "00",
        "123",
        "46123",
        "070",
        "72456",
        "702617396",  # without its 0 a Swedish number is a Russian one, too short
        "4670261739612",
        "+0702617396",
        "++46702617396",
        "46+702617396",
        "46702617396,46702617397",
        "46702617396;46702617397",
        "0702617396 0702617397",
        "46702617396/46702617397",
        "46702617396\n46702617397",
        "070ABCDEFG",
        "46702617396 ext. 5",
        "4670261739\0",
        "٤٦٧٠٢٦١٧٣٩٦",
        "４６７０２６１７３９６",
        "4670261739²",
        "tel:+46702617396",
        "4" * 10_000_000,
        " " * 30 + "46702617396",
    ],
    ids=lambda text: text[:24],
)
def test_what_is_no_number_is_refused_and_not_quoted(text: str):
    with pytest.raises(ValueError, match="number") as refused:
        parse_msisdn(text)
    assert not any(character.isdigit() for character in str(refused.value))


def test_a_national_number_of_a_region_that_is_not_known_is_refused():
    assert parse_msisdn("+46702617396", "XX") == "46702617396"
    with pytest.raises(ValueError, match="possible"):
        parse_msisdn("0702617396", "XX")


@given(st.from_regex(r"(\+46|0046|46|0)7[023689][0-9]{7}", fullmatch=True), st.data())
def test_the_quick_way_and_the_long_way_agree(text: str, data: st.DataObject):
    at = data.draw(st.integers(text.startswith("+"), len(text)))
    spaced = f"{text[:at]} {text[at:]}"  # the space keeps it off the quick way
    assert parse_msisdn(spaced) == parse_msisdn(text) == "46" + text[-9:]


@given(st.text(st.sampled_from("+0123456789 -()"), max_size=24), st.sampled_from(["SE", "NO", "US"]))
def test_what_comes_out_is_e164_and_stays_so(text: str, region: str):
    try:
        digits = parse_msisdn(text, region)
    except ValueError:
        return
    assert digits.isascii()
    assert digits.isdigit()
    assert 6 <= len(digits) <= 15
    assert parse_msisdn("+" + digits, region) == digits


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("46701740605", "46701740605"),
        ("+46701740605", "46701740605"),
        ("0046701740605", "46701740605"),
        ("070-174 06 05", "46701740605"),
        ("467374941239876", "467374941239876"),
        ("71700", "71700"),
        ("0", "0"),
        ("Taxi", "Taxi"),
        ("", ""),
        ("+", "+"),
    ],
)
def test_a_number_as_networks_write_it_is_digits(written: str, number: str):
    assert plain_number(written, "SE") == number
