"""Answers and faults, by template: a few strings joined, in the envelope version of the request."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NewType

from kavle.wire.soap.call import Call
from kavle.wire.soap.fault import Fault
from kavle.wire.soap.version import SOAP12, VERSIONS, Version

Markup = NewType("Markup", str)
"""What may stand between two tags as it is."""

# XML 1.0 §2.2: most control characters can't stand in a document in any form.
_ESCAPES = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), "\ufffd") | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord('"'): "&quot;",
    ord("\r"): "&#13;",
}


def escape(text: str) -> Markup:
    """Text as it stands between tags, or between double quotes."""
    return Markup(text if text.isalnum() else text.translate(_ESCAPES))


def records(item: str, fields: tuple[str, ...], rows: Iterable[tuple[int, ...]]) -> Markup:
    """An element for each row, with a child for each field. Takes some 0.4 µs a row."""
    children = "".join(f"<{field}>%d</{field}>" for field in fields)
    template = f"<{item}>{children}</{item}>"
    return Markup("".join([template % row for row in rows]))


_attribute = lru_cache(maxsize=64)(escape)  # a customer's namespace is the same in every call
_OPENINGS = {
    version: (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<soap:Envelope xmlns:soap="{version.namespace}"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        "<soap:Body>"
    )
    for version in VERSIONS.values()
}


def response(call: Call, result: Markup) -> bytes:
    """A wrapper `{op}Response` with one `{op}Result`, in the namespace of the request's own wrapper."""
    operation = call.operation
    return _envelope(
        call.version,
        f'<{operation}Response xmlns="{_attribute(call.namespace)}">'
        f"<{operation}Result>{result}</{operation}Result></{operation}Response>",
    )


def document(name: str, namespace: str, content: Markup) -> bytes:
    """One element as a whole document: how the HTTP GET and POST bindings answer."""
    opening = f'<{name} xmlns="{_attribute(namespace)}">'
    return f'<?xml version="1.0" encoding="utf-8"?>\r\n{opening}{content}</{name}>'.encode()


def fault_response(fault: Fault) -> bytes:
    """The fault as a document, in the envelope version of its request."""
    code, text = f"soap:{fault.version.codes[fault.blame]}", escape(fault.text)
    if fault.version is SOAP12:  # SOAP 1.2 part 1 §5.4
        inner = (
            f"<soap:Code><soap:Value>{code}</soap:Value></soap:Code>"
            f'<soap:Reason><soap:Text xml:lang="en">{text}</soap:Text></soap:Reason><soap:Detail />'
        )
    else:  # SOAP 1.1 §4.4
        inner = f"<faultcode>{code}</faultcode><faultstring>{text}</faultstring><detail />"
    return _envelope(fault.version, f"<soap:Fault>{inner}</soap:Fault>")


def _envelope(version: Version, body: str) -> bytes:
    return f"{_OPENINGS[version]}{body}</soap:Body></soap:Envelope>".encode()
