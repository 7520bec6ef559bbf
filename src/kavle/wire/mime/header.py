"""The header of a part: fields, their parameters, and what is written into them (RFC 2045 §5, RFC 822 §3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec

from kavle.wire.mime.errors import BadHeader
from kavle.wire.mime.words import CONTROL, charset_of, decoded

_FOLD: Final = re.compile(r"\r?\n(?=[ \t])")
_END_OF_LINE: Final = re.compile(r"\r?\n")
_FIELD: Final = re.compile(r"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)  # RFC 822 §3.2: any of ASCII but a colon
_T: Final = r"[\w!#$%&'*+.^`{|}~-]+"  # a token. RFC 2045 §5.1
_TOKEN: Final = re.compile(_T, re.ASCII)
_TYPE: Final = re.compile(rf"\s*({_T}/{_T})", re.ASCII)
_PARAMETER: Final = re.compile(rf";\s*({_T})\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^;]*))", re.ASCII | re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


class ContentType(msgspec.Struct, frozen=True):
    """A media type in lower case and its parameters, whose names are in lower case too."""

    type: str
    parameters: Mapping[str, str] = {}

    @property
    def multipart(self) -> bool:
        return self.type.startswith("multipart/")

    def __str__(self) -> str:
        """As it stands in a header. Raises ValueError for what no header can hold."""
        return self.type + "".join(f"; {name}={_quoted(value)}" for name, value in self.parameters.items())


PLAIN: Final = ContentType("text/plain", {"charset": "us-ascii"})
"""Of a part that says nothing. RFC 2045 §5.2"""


def fields(block: bytes) -> dict[str, str]:
    """A header's fields, unfolded, by name in lower case; of doubled ones the first. Raises BadHeader."""
    read: dict[str, str] = {}
    for line in _END_OF_LINE.split(_FOLD.sub("", _text(block))):
        if not line:
            continue
        field = _FIELD.fullmatch(line)
        if field is None or CONTROL.search(field[2]):
            raise BadHeader("a header has a line that is no field")
        read.setdefault(field[1].lower(), field[2].strip(" \t"))
    return read


def content_type(value: str) -> ContentType:
    """Raises BadHeader where there is no media type in it."""
    found = _TYPE.match(value)
    if found is None or CONTROL.search(value):
        raise BadHeader("a content type is no type and subtype")
    return ContentType(found[1].lower(), parameters(value[found.end() :]))


def parameters(value: str) -> dict[str, str]:
    """What stands behind the first semicolon, by name in lower case; of doubled ones the first. An extended
    value (RFC 2231 §4) goes before a plain one of its name."""
    plain: dict[str, str] = {}
    extended: dict[str, str] = {}
    for found in _PARAMETER.finditer(value):
        name = found[1].lower()
        text = found[3].strip() if found[2] is None else _ESCAPED.sub(r"\1", found[2])
        if name.endswith("*"):
            extended.setdefault(name[:-1], _extended(text))
        else:
            plain.setdefault(name, decoded(text))
    return plain | extended


def field(name: str, value: str) -> bytes:
    """A line of a header, in UTF-8 where ASCII does not do. Raises ValueError for what no header can hold."""
    if CONTROL.search(value):
        raise ValueError(f"{name}: control characters")
    return f"{name}: {value}\r\n".encode()


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(value: str) -> str:
    if CONTROL.search(value):
        raise ValueError("a parameter has control characters")
    return value if _TOKEN.fullmatch(value) else quoted(value)


def _text(block: bytes) -> str:
    try:
        return block.decode()
    except UnicodeDecodeError:
        return block.decode("latin-1")


def _extended(text: str) -> str:
    """charset'language'percent-escapes"""
    charset, _, rest = text.partition("'")
    octets = unquote_to_bytes(rest.partition("'")[2])
    return CONTROL.sub("", octets.decode(charset_of(charset) or "latin-1", "replace"))
