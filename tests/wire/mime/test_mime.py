"""Bodies of several parts, read and written: every octet of every part survives."""

from __future__ import annotations

import base64
import contextlib
import re
import tracemalloc
from email import policy
from email.parser import BytesParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kavle.wire import mime
from kavle.wire.mime import Coding, ContentType, Limits, Part, reader, writer
from kavle.wire.mime.coding import encode
from wire.mime.mime_bodies import EVERY_KIND, MIXED, MM7, MM7_TYPE, MULTIPARTS


def read(
    body: bytes, content_type: str = "multipart/mixed; boundary=b", limits: Limits | None = None
) -> Part:
    return mime.read(content_type, body, limits)


def bodies(body: bytes, content_type: str = "multipart/mixed; boundary=b") -> list[bytes]:
    return [part.body for part in read(body, content_type).parts]


def one(header: bytes, body: bytes = b"x") -> Part:
    """The only part of a body, by its header."""
    return read(b"--b\r\n" + header + b"\r\n\r\n" + body + b"\r\n--b--\r\n").parts[0]


@example(EVERY_KIND)
@given(MULTIPARTS)
def test_what_is_written_is_read(part: Part):
    assert mime.read(*mime.write(part)) == part


def test_another_reader_finds_the_same_parts():
    content_type, body = mime.write(EVERY_KIND)
    found = BytesParser(policy=policy.HTTP).parsebytes(
        f"Content-Type: {content_type}\r\n\r\n".encode() + body
    )
    leaves = [part for part in found.walk() if not part.is_multipart()]
    ours = [part for part in EVERY_KIND.walk() if not part.parts]
    assert [part.get_content_type() for part in leaves] == [part.content_type.type for part in ours]
    # It takes CRLF for its own line's ends elsewhere; in base64 and quoted-printable it can't.
    for theirs, part in zip(leaves, ours, strict=True):
        if part.coding is not Coding.BINARY:
            assert theirs.get_payload(decode=True) == part.body
    assert leaves[3].get_filename() == "å.amr"


def test_an_exchange_of_the_standard():
    whole = mime.read(MM7_TYPE, MM7)
    assert whole.content_type == ContentType(
        "multipart/related", {"type": "text/xml", "start": "</tnn-200102/mm7-submit>"}
    )
    assert whole.root is whole.parts[0]
    assert whole.root.body == b'<?xml version="1.0"?><env:Envelope/>'
    content = whole.find("cid:SaturnPics-01020930@news.tnn.com")
    assert content is whole.parts[1]
    assert [part.body for part in content.parts] == [
        b"Science news, new Saturn pictures...",
        bytes.fromhex("474946383961640050 00"),
    ]
    assert whole.find("cid:saturn.gif") is content.parts[1]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"--b\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b--\r\n", [b"1", b"2"]),
        (b"--b\n\n1\n--b\n\n2\n--b--\n", [b"1", b"2"]),
        (b"--b\n\n1\r\n--b--", [b"1\r"]),  # lines end in LF, so that is the part's
        (b"--b\r\n\r\n1\n--b--\r\n2\r\n--b--", [b"1\n--b--\r\n2"]),  # in CRLF, so no delimiter
        (b"before\r\n--b\r\n\r\n1\r\n--b--\r\nbehind\r\n--b\r\n\r\n2", [b"1"]),
        (b"--b \t\r\n\r\n1\r\n--b-- \t", [b"1"]),
        (b"--b\r\n\r\n1\r\n--b--\n", [b"1"]),
        (b"--b\r\n\r\n\r\n--b--", [b""]),
        (b"--b\r\n\r\n--b--", [b""]),
        (b"--b\r\nContent-Type: text/plain\r\n--b--", [b""]),  # a header alone
        (b"--b\r\n--b\r\n\r\n1\r\n--b--", [b"", b"1"]),
        (b"--b--", []),
        (b"--b\r\n\r\n--bx\r\n--b-\r\n-- b\r\nx--b\r\n--b--", [b"--bx\r\n--b-\r\n-- b\r\nx--b"]),
        (b"--b\r\n\r\n--b--b--\r\n--b--", [b"--b--b--"]),
        (b"--b\r\nX: 1\n\n1\r\n--b--", [b"1"]),  # who writes headers by hand
    ],
)
def test_delimiters(body: bytes, expected: list[bytes]):
    assert bodies(body) == expected


def test_the_boundary_of_an_outer_one_ends_no_inner_one():
    inner = b"--bb\r\n\r\n1\r\n--bb\r\n\r\n2\r\n--bb--\r\n"
    body = b"--b\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n" + inner + b"\r\n--b\r\n\r\n3\r\n--b--"
    first, second = read(body).parts
    assert [part.body for part in first.parts] == [b"1", b"2"]
    assert second.body == b"3"


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (b"X-Other: y", Part()),
        (b"content-TYPE:image/PNG", Part(ContentType("image/png"))),
        (b'Content-Type: a/b; Name="\\"b" ; x = y;', Part(ContentType("a/b", {"name": '"b', "x": "y"}))),
        (b"Content-Type: image/png;\r\n name=a.png", Part(ContentType("image/png", {"name": "a.png"}))),
        (b"Content-Type: a/b; c=1; c=2\r\nContent-Type: x/y", Part(ContentType("a/b", {"c": "1"}))),
        (b"Content-ID: <a@b>", Part(content_id="a@b")),
        (b"Content-Id: a", Part(content_id="a")),
        (b"Content-Location:  bild 1.jpg ", Part(content_location="bild 1.jpg")),
        (b"Content-Location: =?utf-8?Q?bl=C3=A5_1.jpg?=", Part(content_location="blå 1.jpg")),
        (b"Content-Location: =?utf-8?B?YmzD?= =?utf-8?B?pQ==?=", Part(content_location="bl\ufffd\ufffd")),
        (b"Content-Location: =?iso-8859-1?q?=E5?= =?ISO-8859-1?B?5A==?= x", Part(content_location="åä x")),
        (b"Content-Location: =?klingon?Q?x?=", Part(content_location="=?klingon?Q?x?=")),
        (b"Content-Location: =?utf-8?B?x?=", Part(content_location="=?utf-8?B?x?=")),
        (b"Content-Location: =?utf-8?Q?a=0D=0AX:_y=00?=", Part(content_location="aX: y")),
        (b"Content-Disposition: attachment; filename=a.png", Part(filename="a.png")),
        (b"Content-Disposition: attachment; filename=a; filename*=utf-8'sv'bl%C3%A5", Part(filename="blå")),
        (b"Content-Disposition: attachment; filename*=iso-8859-1''%E5", Part(filename="å")),
        (b"Content-Disposition: attachment; filename*=junk", Part(filename="")),
        ("Content-Disposition: attachment; filename=blå".encode(), Part(filename="blå")),
        ("Content-Disposition: attachment; filename=blå".encode("latin-1"), Part(filename="blå")),
        (b"Content-Transfer-Encoding: 8BIT", Part()),
        (b"Content-Transfer-Encoding: 7bit", Part()),
    ],
)  # fmt: skip
def test_headers(header: bytes, part: Part):
    assert one(header) == Part(
        **{name: getattr(part, name) for name in part.__struct_fields__} | {"body": b"x"}
    )


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (Part(), ""),
        (Part(content_id="i"), "i"),
        (Part(content_id="i", content_location="l"), "l"),
        (Part(ContentType("a/b", {"name": "n"}), content_location="l"), "n"),
        (Part(ContentType("a/b", {"name": "n"}), filename="f"), "f"),
    ],
)
def test_what_its_sender_calls_it(part: Part, name: str):
    assert part.name == name


@pytest.mark.parametrize(
    ("coding", "written", "body"),
    [
        (b"base64", b"/wD/\r\nAA", None),
        (b"base64", b"/wD/\r\nAAA=\r\n", b"\xff\0\xff\0\0"),
        (b"BASE64", b"!/wD/*", b"\xff\0\xff"),
        (b"base64", b"", b""),
        (b"quoted-printable", b"bl=E5=\r\n x", b"bl\xe5 x"),
        (b"quoted-printable", b"=ZZ=", b"=ZZ"),
        (b"x-uuencode", b"x", None),
        (b"binary", b"\0\r\n\xff", b"\0\r\n\xff"),
    ],
)
def test_transfer_encodings(coding: bytes, written: bytes, body: bytes | None):
    header = b"Content-Transfer-Encoding: " + coding
    if body is None:
        with pytest.raises(mime.BadCoding):
            one(header, written)
    else:
        assert one(header, written).body == body


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("cid:pic", 1),
        ("CID:pic", 1),
        ("pic", 1),
        ("<pic>", 1),
        (" cid:pic ", 1),
        ("cid:a%2Bb", 2),
        ("a+b", 2),
        ("text.txt", 0),
        ("cid:other", None),
        ("", None),
        ("cid:", None),
    ],
)
def test_a_reference_finds_its_part(reference: str, found: int | None):
    parts = (
        Part(content_location="text.txt"),
        Part(content_id="pic", content_location="x"),
        Part(content_id="a+b", content_location="pic"),
    )
    assert Part(MIXED, parts=parts).find(reference) is (None if found is None else parts[found])


@pytest.mark.parametrize(("start", "root"), [("<2>", 1), ("2", 1), ("<3>", 0), ("", 0)])
def test_the_root_is_what_start_says_or_the_first(start: str, root: int):
    whole = Part(
        ContentType("multipart/related", {"start": start}), parts=(Part(content_id="1"), Part(content_id="2"))
    )
    assert whole.root is whole.parts[root]
    assert Part(MIXED).root is None


NESTED = b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"


@pytest.mark.parametrize(
    ("content_type", "body", "error"),
    [
        ("text/xml", b"", mime.NotMultipart),
        ("multipart/mixed", b"--b--", mime.NotMultipart),
        ("multipart/mixed; boundary=", b"----", mime.NotMultipart),
        ('multipart/mixed; boundary=""', b"----", mime.NotMultipart),
        (f"multipart/mixed; boundary={'b' * 257}", b"", mime.NotMultipart),
        ("", b"", mime.BadHeader),
        ("multipart", b"", mime.BadHeader),
        ("multipart/mixed; boundary=b\nX: y", b"--b--", mime.BadHeader),
        ("multipart/mixed; boundary=b", b"", mime.Unterminated),
        ("multipart/mixed; boundary=b", b"--b\r\n\r\nhalf a pict", mime.Unterminated),
        ("multipart/mixed; boundary=b", b"--b\r\n\r\n1\r\n--b\r\n", mime.Unterminated),
        ("multipart/mixed; boundary=b", b"--b\r\n\r\n1\r\n--b-", mime.Unterminated),
        ("multipart/mixed; boundary=b", b"--b\r\nno field\r\n\r\n\r\n--b--", mime.BadHeader),
        ("multipart/mixed; boundary=b", b"--b\r\nX\xe5: y\r\n\r\n\r\n--b--", mime.BadHeader),
        ("multipart/mixed; boundary=b", b"--b\r\nX: a\0b\r\n\r\n\r\n--b--", mime.BadHeader),
        ("multipart/mixed; boundary=b", b"--b\r\nX: a\rY: b\r\n\r\n\r\n--b--", mime.BadHeader),
        ("multipart/mixed; boundary=b", b"--b\r\nContent-Type: png\r\n\r\n\r\n--b--", mime.BadHeader),
        ("multipart/mixed; boundary=b", NESTED + b"--b--", mime.Unterminated),
        (
            "multipart/mixed; boundary=b",
            NESTED.replace(b"=b\r\n", b"=c\r\nContent-Transfer-Encoding: base64\r\n") + b"--c--\r\n--b--",
            mime.BadCoding,
        ),
        ("multipart/mixed; boundary=b", b"--b\r\nX: " + b"y" * 9000 + b"\r\n\r\n\r\n--b--", mime.TooMuch),
        ("multipart/mixed; boundary=b", b"--b\r\n\r\n\r\n" * 251 + b"--b--", mime.TooMuch),
    ],
)
def test_what_can_not_be_read_is_refused_by_name(content_type: str, body: bytes, error: type[mime.MimeError]):
    with pytest.raises(error) as raised:
        mime.read(content_type, body)
    assert str(raised.value)


def test_depth_is_bounded():
    part = Part(MIXED, parts=(Part(),))
    for _ in range(3):
        part = Part(MIXED, parts=(part,))
    assert mime.read(*mime.write(part)) == part
    with pytest.raises(mime.TooMuch):
        mime.read(*mime.write(Part(MIXED, parts=(part,))))


@pytest.mark.parametrize(
    "part",
    [
        Part(),
        Part(ContentType("multipart/mixed")),
        Part(ContentType("text/plain"), parts=(Part(),)),
        Part(MIXED, parts=(Part(ContentType("multipart/mixed")),)),
        Part(MIXED, parts=(Part(content_id="a\r\nX: y"),)),
        Part(MIXED, parts=(Part(content_location="\0"),)),
        Part(MIXED, parts=(Part(filename="a\nb"),)),
        Part(MIXED, parts=(Part(filename="\ud800"),)),
        Part(MIXED, parts=(Part(ContentType("a/b", {"name": "a\nb"})),)),
        Part(ContentType("multipart/mixed", {"start": "a\nb"}), parts=(Part(),)),
    ],
)
def test_what_no_header_can_hold_is_not_written(part: Part):
    with pytest.raises(ValueError, match=r"multipart|control|surrogates"):
        mime.write(part)


def test_a_boundary_is_nowhere_in_what_it_divides(monkeypatch: pytest.MonkeyPatch):
    """Not even in what was made for the boundary that would have been taken."""

    class Digest:
        def __init__(self, digest_size: int) -> None:
            self.after = 0

        def update(self, octets: bytes) -> None:
            self.after += octets.startswith(b"kavle-")

        def hexdigest(self) -> str:
            return str(self.after)

    monkeypatch.setattr(writer, "blake2b", Digest)
    part = Part(MIXED, parts=(Part(body=b"\r\n--kavle-0--\r\n"), Part(body=b"kavle-1")))
    content_type, body = mime.write(part)
    assert content_type == "multipart/mixed; boundary=kavle-2"
    assert mime.read(content_type, body) == part


@given(st.binary(max_size=100), st.text(max_size=60))
def test_anything_is_read_or_refused(body: bytes, content_type: str):
    for kind in (content_type, "multipart/mixed; boundary=b"):
        with contextlib.suppress(mime.MimeError):
            mime.read(kind, b"--b\r\n" + body + b"\r\n--b--")


def test_octets_like_a_boundary_in_the_middle_of_lines_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """5 MB of hyphens took nine seconds."""
    looks: list[int] = []
    rest = reader._REST

    class Counting:
        def match(self, body: bytes, at: int, end: int) -> re.Match[bytes] | None:
            looks.append(at)
            return rest.match(body, at, end)

    monkeypatch.setattr(reader, "_REST", Counting())
    boundary, hyphens = "-" * 50, b"-" * 10_000
    body = b"--%b\r\n\r\n%b\r\n--%b--\r\n" % (boundary.encode(), b"x" + hyphens, boundary.encode())
    assert bodies(body, f"multipart/mixed; boundary={boundary}") == [b"x" + hyphens]
    assert len(looks) == 2


@pytest.mark.parametrize("coding", [Coding.BINARY, Coding.BASE64])
def test_what_is_read_is_held_once_however_deep_it_is(coding: Coding) -> None:
    """A copy for each level, and one more for base64, were six pictures for each that came."""
    picture = bytes(range(256)) * 1200
    inner = Part(MIXED, parts=(Part(ContentType("image/jpeg"), picture, coding=coding),))
    kind, body = mime.write(Part(MIXED, parts=(Part(MIXED, parts=(inner,)),)))
    tracemalloc.start()
    try:
        whole = mime.read(kind, body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [part.body for part in whole.walk() if part.body] == [picture]
    assert peak < 1.5 * len(picture)


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 57 * 256 - 1, 57 * 256, 57 * 256 + 1, 57 * 600 + 5])
def test_base64_has_lines_of_76_characters(size: int) -> None:
    octets = bytes(range(251)) * (size // 251 + 1)
    written = b"".join(encode(Coding.BASE64, octets[:size]))
    assert written == base64.encodebytes(octets[:size]).rstrip().replace(b"\n", b"\r\n")


def test_what_is_written_in_pieces_is_the_parts_own() -> None:
    picture = Part(ContentType("image/jpeg"), bytes(range(256)) * 100)
    whole = Part(MIXED, parts=(Part(MIXED, parts=(picture,)),))
    kind, pieces = mime.pieces(whole)
    assert any(piece is picture.body for piece in pieces)
    assert (kind, b"".join(pieces)) == mime.write(whole)
