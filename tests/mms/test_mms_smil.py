"""How a phone is told to show what comes in order."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.mms import media, smil
from kavle.mms.smil import presentation, renamed, with_text


def slides(parts: list[tuple[str, str]]) -> list[tuple[str | None, list[tuple[str, str]]]]:
    """For each its duration, and (element, source) of what is in it."""
    root = ElementTree.fromstring(presentation(parts))  # noqa: S314 -- our own
    return [
        (par.get("dur"), [(element.tag, element.get("src", "")) for element in par])
        for par in root.iterfind("body/par")
    ]


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ([("text/plain", "t.txt"), ("image/jpeg", "a.jpg")], [("5s", "text img")]),
        ([("image/jpeg", "a.jpg"), ("image/gif", "b.gif")], [("5s", "img"), ("5s", "img")]),
        ([("text/plain", "t"), ("image/jpeg", "a"), ("audio/amr", "s")], [(None, "text img audio")]),
        ([("image/png", "a"), ("video/3gpp", "v")], [("5s", "img"), (None, "video")]),
        ([("text/plain; charset=utf-8", "a"), ("text/plain", "b")], [("5s", "text"), ("5s", "text")]),
        (
            [("audio/amr", "a"), ("audio/amr", "b"), ("image/gif", "c")],
            [(None, "audio"), (None, "audio img")],
        ),
        ([("text/x-vcard", "k.vcf"), ("application/smil", "s"), ("IMAGE/PNG", "a")], [("5s", "img")]),
        ([("text/x-vcard", "k.vcf")], []),
        ([], []),
    ],
)
def test_slides(parts: list[tuple[str, str]], shown: list[tuple[str | None, str]]):
    told = [(duration, " ".join(tag for tag, _ in elements)) for duration, elements in slides(parts)]
    assert told == shown


def test_a_picture_and_its_text_have_regions_of_the_layout():
    root = ElementTree.fromstring(presentation([("text/plain", "t"), ("image/png", "a")]))  # noqa: S314
    regions = {region.get("id") for region in root.iterfind("head/layout/region")}
    assert {element.get("region") for element in root.iterfind("body/par/*")} == regions == {"Text", "Image"}


def test_a_presentation_is_known_for_one():
    document = presentation([("image/png", "cid:bild")])
    assert media.sniff(document) == media.Media("application/smil", "smil", "us-ascii")


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")), max_size=5
    )
)
def test_any_source_stands_in_it_as_it_is(sources: list[str]):
    told = slides([("image/png", source) for source in sources])
    assert [elements for _, elements in told] == [[("img", source)] for source in sources]


NAMES = {"min bild.jpeg": "min_bild.jpg", "Räka & ö.png": "Raka_o.png"}


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252", "utf-16"])
def test_a_presentation_of_a_customers_own_shows_files_by_the_names_that_they_have_now(charset: str) -> None:
    before = """<img SRC = 'min bild.jpeg'/><img src="min%20bild.JPEG"/><img src="cid:Räka &amp; ö.png"/>"""
    after = """<img SRC = 'min_bild.jpg'/><img src="min_bild.jpg"/><img src="cid:Raka_o.png"/>"""
    assert renamed(before.encode(charset), NAMES) == after.encode(charset)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\0<smil/>",
        b'<img src="other.jpg"/>',
        b'<img src="min bild.jpeg',
        b"<img src='x\x81'/>",
        b"src=" * 50_000,
    ],
)
def test_what_names_none_of_them_keeps_every_octet(document: bytes) -> None:
    assert renamed(document, NAMES) == document


@given(st.binary(max_size=300))
def test_octets_that_it_does_not_know_are_left_alone(octets: bytes) -> None:
    document = b'<img src="min bild.jpeg"/>' + octets
    assert renamed(document, NAMES).endswith(octets[-1:])


@pytest.mark.parametrize(
    ("before", "end", "slide"),
    [
        ('<smil><body><par><img src="a.png"/></par>', "</body></smil>", '<text src="text.txt"/>'),
        (
            "<smil><head><layout><region height=\"9%\" ID='Text'/></layout></head><body>",
            "</BODY >\n</smil>",
            '<text src="text.txt" region="Text"/>',
        ),
        ("<smil><body><!-- </body> İ å -->", "</body></smil>", '<text src="text.txt"/>'),
    ],
)
@pytest.mark.parametrize("written_in", ["utf-8", "utf-16"])
def test_a_text_that_a_presentation_leaves_out_has_a_slide_at_its_end(
    before: str, end: str, slide: str, written_in: str
):
    shown = with_text((before + end).encode(written_in), "text.txt")
    assert shown.decode(written_in) == f'{before}<par dur="5s">{slide}</par>{end}'
    assert with_text(shown, "text.txt") == shown


@pytest.mark.parametrize(
    "document",
    [
        b'<smil><body><par><text src="text.txt"/></par></body></smil>',
        b"<smil><body><par><text region='x' src = 'cid:Text%2Etxt'/></par></body></smil>",
        b"<smil/>",
        b"<smil><body/></smil>",
        b"\0 is no text</body>",
    ],
)
def test_a_presentation_that_shows_the_text_or_has_no_place_for_it_stays_as_it_is(document: bytes):
    assert with_text(document, "text.txt") is document


@given(st.binary(), st.binary())
def test_whatever_a_presentation_is_nothing_of_it_is_lost(before: bytes, after: bytes):
    document = b"<smil>" + before + b"</body>" + after
    shown = with_text(document, "text.txt")
    assert shown.replace(b'<par dur="5s"><text src="text.txt"/></par>', b"") == document


@pytest.mark.parametrize(
    ("inside", "has"),
    [
        (b"<head><script>alert(1)</script></head>", True),
        (b"<SCRIPT/>", True),
        (b'<svg:script xlink:href="x"/>', True),
        (b'<ev:listener event="x"/>', True),
        (b'<img src="a.jpg" onload="x()"/>', True),
        (b"<img alt=\">\" ONLOAD = 'x()'/>", True),
        (b'<a href="javascript:x()"/>', True),
        (b'<a href="java&#115;cri&#10;pt:x()"/>', True),
        (b'<meta content="on sale = 2"/><par><text src="description.txt"/></par>', False),
        (b'<par begin="button.click"><img src="handler.jpg" region="Icon"/></par>', False),
    ],
)
@pytest.mark.parametrize("charset", ["utf-8", "utf-16"])
def test_what_a_viewer_might_run_is_found(inside: bytes, has: bool, charset: str) -> None:
    document = f"<smil>{inside.decode()}</smil>".encode(charset)
    assert smil.has_script(document) == has
    assert not smil.has_script(smil.presentation([("image/jpeg", "a.jpg"), ("text/plain", "text.txt")]))
