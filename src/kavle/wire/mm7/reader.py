"""Messages of MM7, read: as the standard has them, and as networks send them.

Read as meant are children that are qualified or not, a Content that names its part with `cid:`, with
brackets or without either, or a part that is not there, or that is missing itself, a `start` that is
missing, addresses with `/TYPE=PLMN`, and namespaces that nobody has published."""

from __future__ import annotations

from typing import Any, Final

from kavle.wire.mime import ContentType, MimeError, Part
from kavle.wire.mime import read as read_mime
from kavle.wire.mm7 import values
from kavle.wire.mm7.errors import Unreadable
from kavle.wire.mm7.fields import FIELDS, NAMES, WITH_CONTENT, Field, Kind
from kavle.wire.mm7.messages import Address, Form, Message, RSErrorRsp, Status
from kavle.wire.mm7.status import Code
from kavle.wire.mm7.versions import NOT_MM7, Version
from kavle.wire.mm7.xml import Element, parse

_FORMS: Final = {form.value.lower(): form for form in Form}
_PLMN: Final = "/TYPE=PLMN"  # OMA MMS encapsulation §8
_BLAME: Final = {"client": Code.CLIENT_ERROR, "sender": Code.CLIENT_ERROR}  # SOAP 1.1 §4.4.1, SOAP 1.2 §5.4.6


def read(content_type: str, body: bytes) -> Message:
    """`content_type` is the header's value, `body` that of the HTTP message. Raises Unreadable."""
    envelope, start, whole = _document(content_type, body)
    kind, element, version = _message(envelope)
    transaction = _transaction(envelope)
    try:
        given = _fields(kind, element)
    except Unreadable as error:
        raise Unreadable(error.code, str(error), transaction, version) from None
    if kind in WITH_CONTENT:
        content = element.find("Content")
        given["content"] = _content(content, start, whole)
        if content is not None and "allow_adaptations" in kind.__struct_fields__:
            given["allow_adaptations"] = values.read_bool(content.attributes.get("allowadaptations", ""))
    return kind(transaction=transaction, version=version, **given)


# --- the document ------------------------------------------------------------------------------------------


def _document(content_type: str, body: bytes) -> tuple[Element, Part | None, Part | None]:
    """The envelope, the part that it is in, and the multipart that this is in."""
    # Some say multipart/related of what is XML alone.
    if not content_type.lower().lstrip().startswith("multipart/") or body.lstrip()[:1] == b"<":
        return parse(body, content_type), None, None
    try:
        whole = read_mime(content_type, body)
    except MimeError as error:
        raise Unreadable(Code.VALIDATION_ERROR, f"not MIME: {error}") from None
    start = whole.root
    if start is None or start.parts:
        raise Unreadable(Code.VALIDATION_ERROR, "no part holds the SOAP envelope")
    return parse(start.body, str(start.content_type)), start, whole


def _message(envelope: Element) -> tuple[type[Message], Element, Version]:
    body = envelope.find("Body")
    if envelope.name.lower() != "envelope" or body is None or not body.children:
        raise Unreadable(Code.VALIDATION_ERROR, "no SOAP envelope with something in its body")
    element = body.children[0]
    if element.name.lower() == "fault":
        element = _in_fault(element)
    kind = NAMES.get(element.name.lower())
    number = element.find("MM7Version")
    version = Version(element.namespace, number.text if number is not None else "")
    if kind is None:
        why = "a request that MM7 does not have, or that is of no use here"
        raise Unreadable(Code.UNSUPPORTED_OPERATION, why, _transaction(envelope), version)
    return kind, element, version


def _in_fault(fault: Element) -> Element:
    """What MM7 puts into a fault's detail; of one that knows nothing of MM7, what it would have put there."""
    found = next((inner for inner in fault.walk() if inner.name.lower() in NAMES), None)
    if found is not None:
        return found
    blame, told = fault.find("faultcode"), fault.find("faultstring")
    word = blame.text.rpartition(":")[2].lower() if blame is not None else ""
    status = Element(
        "Status", children=[Element("StatusCode", text=str(int(_BLAME.get(word, Code.SERVER_ERROR))))]
    )
    if told is not None:
        status.children.append(Element("StatusText", text=told.text))
    return Element(RSErrorRsp.__name__, children=[Element("MM7Version", text=NOT_MM7.number), status])


def _transaction(envelope: Element) -> str:
    header = envelope.find("Header", "TransactionID")
    return header.text if header is not None else ""


# --- fields ------------------------------------------------------------------------------------------------


def _fields(kind: type[Message], element: Element) -> dict[str, Any]:
    given = {}
    for field in FIELDS[kind]:
        value = _value(field, element)
        if value is not None:
            given[field.name] = value
        elif field.required:
            raise Unreadable(
                Code.VALIDATION_ERROR, f"{kind.__name__} has no {field.element}, or none that can be read"
            )
    return given


def _value(field: Field, message: Element) -> Any:
    """None where it is not given, or can't be read."""
    holder = message.find(field.within) if field.within else message
    found = [element for one in (holder, message) if one is not None for element in one.all(field.element)]
    if field.kind is Kind.ADDRESSES:
        return tuple(address for element in found for address in _addresses(element)) or None
    if not found:
        return None
    element = found[0]
    match field.kind:
        case Kind.TEXT:
            return element.text or None
        case Kind.BOOL:
            return values.read_bool(element.text)
        case Kind.TIME:
            return values.read_time(element.text)
        case Kind.MOMENT:
            return values.read_moment(element.text)
        case Kind.ADDRESS:
            return next(iter(_addresses(element)), None)
        case Kind.STATUS:
            return _status(element)


def _addresses(element: Element) -> list[Address]:
    forms = [inner for inner in element.walk() if inner.name.lower() in _FORMS and inner.text]
    if forms:
        return [_address(_FORMS[inner.name.lower()], inner) for inner in forms]
    if not element.text:
        return []
    return [_address(Form.RFC2822 if "@" in element.text else Form.NUMBER, element)]


def _address(form: Form, element: Element) -> Address:
    value = element.text
    if value.upper().endswith(_PLMN):
        value = value[: -len(_PLMN)]
    shown = values.read_bool(element.attributes.get("displayonly", ""))
    return Address(form, value, shown is True)


def _status(element: Element) -> Status | None:
    code, text, details = (element.find(name) for name in ("StatusCode", "StatusText", "Details"))
    if code is None or not (code.text.isascii() and code.text.isdigit() and len(code.text) <= 5):
        return None
    return Status(
        int(code.text),
        text.text if text is not None else "",
        " ".join(inner.text for inner in details.walk() if inner.text) if details is not None else "",
    )


# --- content -----------------------------------------------------------------------------------------------


def _content(element: Element | None, start: Part | None, whole: Part | None) -> Part | None:
    """What the envelope says is the content; else, or where that is one of several beside each other, all
    that came with it."""
    if whole is None:
        return None
    href = element.attributes.get("href", "") if element is not None else ""
    meant = whole.find(href) if href else None
    others = tuple(part for part in whole.parts if part is not start)
    if meant is not None and meant is not start and (meant.parts or len(others) == 1):
        return meant
    if len(others) <= 1:
        return others[0] if others else None
    return Part(ContentType("multipart/mixed"), parts=others)
