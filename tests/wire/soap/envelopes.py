"""Requests as clients write them."""

from __future__ import annotations

from xml.sax.saxutils import escape

from kavle.wire.soap import SOAP11, SOAP12, Call, Version, parse

NAMESPACE = "http://tempuri.org/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
TEXT_XML = "text/xml; charset=utf-8"
OPERATIONS = {"sms": "sms", "cancelsms": "cancelSms"}
CHILDREN = "<konto>test</konto><passwd>1234</passwd><till>0702617396</till><meddelande>Testar</meddelande>"


def envelope(
    children: str = CHILDREN,
    operation: str = "sms",
    namespace: str = NAMESPACE,
    version: Version = SOAP11,
    header: str = "",
) -> str:
    return (
        f'<s:Envelope xmlns:s="{version.namespace}" xmlns:i="{XSI}">{header}'
        f'<s:Body><{operation} xmlns="{namespace}">{children}</{operation}></s:Body></s:Envelope>'
    )


def element(name: str, value: str) -> str:
    return f"<{name}>{escape(value)}</{name}>"


def read(body: str | bytes, content_type: str = TEXT_XML, action: str | None = None) -> Call:
    return parse(body.encode() if isinstance(body, str) else body, content_type, action, OPERATIONS)


__all__ = ["CHILDREN", "NAMESPACE", "OPERATIONS", "SOAP11", "SOAP12", "TEXT_XML", "XSI"]
