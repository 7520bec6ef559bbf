"""How files that strangers sent go to a browser: it keeps them, and runs nothing of them in our name."""

from __future__ import annotations

import re
from typing import Final

from kavle.north.http import NO_REFERRER, NO_SNIFF, NO_STORE

Header = tuple[bytes, bytes]

_SAFE: Final[tuple[Header, ...]] = (
    (b"content-security-policy", b"sandbox; default-src 'none'"),  # CSP Level 3 §6.3.2
    (b"cross-origin-resource-policy", b"same-origin"),
    NO_SNIFF,
    NO_STORE,
    NO_REFERRER,
)
_TYPE: Final = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}(?:; charset=[\w-]{1,20})?", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PICTURES: Final = ("image/gif", "image/jpeg", "image/png")


def attachment(name: str, content_type: str) -> list[Header]:
    """RFC 6266 §4.2"""
    return _described("attachment", name, content_type)


def shown(name: str, content_type: str) -> list[Header]:
    """A picture in its place on a page; whatever else it is, it is to be kept."""
    return _described("inline" if is_picture(content_type) else "attachment", name, content_type)


def is_picture(content_type: str) -> bool:
    """Of a kind that a browser shows and runs nothing of; SVG is none."""
    return content_type in _PICTURES


def _described(how: str, name: str, content_type: str) -> list[Header]:
    kind = content_type if _TYPE.fullmatch(content_type) else "application/octet-stream"
    called = name if _NAME.fullmatch(name) else "file"
    return [
        (b"content-type", kind.encode()),
        (b"content-disposition", f'{how}; filename="{called}"'.encode()),
        *_SAFE,
    ]
