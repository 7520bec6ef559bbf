"""A request as a `Call`: which operation is asked for, in whose namespace, with what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from functools import lru_cache

import msgspec

from kavle.wire.soap.charset import utf8
from kavle.wire.soap.envelope import Envelope
from kavle.wire.soap.fault import Fault, malformed, unknown_action, unknown_element, unreadable
from kavle.wire.soap.items import Item
from kavle.wire.soap.plain import plain
from kavle.wire.soap.reader import read
from kavle.wire.soap.version import SOAP11, SOAP12, Version

_ACTION_PARAMETER = re.compile(r";\s*action\s*=\s*(\"[^\"]*\")", re.IGNORECASE)
_LONGEST_ECHO = 200
_LONGEST_PLAIN = 64 * 1024  # beyond, the parser is no slower than the short cut
_NONE: Set[str] = frozenset()


class Call(msgspec.Struct, frozen=True):
    """`parameters`: texts by local name in lower case; `lists`: those that are lists of objects. `namespace`:
    the wrapper's own, empty for none."""

    operation: str
    namespace: str
    parameters: dict[str, str]
    version: Version
    lists: dict[str, list[Item]] = {}


def parse(
    body: bytes, content_type: str, action: str | None, operations: Mapping[str, str], lists: Set[str] = _NONE
) -> Call:
    """Read a request of SOAP 1.1 or 1.2; whatever the Content-Type says, the envelope decides.

    `action` is the SOAPAction header's value as it came, None without one; `operations` has each operation's
    name by that name in lower case, `lists` the names in lower case of parameters that are lists of objects.
    Raises Fault."""
    expected = SOAP12 if content_type[:20].lower() == "application/soap+xml" else SOAP11
    try:
        envelope = _envelope(_document(body, content_type, expected), expected, lists)
    except Fault:
        if content_type[:10].lower() != "multipart/":
            raise
        raise _in_parts(content_type) from None
    version = envelope.version
    asked = _asked(_action(version, content_type, action), operations, version)
    wrapped = operations.get(envelope.wrapper.lower())
    if wrapped is None:
        raise unknown_element(envelope.wrapper[:_LONGEST_ECHO], envelope.namespace[:_LONGEST_ECHO], version)
    if asked not in (None, wrapped):
        raise unreadable(f"The action asks for {asked}, the body for {wrapped}.", version=version)
    return Call(wrapped, envelope.namespace, envelope.parameters, version, envelope.lists)


def _in_parts(content_type: str) -> Fault:
    """MTOM (W3C, §4) or SOAP with Attachments, which no description here speaks of."""
    version = SOAP12 if "application/soap+xml" in content_type.lower() else SOAP11
    return unreadable(
        "The request is multipart, as MTOM and SOAP with Attachments are. Send the envelope alone, with files"
        ' as base64 in it: in .NET by messageEncoding="Text", in Java with MTOM not enabled.',
        version=version,
    )


def _envelope(document: bytes, expected: Version, lists: Set[str]) -> Envelope:
    envelope = plain(document) if len(document) <= _LONGEST_PLAIN else None
    if envelope is None or not lists.isdisjoint(envelope.parameters):
        return read(document, expected, lists)
    return envelope


def _document(body: bytes, content_type: str, version: Version) -> bytes:
    try:
        return utf8(body, content_type).lstrip(b" \t\r\n")
    except LookupError:
        raise malformed("The document's charset is not known.", version) from None
    except UnicodeError:
        raise malformed("The document is not in the charset that it says.", version) from None


def _action(version: Version, content_type: str, header: str | None) -> str:
    """The action in its quotes; empty where there is none."""
    if version is SOAP11:  # SOAP 1.1 §6.1.1
        return header.strip() if header is not None else ""
    parameter = _ACTION_PARAMETER.search(content_type)  # SOAP 1.2 part 2 §6.5.3
    return parameter[1] if parameter is not None else ""


def _asked(action: str, operations: Mapping[str, str], version: Version) -> str | None:
    """The operation that the action names; None when it names none at all, so that the body decides."""
    name = _named(action)
    if name is None:
        return None
    operation = operations.get(name.lower())
    if operation is None:
        raise unknown_action(action[1:-1][:_LONGEST_ECHO], version)
    return operation


@lru_cache(maxsize=64)  # a handful of values, on every request
def _named(action: str) -> str | None:
    """What follows the last `/`, `#` or `:` of a quoted action; None for one that is absent, empty or not
    quoted."""
    if len(action) < 3 or action[0] != '"' or action[-1] != '"':
        return None
    name = action[1:-1]
    return name[max(name.rfind("/"), name.rfind("#"), name.rfind(":")) + 1 :]
