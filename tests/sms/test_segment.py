"""Where a text is cut: the manual's figures, and properties that hold for any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.sms import udh
from kavle.sms.segment import Encoding, count, encoding_for, measure, split, text_of

GSM7, UCS2 = Encoding.GSM7, Encoding.UCS2
ROOM = {GSM7: (160, 152), UCS2: (140, 132)}

texts = st.text(st.sampled_from("aå€[^\n"), max_size=700) | st.text(st.sampled_from("aж😀"), max_size=300)


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("", GSM7, 1),
        ("a" * 160, GSM7, 1),
        ("a" * 161, GSM7, 2),
        ("a" * 304, GSM7, 2),
        ("a" * 305, GSM7, 3),
        ("€" * 80, GSM7, 1),
        ("€" * 81, GSM7, 2),
        ("a" * 151 + "€" + "a" * 150, GSM7, 2),
        ("a" * 151 + "€" + "a" * 151, GSM7, 3),  # 304 septets, but the escape pair moves over the cut
        ("ж" * 70, UCS2, 1),
        ("ж" * 71, UCS2, 2),
        ("ж" * 132, UCS2, 2),
        ("ж" * 133, UCS2, 3),
        ("😀" * 35, UCS2, 1),
        ("😀" * 36, UCS2, 2),
        ("ж" * 65 + "😀" + "ж" * 64, UCS2, 2),
        ("ж" * 65 + "😀" + "ж" * 65, UCS2, 3),  # 132 units, the same
        ("a" * 70 + "`", UCS2, 2),
    ],
)
def test_the_number_of_segments(text: str, encoding: Encoding, segments: int):
    assert measure(text) == (encoding, segments)
    assert len(split(text, encoding, 1)) == segments


@given(texts)
def test_what_is_measured_is_what_is_split(text: str):
    encoding, segments = measure(text)
    assert encoding is encoding_for(text)
    assert segments == count(text, encoding) == len(split(text, encoding, 7))


@given(texts, st.integers(0, 0xFFFF))
def test_segments_are_within_bounds_and_add_up_to_the_text(text: str, reference: int):
    encoding, total = measure(text)
    segments = split(text, encoding, reference)
    assert [segment.number for segment in segments] == list(range(1, total + 1))
    for segment in segments:
        assert segment.total == total
        assert len(segment.body) <= ROOM[encoding][total > 1]
        assert segment.udh == (udh.build(reference, total, segment.number) if total > 1 else b"")
    assert text_of(b"".join(segment.body for segment in segments), encoding) == text


@given(texts)
def test_a_pair_is_never_split(text: str):
    """Each segment can be read alone, and then says its part of the text and nothing else."""
    encoding, _ = measure(text)
    assert "".join(text_of(segment.body, encoding) for segment in split(text, encoding, 1)) == text


@given(texts)
def test_no_segment_is_left_emptier_than_a_pair_needs(text: str):
    encoding, total = measure(text)
    room = ROOM[encoding][total > 1]
    for segment in split(text, encoding, 1)[:-1]:
        assert len(segment.body) in (room, room - (1 if encoding is GSM7 else 2))


def test_a_text_of_ascii_may_be_sent_as_ucs2():
    (segment,) = split("Hej", UCS2, 1)
    assert segment.body == "Hej".encode("utf-16-be")


def test_no_more_than_255_segments_can_be_numbered():
    assert len(split("a" * 152 * 255, GSM7, 1)) == 255
    with pytest.raises(ValueError, match="segment 1 of 256"):
        split("a" * (152 * 255 + 1), GSM7, 1)


def test_a_text_that_does_not_fit_the_alphabet_is_not_mangled():
    for refuse in (lambda: count("ж", GSM7), lambda: split("ж", GSM7, 1)):
        with pytest.raises(ValueError, match="does not fit"):
            refuse()


def test_half_a_pair_is_refused():
    with pytest.raises(ValueError, match="surrogates not allowed"):
        measure("\ud83d")


@given(st.binary(), st.sampled_from(Encoding))
def test_any_body_is_read(body: bytes, encoding: Encoding):
    text_of(body, encoding).encode()  # and holds no half of a pair


@pytest.mark.parametrize(
    ("text", "shifts", "encoding", "segments"),
    [
        ("¿Qué hay?", [Encoding.GSM7_SPANISH], GSM7, 1),  # é is in the default alphabet
        ("á" * 70, [Encoding.GSM7_SPANISH], UCS2, 1),  # one either way
        ("á" * 71, [Encoding.GSM7_SPANISH], Encoding.GSM7_SPANISH, 1),
        ("a" * 154 + "á", [Encoding.GSM7_SPANISH], Encoding.GSM7_SPANISH, 2),  # 156 septets
        ("a" * 153 + "á", [Encoding.GSM7_SPANISH], Encoding.GSM7_SPANISH, 1),
        (
            "a" * 147 + "á" + "a" * 147,
            [Encoding.GSM7_SPANISH],
            Encoding.GSM7_SPANISH,
            3,
        ),  # á moves over the cut
        ("ığ" * 40, [Encoding.GSM7_SPANISH], UCS2, 2),
        ("ığ" * 38, [Encoding.GSM7_SPANISH, Encoding.GSM7_TURKISH], Encoding.GSM7_TURKISH, 1),
        ("ığã" * 40, list(Encoding)[2:], UCS2, 2),  # no one table has them all
    ],
)
def test_a_languages_table_is_taken_where_it_makes_a_text_shorter(
    text: str, shifts: list[Encoding], encoding: Encoding, segments: int
):
    assert measure(text, shifts) == (encoding, segments)
    made = split(text, encoding, 5)
    assert len(made) == segments
    assert "".join(text_of(segment.body, encoding) for segment in made) == text
    for segment in made:
        header, _ = udh.parse(segment.udh or b"\0")
        assert header.single_shift == encoding.language
        octets = len(segment.udh) + (len(segment.body) * 7 + 7) // 8 if encoding is not UCS2 else 0
        assert octets <= 140


def test_only_the_low_octet_of_an_encoding_is_told_to_the_network():
    assert {encoding.data_coding for encoding in Encoding} == {0, 8}
