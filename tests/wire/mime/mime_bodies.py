"""Bodies of several parts as peers write them, and parts as hypothesis does."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from kavle.wire.mime import Coding, ContentType, Part

PICTURE: Final = b"\x89PNG\r\n\x1a\n\0\r\n--b\r\n\n--b--\n" + bytes(range(256)) + b"--b\r\r\n"
"""With all that a careless reader or writer takes for its own."""

# In the form of 3GPP TS 23.140 §8.7.8: an envelope, and the content as a multipart of its own.
MM7: Final = (
    b"--NextPart_000_0028\r\n"
    b'Content-Type: text/xml; charset="utf-8"\r\n'
    b"Content-ID: </tnn-200102/mm7-submit>\r\n"
    b"\r\n"
    b'<?xml version="1.0"?><env:Envelope/>\r\n'
    b"--NextPart_000_0028\r\n"
    b'Content-Type: multipart/mixed;\r\n\tboundary="StoryParts--74526 8432"\r\n'
    b"Content-ID: <SaturnPics-01020930@news.tnn.com>\r\n"
    b"\r\n"
    b"--StoryParts--74526 8432\r\n"
    b"Content-Type: text/plain; charset=us-ascii\r\n"
    b"\r\n"
    b"Science news, new Saturn pictures...\r\n"
    b"--StoryParts--74526 8432\r\n"
    b"Content-Type: image/gif;\r\n"
    b"Content-ID: <saturn.gif>\r\n"
    b"Content-Transfer-Encoding: base64\r\n"
    b"\r\n"
    b"R0lGODlhZABQAA==\r\n"
    b"--StoryParts--74526 8432--\r\n"
    b"--NextPart_000_0028--\r\n"
)
MM7_TYPE: Final = (
    'multipart/related; boundary="NextPart_000_0028"; type=text/xml; start="</tnn-200102/mm7-submit>"'
)

MIXED: Final = ContentType("multipart/mixed")
EVERY_KIND: Final = Part(
    ContentType("multipart/related", {"type": "text/xml", "start": "<soap>"}),
    parts=(
        Part(ContentType("text/xml", {"charset": "utf-8"}), b"<Envelope/>", content_id="soap"),
        Part(
            MIXED,
            content_id="content",
            parts=(
                Part(ContentType("text/plain"), "Hej på dig\n".encode(), coding=Coding.QUOTED_PRINTABLE),
                Part(ContentType("image/png", {"name": 'a "b".png'}), PICTURE, content_location="bild.png"),
                Part(ContentType("audio/amr"), PICTURE * 3, filename="å.amr", coding=Coding.BASE64),
                Part(body=b""),
            ),
        ),
    ),
)

_WORD: Final = st.text(st.sampled_from("abcXYZ019.-_+'*"), min_size=1, max_size=12)
# What no header changes: spaces at its ends go, and an encoded word is read.
_VALUE: Final = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12).filter(
    lambda text: text == text.strip() and "=?" not in text
)
_ID: Final = _WORD.map(lambda word: f"{word}@x")
_BODIES: Final = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from([b"\r", b"\n", b"-", b"--", b"kavle-", b"\0", b"=", b" ", b"x"])).map(b"".join),
)


def _types(main: st.SearchStrategy[str]) -> st.SearchStrategy[ContentType]:
    names = _WORD.map(str.lower).filter(lambda name: name != "boundary" and "*" not in name)
    return st.builds(ContentType, main, st.dictionaries(names, _VALUE, max_size=2))


_LEAVES: Final = st.builds(
    Part,
    _types(st.sampled_from(["text/plain", "image/png", "application/smil", "audio/amr"])),
    _BODIES,
    content_id=st.one_of(st.just(""), _ID),
    content_location=_VALUE,
    filename=_VALUE,
    coding=st.sampled_from(Coding),
)


def _multiparts(below: st.SearchStrategy[Part]) -> st.SearchStrategy[Part]:
    return st.builds(
        Part,
        _types(st.sampled_from(["multipart/mixed", "multipart/related", "multipart/alternative"])),
        parts=st.lists(below, min_size=1, max_size=4).map(tuple),
    )


MULTIPARTS: Final = _multiparts(_LEAVES | _multiparts(_LEAVES | _multiparts(_LEAVES)))
