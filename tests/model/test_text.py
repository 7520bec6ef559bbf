"""Line breaks as the manual and the field write them, and what no phone takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.model.text import normalise


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Hej", "Hej"),
        ("a%0ab", "a\nb"),
        ("a%0Ab", "a\nb"),
        ("a%0d%0ab", "a\nb"),
        ("a%0D%0Ab", "a\nb"),
        ("a%0d%0Ab", "a\nb"),
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("\r\r\n\n", "\n\n\n"),
        ("%0a%0a", "\n\n"),
        ("50% av 100%", "50% av 100%"),
        ("%0d alone, %20, %", "%0d alone, %20, %"),
        ("åäö 😀", "åäö 😀"),
        ("", ""),
    ],
)
def test_every_line_break_is_one_line_feed(text: str, meant: str):
    assert normalise(text) == meant


@pytest.mark.parametrize("text", ["\0", "Hej\0då", "%0a\0", "\ud83d", "å\udc00", "\ud83d\ude00", "%0a\ud800"])
def test_nul_and_lone_surrogates_are_refused_and_not_quoted(text: str):
    with pytest.raises(ValueError, match="the text holds") as refused:
        normalise(f"hemligt {text}")
    assert "hemligt" not in str(refused.value)


@given(
    st.text(st.sampled_from([*"a%0dD0aA\r\n"]))
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
)
def test_the_rest_is_left_as_it_is(text: str):
    meant = normalise(text)
    assert "\r" not in meant
    assert meant.replace("\n", "") in text.replace("\n", "") or "%" in text or "\r" in text
    assert len(meant) <= len(text)
