"""Messages of MM7, written: XML alone, or multipart/related with the content behind it (3GPP TS 23.140
§8.7)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

import msgspec

from kavle.wire import mime
from kavle.wire.mime import ContentType, Part
from kavle.wire.mm7 import values
from kavle.wire.mm7.fields import FIELDS, IN_FAULTS, Field, Kind
from kavle.wire.mm7.messages import Address, DeliverReq, Message, Status, SubmitReq
from kavle.wire.soap.version import SOAP11
from kavle.wire.soap.writer import escape

XML: Final = ContentType("text/xml", {"charset": "utf-8"})
_START: Final = "mm7-envelope"
_CONTENT: Final = "mm7-content"


def write(message: Message) -> tuple[str, bytes]:
    """The Content-Type and the body of an HTTP message. Raises ValueError for a content that MIME can't
    hold."""
    content_type, body = pieces(message)
    return content_type, b"".join(body)


def pieces(message: Message) -> tuple[str, list[bytes]]:
    """As `write`, with the body in pieces: the files are the content's own."""
    content = message.content if isinstance(message, SubmitReq | DeliverReq) else None
    if content is None:
        return str(XML), [_envelope(message, "")]
    if not content.content_id:
        content = msgspec.structs.replace(content, content_id=_CONTENT)
    start = Part(XML, _envelope(message, content.content_id), content_id=_START)
    related = ContentType("multipart/related", {"type": "text/xml", "start": f"<{_START}>"})  # RFC 2387 §3
    return mime.pieces(Part(related, parts=(start, content)))


def _envelope(message: Message, content_id: str) -> bytes:
    name, namespace = type(message).__name__, escape(message.version.namespace)
    inner = f"<MM7Version>{escape(message.version.number)}</MM7Version>{_fields(message)}"
    if content_id:
        inner += _content(message, content_id)
    body = f'<{name} xmlns="{namespace}">{inner}</{name}>'
    if isinstance(message, IN_FAULTS):
        body = _fault(message.status, body)
    # mustUnderstand and the header are the standard's; the child elements are qualified by the default
    # namespace. A prefix for no namespace is no XML (Namespaces in XML 1.0 §2.2): who wrote without one
    # is answered without one.
    prefix, bound = ("mm7:", f' xmlns:mm7="{namespace}"') if namespace else ("", "")
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<env:Envelope xmlns:env="{SOAP11.namespace}"><env:Header>'
        f'<{prefix}TransactionID{bound} env:mustUnderstand="1">{escape(message.transaction)}'
        f"</{prefix}TransactionID></env:Header><env:Body>{body}</env:Body></env:Envelope>"
    ).encode()


def _fault(status: Status, detail: str) -> str:
    """SOAP 1.1 §4.4"""
    blame, told = ("Client", "Client error") if status.code // 1000 in (2, 4) else ("Server", "Server error")
    return (
        f"<env:Fault><faultcode>env:{blame}</faultcode><faultstring>{told}</faultstring>"
        f"<detail>{detail}</detail></env:Fault>"
    )


def _content(message: Message, content_id: str) -> str:
    allowed = message.allow_adaptations if isinstance(message, SubmitReq) else None
    adaptations = f' allowAdaptations="{values.write_bool(allowed)}"' if allowed is not None else ""
    return f'<Content href="cid:{escape(content_id)}"{adaptations}/>'  # RFC 2392 §2


# --- fields ------------------------------------------------------------------------------------------------


def _fields(message: Message) -> str:
    written = []
    for within, fields in groupby(FIELDS[type(message)], lambda field: field.within):
        inner = "".join(piece for field in fields for piece in _field(field, message))
        written.append(f"<{within}>{inner}</{within}>" if within and inner else inner)
    return "".join(written)


def _field(field: Field, message: Message) -> Iterator[str]:
    value = getattr(message, field.name)
    if value is not None and value not in ("", ()):
        yield f"<{field.element}>{_value(field.kind, value)}</{field.element}>"


def _value(kind: Kind, value: Any) -> str:
    match kind:
        case Kind.TEXT:
            return escape(value)
        case Kind.BOOL:
            return values.write_bool(value)
        case Kind.TIME | Kind.MOMENT:
            return values.write_moment(value)
        case Kind.ADDRESS:
            return _address(value)
        case Kind.ADDRESSES:
            return "".join(map(_address, value))
        case Kind.STATUS:
            return _status(value)


def _address(address: Address) -> str:
    shown = ' displayOnly="true"' if address.display_only else ""
    return f"<{address.form}{shown}>{escape(address.value)}</{address.form}>"


def _status(status: Status) -> str:
    text = f"<StatusText>{escape(status.text)}</StatusText>" if status.text else ""
    details = f"<Details>{escape(status.details)}</Details>" if status.details else ""
    return f"<StatusCode>{status.code}</StatusCode>{text}{details}"
