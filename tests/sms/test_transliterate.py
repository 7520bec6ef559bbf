"""What a text becomes where 160 characters a segment are worth more than its letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.sms import gsm0338
from kavle.sms.transliterate import transliterated


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("åäö ÅÄÖ é € [x]", "åäö ÅÄÖ é € [x]"),  # all of it is in the alphabet
        ("“Hej” – sa han…", '"Hej" - sa han...'),
        ("Dvořák & Łódź", "Dvorak & Lodz"),
        ("ca\u0301fe", "cafe"),  # a combining acute accent
        ("5 °", "5 °"),  # a degree sign has no relation
        ("½ l", "1/2 l"),
        ("ﬁn", "fin"),
        ("a\u00a0b", "a b"),
        ("“Привет”", "“Привет”"),  # nothing is changed where not all can be
        ("“😀”", "“😀”"),
        ("", ""),
    ],
)
def test_a_text_is_said_in_the_alphabet_or_left_as_it_is(text: str, shown: str):
    assert transliterated(text) == shown


@given(st.text(max_size=50))
def test_the_outcome_fits_or_is_the_text_itself(text: str):
    shown = transliterated(text)
    assert shown == text or gsm0338.encode(shown) is not None
    assert transliterated(shown) == shown
