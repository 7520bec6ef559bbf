"""What a file is: by its content first, then by its name and what its sender says of it.

Phones are sent what phones show (3GPP TS 26.140 §4, OMA MMS Conformance Document) and nothing else: a
script, an executable or what is not known is None."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from kavle.mms import mpeg
from kavle.mms.text import charset


class Media(msgspec.Struct, frozen=True, gc=False):
    """A content type, and the extension of files of it, without a dot. `charset`: of a text, else empty."""

    content_type: str
    extension: str
    charset: str = ""

    @property
    def kind(self) -> str:
        """image, audio, video, text or application"""
        return self.content_type.partition("/")[0]


JPEG: Final = Media("image/jpeg", "jpg")
PNG: Final = Media("image/png", "png")
GIF: Final = Media("image/gif", "gif")
AMR: Final = Media("audio/amr", "amr")
AMR_WB: Final = Media("audio/amr-wb", "awb")
MP3: Final = Media("audio/mpeg", "mp3")
MP4: Final = Media("video/mp4", "mp4")
M4A: Final = Media("audio/mp4", "m4a")
THREE_GPP: Final = Media("video/3gpp", "3gp")
THREE_GPP_AUDIO: Final = Media("audio/3gpp", "3gp")
TEXT: Final = Media("text/plain", "txt")
VCARD: Final = Media("text/x-vcard", "vcf")
VCALENDAR: Final = Media("text/x-vcalendar", "vcs")
ICALENDAR: Final = Media("text/calendar", "ics")
SMIL: Final = Media("application/smil", "smil")

UNKNOWN: Final = Media("application/octet-stream", "bin")
"""How a file that came from a phone, and is none of these, is handed on."""

_MAGIC: Final[Mapping[bytes, Media]] = {
    b"\xff\xd8\xff": JPEG,  # ITU-T T.81 §B.1.1.3: SOI, and the next marker
    b"\x89PNG\r\n\x1a\n": PNG,  # RFC 2083 §3.1
    b"GIF87a": GIF,
    b"GIF89a": GIF,
    b"#!AMR\n": AMR,  # RFC 4867 §5.1
    b"#!AMR-WB\n": AMR_WB,
    b"ID3\x02": MP3,
    b"ID3\x03": MP3,
    b"ID3\x04": MP3,
}
# Major brands (ISO/IEC 14496-12 §4.3, 3GPP TS 26.244 §5.3). Of others (HEIC, say) MMS has none.
_BRANDS: Final[Mapping[bytes, Media]] = {
    **{b"3g" + letter: THREE_GPP for letter in (b"e", b"g", b"h", b"m", b"p", b"r", b"s")},
    b"M4A ": M4A,
    b"M4V ": MP4,
    b"MSNV": MP4,
    b"avc1": MP4,
    b"dash": MP4,
    b"iso": MP4,
    b"mmp4": MP4,
    b"mp4": MP4,
}
_AUDIO: Final[Mapping[Media, Media]] = {THREE_GPP: THREE_GPP_AUDIO, MP4: M4A}

_HEAD: Final = 1024  # characters that tell what a text is, behind those that are white
_WHITE: Final = "\ufeff\t\n\f\r "
_SMIL: Final = re.compile(
    r"(?:\s++|<\?xml[^>]*>|<!--.*?-->|<!doctype\s+smil[^>\[]*>)*+<smil[\s/>]", re.IGNORECASE | re.DOTALL
)
_VERSION_2: Final = re.compile(r"^VERSION:2\.", re.I | re.M)
_ACTIVE: Final = re.compile(r"\s*(?:<[a-z!?%/]|#!|@echo\b|%!PS|\{\\rtf|%PDF)", re.I)
"""How a page, a script or a document for a printer begins. A text may begin with "<3"."""

# What a text may be called, and said to be. Else a script would be a text like others.
_EXTENSIONS: Final = {"", "asc", "text", "txt"}
_DECLARED: Final = {"", "application/octet-stream", "binary/octet-stream", "text/plain"}


def sniff(data: bytes, name: str = "", declared: str = "") -> Media | None:
    """What `data` is, or None if it is nothing that is sent to phones. `declared`: a Content-Type, which may
    have parameters."""
    declared = declared.partition(";")[0].strip().lower()
    for magic, media in _MAGIC.items():
        if data.startswith(magic):
            return media
    if data[4:8] == b"ftyp":
        return _boxed(data[8:12], declared)
    if mpeg.is_layer_3(data):
        return MP3
    return _text(data, name, declared)


def _boxed(brand: bytes, declared: str) -> Media | None:
    media = next((media for begins, media in _BRANDS.items() if brand.startswith(begins)), None)
    # Whether there is a picture in it stands too deep inside; nothing is lost by believing it.
    return _AUDIO.get(media, media) if media and declared.startswith("audio/") else media


def _text(data: bytes, name: str, declared: str) -> Media | None:
    written_in = charset(data)
    if written_in is None:
        return None
    # However far off: who shows a page, too, begins at what is not white.
    head = data.decode(written_in, "replace").lstrip(_WHITE)[:_HEAD]
    media = _by_head(head)
    if media is None and not _ACTIVE.match(head) and _is_called_text(name, declared):
        media = TEXT
    return media and msgspec.structs.replace(media, charset=written_in)


def _by_head(head: str) -> Media | None:
    begins = head.lstrip()[:15].upper()
    if begins.startswith("BEGIN:VCARD"):
        return VCARD
    if begins.startswith("BEGIN:VCALENDAR"):
        return ICALENDAR if _VERSION_2.search(head) else VCALENDAR
    return SMIL if _SMIL.match(head) else None


def _is_called_text(name: str, declared: str) -> bool:
    _, dot, extension = name.rpartition(".")
    return declared in _DECLARED and (extension.lower() if dot else "") in _EXTENSIONS
