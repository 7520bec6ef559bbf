"""An operation's requests and answers as they go over the wire, for its page: whole, and in values that
one could send."""

from __future__ import annotations

from textwrap import indent
from typing import Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from kavle.north.asmx.service import Listed, Operation, Several
from kavle.wire.soap import SOAP11, SOAP12, Version, escape

_DECLARATION: Final = '<?xml version="1.0" encoding="utf-8"?>\n'
_STEP: Final = "  "


class Sample(NamedTuple):
    title: str
    request: str
    answer: str


def samples(operation: Operation, namespace: str, action: str, address: str) -> tuple[Sample, ...]:
    """By SOAP 1.1 and 1.2, and by HTTP GET and POST where it can be called so; `address` is the service's
    own."""
    host, path = urlsplit(address).netloc, urlsplit(address).path
    start = f"POST {path} HTTP/1.1\nHost: {host}"
    by_soap = tuple(_soap(operation, namespace, start, action, version) for version in (SOAP11, SOAP12))
    return by_soap if operation.lists else by_soap + _by_http(operation, namespace, host, path)


def _by_http(operation: Operation, namespace: str, host: str, path: str) -> tuple[Sample, ...]:
    given = urlencode({parameter.name: parameter.example for parameter in operation.parameters})
    below = f"{path}/{operation.name}"
    answer = _answer("text/xml; charset=utf-8", _bare(operation, namespace))
    form = "Content-Type: application/x-www-form-urlencoded"
    return (
        Sample("HTTP GET", f"GET {below}?{given} HTTP/1.1\nHost: {host}\n\n", answer),
        Sample("HTTP POST", _message(f"POST {below} HTTP/1.1\nHost: {host}\n{form}", given), answer),
    )


def _soap(operation: Operation, namespace: str, start: str, action: str, version: Version) -> Sample:
    asked = "\n".join(_element(one.name, _written(one.example)) for one in operation.parameters)
    told = _element(f"{operation.name}Result", _written(operation.example))
    if version is SOAP11:
        title, described = "SOAP 1.1", f'Content-Type: {version.content_type}\nSOAPAction: "{action}"'
    else:
        title, described = "SOAP 1.2", f'Content-Type: {version.content_type}; action="{action}"'
    request = _envelope(_element(operation.name, asked, namespace), version)
    answer = _envelope(_element(f"{operation.name}Response", told, namespace), version)
    return Sample(title, _message(f"{start}\n{described}", request), _answer(version.content_type, answer))


def _envelope(content: str, version: Version) -> str:
    body = _element("soap:Body", content)
    opening = f'<soap:Envelope xmlns:soap="{version.namespace}">'
    return f"{_DECLARATION}{opening}\n{indent(body, _STEP)}\n</soap:Envelope>"


def _bare(operation: Operation, namespace: str) -> str:
    return _DECLARATION + _element(operation.element, _written(operation.example), namespace)


def _written(example: str | Listed | Several) -> str:
    if isinstance(example, str):
        return escape(example)
    kind = example.records
    return "\n".join(
        _element(kind.item, "\n".join(map(_element, kind.fields, map(str, row)))) for row in example.rows
    )


def _element(name: str, content: str, namespace: str = "") -> str:
    opening = f'<{name} xmlns="{escape(namespace)}">' if namespace else f"<{name}>"
    return (
        f"{opening}\n{indent(content, _STEP)}\n</{name}>"
        if "<" in content
        else f"{opening}{content}</{name}>"
    )


def _answer(content_type: str, body: str) -> str:
    return f"HTTP/1.1 200 OK\nContent-Type: {content_type}\n\n{body}"


def _message(head: str, body: str) -> str:
    return f"{head}\nContent-Length: {len(body.encode())}\n\n{body}"
