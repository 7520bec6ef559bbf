"""What an MMS holds, as MIME: text and files with their presentation on the way out, files again on the way
in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from kavle.mms import smil
from kavle.mms.media import SMIL, TEXT
from kavle.mms.names import safe_names
from kavle.mms.text import charset
from kavle.model.mms import IncomingFile, MmsFile
from kavle.wire.mime import Coding, ContentType, Part
from kavle.wire.mime.header import content_type

_LONGEST_ID: Final = 200  # characters of a Content-ID that is kept


def content_of(text: str, files: Sequence[MmsFile], coding: Coding) -> Part:
    """multipart/related with a SMIL part first, by which a phone shows the text and then the files. A SMIL
    document among the files is the presentation instead: whoever made it knows better; but of the text it
    may know nothing."""
    named = [_part(_kind(file), file.name, file.data, coding) for file in files]
    words = [_text(text, [file.name for file in files], coding)] if text else []
    own = next((part for part in named if part.content_type.type == SMIL.content_type), None)
    others = [*words, *(part for part in named if part is not own)]
    start = _presentation(others) if own is None else _showing(own, words)
    parts = (start, *others)
    # RFC 2387 §3, OMA MMS Conformance Document §7: the presentation is what the others belong to.
    parameters = {"type": SMIL.content_type, "start": f"<{start.content_id}>"}
    return Part(ContentType("multipart/related", parameters), parts=parts)


def files_of(content: Part | None) -> tuple[IncomingFile, ...]:
    """In their order, called and said to be of the types that the phone gave them: what they are, the core
    sees."""
    parts = [part for part in content.walk() if not part.parts and part.body] if content is not None else []
    return tuple(
        IncomingFile(part.name, part.content_type.type, _identifier(part.content_id), part.body)
        for part in parts
    )


def _identifier(content_id: str) -> str:
    """As it stands in a URL later on: printable, and no longer than anybody needs."""
    return content_id[:_LONGEST_ID] if content_id.isprintable() else ""


def _text(text: str, taken: Sequence[str], coding: Coding) -> Part:
    name = safe_names([*((name, _extension(name)) for name in taken), ("text", TEXT.extension)])[-1]
    kind = ContentType(TEXT.content_type, {"charset": "utf-8", "name": name})
    return _part(kind, name, text.encode(), coding)


def _showing(own: Part, words: Sequence[Part]) -> Part:
    body = own.body
    for text in words:
        body = smil.with_text(body, text.content_location)
    return msgspec.structs.replace(own, body=body)


def _presentation(parts: Iterable[Part]) -> Part:
    document = smil.presentation((part.content_type.type, part.content_location) for part in parts)
    kind = ContentType(SMIL.content_type, {"charset": "utf-8", "name": "presentation.smil"})
    return Part(kind, document, content_id="presentation", content_location="presentation.smil")


def _kind(file: MmsFile) -> ContentType:
    """A text's charset, too: what says none is in US-ASCII to a phone (RFC 2046 §4.1.2)."""
    kind = content_type(file.content_type).type
    written_in = charset(file.data) if kind.startswith("text/") or kind == SMIL.content_type else None
    return ContentType(kind, {**({"charset": written_in} if written_in else {}), "name": file.name})


def _part(kind: ContentType, name: str, data: bytes, coding: Coding) -> Part:
    """By its Content-Location the presentation means it, and by its Content-ID phones that know only that."""
    return Part(kind, data, content_id=name, content_location=name, coding=coding)


def _extension(name: str) -> str:
    return name.rpartition(".")[2]
