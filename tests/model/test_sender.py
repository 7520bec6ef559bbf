"""Senders: names are cut, numbers never."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.model.sender import parse_sender
from kavle.sms import gsm0338


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("ip1", "ip1"),
        ("KavleGateway", "KavleGatewa"),
        ("Företaget AB", "Företaget A"),
        ("Åsa & Co.-x", "Åsa & Co.-x"),
        ("  Kavle  ", "Kavle"),
        ("Testar Mer Ж", "Testar Mer"),
        ("007", "007"),
        ("[Kavle] Larm", "[Kavle] L"),  # brackets take two places each
        ("[[[[[[", "[[[[["),
        ("0702617396", "46702617396"),
        ("070-261 73 96", "46702617396"),
        ("+46 70 261 73 96", "46702617396"),
        ("46702617396", "46702617396"),
        ("0046702617396", "46702617396"),
        ("72456", "72456"),
        ("71 120", "71120"),
        ("1", "1"),
        ("467300000012345", "467300000012345"),
        ("00999999999999999", "999999999999999"),
        ("112 Larm", "112 Larm"),
        ("---", "---"),
    ],
)
def test_senders(text: str, sender: str):
    assert parse_sender(text) == sender


def test_a_national_number_is_read_in_its_region():
    assert parse_sender("91234567", "NO") == "4791234567"


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            "   ",
            "a\tb",
            "a\nb",
            "Kavle\0",
            "\x7f",
            "Kavle Gateway\x1b",
            "\x85",
            "\u202e",
            "Жук",
            "😀",
            "`",
            "\ud800",
        ],
        *["1234567890123456", "46702617396,46702617397"[:11] + "\n", "00", "0" * 200, "x" * 10_000_000],
    ],
    ids=lambda text: ascii(text[:16]),
)
def test_what_is_no_sender_is_refused(text: str):
    with pytest.raises(ValueError, match="sender"):
        parse_sender(text)


@given(st.text(st.sampled_from("aå€[ &.-0123+()\tж"), max_size=30))
def test_a_sender_fits_an_address_and_is_its_own_sender(text: str):
    try:
        sender = parse_sender(text)
    except ValueError:
        return
    septets = gsm0338.encode(sender)
    assert septets is not None
    assert len(septets) <= 11 or (sender.isdigit() and len(sender) <= 15)
    assert parse_sender(sender) == sender
