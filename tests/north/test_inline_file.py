"""The files of an MMS, as clients have written them."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kavle.model.errors import Reason, Refusal
from kavle.model.mms import MmsFile
from kavle.north.inline_file import inline_files

OCTETS = bytes(range(256)) * 2
DATA = b64encode(OCTETS).decode()
LINES = "\r\n".join(DATA[at : at + 76] for at in range(0, len(DATA), 76))
FILE = MmsFile("bild.jpg", "image/jpeg", OCTETS)
NAMELESS = MmsFile("", "", OCTETS)

ITEMS = {
    "as described": ((("name", "bild.jpg"), ("contenttype", "image/jpeg"), ("data", DATA)), FILE),
    "in another order": ((("data", DATA), ("contenttype", "image/jpeg"), ("name", "bild.jpg")), FILE),
    "in lines": ((("name", "bild.jpg"), ("contenttype", "image/jpeg"), ("data", f"\n  {LINES}\n")), FILE),
    "other names": ((("filename", "bild.jpg"), ("mimetype", "image/jpeg"), ("content", DATA)), FILE),
    "bytes": ((("name", "bild.jpg"), ("type", "image/jpeg"), ("bytes", DATA)), FILE),
    "file": ((("name", " bild.jpg "), ("mime", "image/jpeg\n"), ("file", DATA)), FILE),
    "base64": ((("base64", DATA), ("name", "bild.jpg"), ("contenttype", "image/jpeg")), FILE),
    "the longest of no known name": (
        (("name", "bild.jpg"), ("contenttype", "image/jpeg"), ("size", "512"), ("blob", DATA)),
        FILE,
    ),
    "data before what is longer": ((("comment", "x" * 1000), ("data", DATA)), NAMELESS),
    "a long name is no data": ((("name", "x" * 1000), ("octets", DATA)), MmsFile("x" * 1000, "", OCTETS)),
    "of doubled ones the first": ((("data", DATA), ("data", "AAAA"), ("name", "")), NAMELESS),
    "nothing but a text": ((("", DATA),), NAMELESS),
}


@pytest.mark.parametrize(("item", "file"), ITEMS.values(), ids=ITEMS)
def test_a_file_however_it_is_named(item: tuple[tuple[str, str], ...], file: MmsFile) -> None:
    assert inline_files([item]) == (file,)


def test_texts_of_one_name_are_files_each() -> None:
    item = (("base64binary", DATA), ("base64binary", "SGVq"))
    assert inline_files([item]) == (NAMELESS, MmsFile("", "", b"Hej"))


def test_an_element_of_nothing_is_no_file() -> None:
    assert inline_files([(("inlinefile", ""),), (("name", ""), ("data", " "))]) == ()


BAD = [
    "SGVq!",
    "SGV",
    "SGVq=",
    "=SGVq",
    "SGVqSA=A",
    "åäö",
    "SGV-",
    "data:image/gif;base64,SGVq",
    "SGVqSA==SGVq",
]


@pytest.mark.parametrize("data", BAD)
def test_what_is_not_in_base64_is_refused(data: str) -> None:
    with pytest.raises(Refusal) as refused:
        inline_files([(("name", "a"), ("data", data))])
    assert refused.value.reason is Reason.CONTENT


@pytest.mark.parametrize(
    "item", [(("name", "a.jpg"), ("contenttype", "")), (("name", "a.jpg"), ("data", "\n"))]
)
def test_a_file_without_octets_is_refused(item: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(Refusal, match="empty"):
        inline_files([item])


@given(st.binary(min_size=1), st.integers(1, 80))
def test_all_octets_come_through(octets: bytes, width: int) -> None:
    text = b64encode(octets).decode()
    lines = "\n".join(text[at : at + width] for at in range(0, len(text), width))
    assert inline_files([(("name", "x"), ("data", lines))]) == (MmsFile("x", "", octets),)
