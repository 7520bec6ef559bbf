"""The presentation of a message, as any phone shows it: the subset of SMIL that the OMA MMS Conformance
Document has, with a region for pictures and one for text.

A slide has a picture or a video, a sound and a text, one of each at most. What comes in order fills slides in
order; contacts and calendars are in the message, but no slide shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import unescape
from typing import Final
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from kavle.mms.text import charset

CONTENT_TYPE: Final = "application/smil"

LONGEST: Final = 64 * 1024
"""Octets of one that a sender brings: 500 slides, and no more than a tenth of a second to look through."""

_SECONDS: Final = 5
"""That a slide without a sound or a video is shown; others last as long as those do."""

_ELEMENTS: Final = {"image": "img", "video": "video", "audio": "audio", "text": "text"}
_REGIONS: Final = {
    "img": ' region="Image"',
    "video": ' region="Image"',
    "text": ' region="Text"',
    "audio": "",
}
_SLOTS: Final = {"img": "picture", "video": "picture", "audio": "sound", "text": "text"}
_TIMED: Final = {"video", "audio"}
_HEAD: Final = (
    '<head><layout><root-layout width="100%" height="100%"/>'
    '<region id="Image" left="0" top="0" width="100%" height="70%" fit="meet"/>'
    '<region id="Text" left="0" top="70%" width="100%" height="30%" fit="scroll"/></layout></head>'
)

# Bounded, so that a hostile document costs no more than its octets.
_SOURCE: Final = re.compile(r"""(\bsrc\s{0,9}=\s{0,9})(["'])((?:cid:)?)([^"'<>]{1,400})\2""", re.IGNORECASE)

_END: Final = re.compile(r"</body\s{0,9}>", re.IGNORECASE)
_TEXT_REGION: Final = re.compile(
    r"""<region\b[^<>]{0,400}?\bid\s{0,9}=\s{0,9}["'](text)["']""", re.IGNORECASE
)

_SCRIPT: Final = re.compile(
    r"""<(?:[\w.-]{1,100}+:)?(?:script|handler|listener)\b|[\s"'/]on[a-z]{1,40}+\s*+=\s*+["']""",
    re.IGNORECASE,
)
_SCRIPT_ADDRESS: Final = re.compile(r"(?:java|vb)script:", re.IGNORECASE)

_Slide = dict[str, tuple[str, str]]  # by slot: element and source


def presentation(parts: Iterable[tuple[str, str]]) -> bytes:
    """A SMIL document in ASCII for parts given by content type and source (a Content-Location, or `cid:` and
    a Content-ID)."""
    slides = "".join(_slide(slide) for slide in _slides(parts))
    return f"<smil>{_HEAD}<body>{slides}</body></smil>".encode("ascii", "xmlcharrefreplace")


def renamed(document: bytes, names: Mapping[str, str]) -> bytes:
    """`document` with each source that is a name in `names` called what it is called there; the very same
    octets if there is none."""
    written_in = charset(document)
    if written_in is None:
        return document
    known = {name.lower(): new for name, new in names.items()}

    def source(found: re.Match[str]) -> str:
        start, quote, scheme, _ = found.groups()
        new = known.get(_meant(found))
        return found[0] if new is None else f"{start}{quote}{scheme}{new}{quote}"

    text = document.decode(written_in, "surrogateescape")
    changed = _SOURCE.sub(source, text)
    return document if changed == text else changed.encode(written_in, "surrogateescape")


def with_text(document: bytes, name: str) -> bytes:
    """`document` with a slide more, in the end, for the text that is called `name`: a phone might show it
    nowhere else. The very same octets if it is among what is shown already, or if there is no end."""
    written_in = charset(document)
    if written_in is None:
        return document
    text = document.decode(written_in, "surrogateescape")
    ends = [found.start() for found in _END.finditer(text)]
    if not ends or any(_meant(found) == name.lower() for found in _SOURCE.finditer(text)):
        return document
    own = _TEXT_REGION.search(text)
    region = f' region="{own[1]}"' if own else ""
    slide = f'<par dur="{_SECONDS}s"><text src={quoteattr(name)}{region}/></par>'
    return f"{text[: ends[-1]]}{slide}{text[ends[-1] :]}".encode(written_in, "surrogateescape")


def has_script(document: bytes) -> bool:
    """Whether there is something in it that a viewer might run: an element of scripts, an attribute that
    handles an event, an address that is a program. No presentation needs any of them."""
    text = document.decode(charset(document) or "latin-1", "replace")
    address = "".join(unescape(text).split())  # in which viewers overlook what is white
    return bool(_SCRIPT.search(text) or _SCRIPT_ADDRESS.search(address))


def _meant(source: re.Match[str]) -> str:
    """The name that it means, in lower case."""
    return unquote(unescape(source[4])).strip().lower()


def _slides(parts: Iterable[tuple[str, str]]) -> list[_Slide]:
    slides: list[_Slide] = []
    for content_type, source in parts:
        element = _element(content_type)
        if element is None:
            continue
        slot = _SLOTS[element]
        if not slides or slot in slides[-1]:
            slides.append({})
        slides[-1][slot] = element, source
    return slides


def _element(content_type: str) -> str | None:
    kind, _, subtype = content_type.partition(";")[0].strip().lower().partition("/")
    if kind == "text" and subtype != "plain":
        return None
    return _ELEMENTS.get(kind)


def _slide(slide: _Slide) -> str:
    timed = any(element in _TIMED for element, _ in slide.values())
    shown = "".join(
        f"<{element} src={quoteattr(source)}{_REGIONS[element]}/>" for element, source in slide.values()
    )
    return f"<par>{shown}</par>" if timed else f'<par dur="{_SECONDS}s">{shown}</par>'
