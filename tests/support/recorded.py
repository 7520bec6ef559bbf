"""Requests as SOAP libraries write them that can't be run here, Windows' and old ones: byte for byte but for
the address and what is asked. Written from what these libraries are publicly known to send."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from lxml import etree

from support.clients import Fault, listed
from support.patience import PATIENCE

NAMESPACE = "http://tempuri.org/"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
XSD = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


class Shape(NamedTuple):
    """`{op}` stands for the operation, `{children}` for what `child` makes of each parameter, by turns."""

    head: str
    body: str
    child: str = "<{name}>{value}</{name}>"
    http: str = "1.1"
    namespace: str = NAMESPACE
    charset: str = "utf-8"  # other characters are written as references
    chunked: bool = False

    def request(self, path: str, host: str, operation: str, parameters: dict[str, str]) -> bytes:
        children = "".join(
            self.child.format(name=name, value=escape(value)) for name, value in parameters.items()
        )
        body = self.body.format(op=operation, children=children).encode(self.charset, "xmlcharrefreplace")
        lines = [line.strip().format(op=operation) for line in self.head.strip().splitlines()]
        framing = "Transfer-Encoding: chunked" if self.chunked else f"Content-Length: {len(body)}"
        head = "\r\n".join([f"POST {path} HTTP/{self.http}", f"Host: {host}", *lines, framing])
        return f"{head}\r\n\r\n".encode() + (_chunks(body) if self.chunked else body)


def _chunks(body: bytes) -> bytes:
    middle = len(body) // 2
    pieces = body[:middle], body[middle:], b""
    return b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)


class Recording:
    """Stands where a client does: makes its requests, each on a connection of its own."""

    def __init__(self, shape: Shape, port: int, path: str) -> None:
        self._shape = shape
        self._port = port
        self._path = path

    async def call(self, operation: str, parameters: dict[str, str]) -> Any:
        """The result, out of an answer in the caller's own namespace. Raises Fault."""
        host = f"127.0.0.1:{self._port}"
        async with asyncio.timeout(PATIENCE):
            body = await self._ask(self._shape.request(self._path, host, operation, parameters))
        root = etree.fromstring(body)
        if (fault := root.findtext(".//faultstring")) is not None:
            raise Fault(fault)
        space = f"{{{self._shape.namespace}}}" if self._shape.namespace else ""
        result = root.find(f"{{{ENVELOPE}}}Body/{space}{operation}Response/{space}{operation}Result")
        assert result is not None, body
        return listed(result)

    async def _ask(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        while head.startswith(b"HTTP/1.1 100 "):
            head = await reader.readuntil(b"\r\n\r\n")
        lines = dict(line.lower().split(": ") for line in head.decode().split("\r\n")[1:-2])
        body = await reader.readexactly(int(lines["content-length"]))
        writer.close()
        await writer.wait_closed()
        return body


_PARTS = (
    '<soap:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
)
_NUSOAP = (
    f'<SOAP-ENV:Envelope SOAP-ENV:encodingStyle="{ENCODING}" xmlns:SOAP-ENV="{ENVELOPE}" xmlns:xsd="{XSD}"'
    f' xmlns:xsi="{XSI}" xmlns:SOAP-ENC="{ENCODING}"><SOAP-ENV:Body>'
)
_TYPED = '<{name} xsi:type="xsd:string">{value}</{name}>'

SHAPES = {
    "MSXML, a sample filled in by hand": Shape(
        head="""
            Connection: Keep-Alive
            Content-Type: text/xml; charset=utf-8
            Accept: */*
            Accept-Language: sv
            User-Agent: Mozilla/4.0 (compatible; Win32; WinHttp.WinHttpRequest.5)
            SOAPAction: http://tempuri.org/{op}
        """,
        body=f'<?xml version="1.0" encoding="utf-8"?>\r\n{_PARTS}\r\n  <soap:Body>\r\n'
        '    <{op} xmlns="http://tempuri.org/">\r\n{children}    </{op}>\r\n'
        "  </soap:Body>\r\n</soap:Envelope>\r\n",
        child="      <{name}>{value}</{name}>\r\n",
    ),
    "MSXML, a document that says UTF-16": Shape(
        head="""
            Accept: */*
            Content-Type: text/xml
            SOAPAction: "http://tempuri.org/{op}"
            User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)
            Connection: Keep-Alive
            Cache-Control: no-cache
        """,
        body=f'\r\n<?xml version="1.0" encoding="utf-16"?>\r\n{_PARTS}'
        '<soap:Body><{op} xmlns="http://tempuri.org/">{children}</{op}></soap:Body></soap:Envelope>',
    ),
    "MSXML, UTF-16 with a byte order mark": Shape(
        head="""
            Accept: */*
            Content-Type: text/xml; charset=utf-16
            SOAPAction: ""
            User-Agent: Mozilla/4.0 (compatible; Win32; WinHttp.WinHttpRequest.5)
        """,
        body=f'<?xml version="1.0"?>{_PARTS}'
        '<soap:Body><{op} xmlns="http://tempuri.org/">{children}</{op}></soap:Body></soap:Envelope>',
        charset="utf-16",
    ),
    "Microsoft's SOAP Toolkit 3": Shape(
        head="""
            Accept-Charset: UTF-8, UTF-16;q=0.8, iso-8859-1;q=0.8
            Accept-Encoding: deflate, gzip;q=0.5
            Connection: Keep-Alive
            Content-Type: text/xml; charset="UTF-8"
            SOAPAction: "http://tempuri.org/{op}"
            User-Agent: SOAP Toolkit 3.0
        """,
        body='<?xml version="1.0" encoding="UTF-8" standalone="no"?>'
        f'<SOAP-ENV:Envelope xmlns:SOAPSDK1="{XSD}" xmlns:SOAPSDK2="{XSI}" xmlns:SOAPSDK3="{ENCODING}"'
        f' xmlns:SOAP-ENV="{ENVELOPE}"><SOAP-ENV:Body><{{op}} xmlns="http://tempuri.org/">'
        "{children}</{op}></SOAP-ENV:Body></SOAP-ENV:Envelope>",
    ),
    "WCF": Shape(
        head="""
            Content-Type: text/xml; charset=utf-8
            SOAPAction: "http://tempuri.org/{op}"
            Accept-Encoding: gzip, deflate
            Expect: 100-continue
            Connection: Keep-Alive
        """,
        body=f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body xmlns:xsi="{XSI}" xmlns:xsd="{XSD}">'
        '<{op} xmlns="http://tempuri.org/">{children}</{op}></s:Body></s:Envelope>',
    ),
    "nusoap": Shape(
        head="""
            User-Agent: NuSOAP/0.9.5 (1.123)
            Content-Type: text/xml; charset=ISO-8859-1
            SOAPAction: "http://tempuri.org/{op}"
        """,
        body=f'<?xml version="1.0" encoding="ISO-8859-1"?>{_NUSOAP}'
        '<ns6514:{op} xmlns:ns6514="http://tempuri.org/">{children}</ns6514:{op}>'
        "</SOAP-ENV:Body></SOAP-ENV:Envelope>",
        child=_TYPED,
        http="1.0",
        charset="windows-1252",
    ),
    "nusoap without a namespace": Shape(
        head="""
            User-Agent: NuSOAP/0.7.3 (1.114)
            Content-Type: text/xml; charset=ISO-8859-1
            SOAPAction: ""
        """,
        body=f'<?xml version="1.0" encoding="ISO-8859-1"?>{_NUSOAP}'
        "<{op}>{children}</{op}></SOAP-ENV:Body></SOAP-ENV:Envelope>",
        child=_TYPED,
        http="1.0",
        namespace="",
        charset="windows-1252",
    ),
    "Axis 1.4": Shape(
        head="""
            Content-Type: text/xml; charset=utf-8
            Accept: application/soap+xml, application/dime, multipart/related, text/*
            User-Agent: Axis/1.4
            Cache-Control: no-cache
            Pragma: no-cache
            SOAPAction: "http://tempuri.org/{op}"
        """,
        body='<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}" xmlns:xsd="{XSD}" xmlns:xsi="{XSI}"><soapenv:Body>'
        '<{op} xmlns="http://tempuri.org/">{children}</{op}></soapenv:Body></soapenv:Envelope>',
        http="1.0",
        charset="ascii",
    ),
    "Axis2": Shape(
        head="""
            Content-Type: text/xml; charset=UTF-8
            SOAPAction: "http://tempuri.org/{op}"
            User-Agent: Axis2
        """,
        body="<?xml version='1.0' encoding='UTF-8'?>"
        f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}"><soapenv:Body>'
        '<ns1:{op} xmlns:ns1="http://tempuri.org/">{children}</ns1:{op}></soapenv:Body></soapenv:Envelope>',
        child="<ns1:{name}>{value}</ns1:{name}>",
        chunked=True,
    ),
    "SOAP::Lite": Shape(
        head="""
            TE: deflate,gzip;q=0.3
            Connection: TE, close
            Accept: text/xml
            Accept: multipart/*
            Accept: application/soap
            User-Agent: SOAP::Lite/Perl/0.714
            Content-Type: text/xml; charset=utf-8
            SOAPAction: "http://tempuri.org/#{op}"
        """,
        body='<?xml version="1.0" encoding="UTF-8"?>'
        f'<soap:Envelope xmlns:xsi="{XSI}" xmlns:soapenc="{ENCODING}" xmlns:xsd="{XSD}"'
        f' soap:encodingStyle="{ENCODING}" xmlns:soap="{ENVELOPE}"><soap:Body>'
        '<{op} xmlns="http://tempuri.org/">{children}</{op}></soap:Body></soap:Envelope>',
        child=_TYPED,
    ),
    "Delphi": Shape(
        head="""
            Accept: */*
            Content-Type: text/xml
            SOAPAction: "http://tempuri.org/{op}"
            User-Agent: Borland SOAP 1.2
            Connection: Keep-Alive
            Cache-Control: no-cache
        """,
        body='<?xml version="1.0"?>\r\n'
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{ENVELOPE}" xmlns:xsd="{XSD}" xmlns:xsi="{XSI}"'
        f' xmlns:SOAP-ENC="{ENCODING}"><SOAP-ENV:Body SOAP-ENV:encodingStyle="{ENCODING}">'
        '<NS1:{op} xmlns:NS1="http://tempuri.org/">{children}</NS1:{op}>'
        "</SOAP-ENV:Body></SOAP-ENV:Envelope>\r\n",
        child=_TYPED,
    ),
    "kSOAP2": Shape(
        head="""
            User-Agent: ksoap2-android/2.6.0+
            SOAPAction: http://tempuri.org/{op}
            Content-Type: text/xml;charset=utf-8
            Accept-Encoding: gzip
            Connection: close
        """,
        body=f'<v:Envelope xmlns:i="{XSI}" xmlns:d="{XSD}" xmlns:c="{ENCODING}" xmlns:v="{ENVELOPE}">'
        '<v:Header /><v:Body><{op} xmlns="http://tempuri.org/" id="o0" c:root="1">{children}</{op}>'
        "</v:Body></v:Envelope>\r\n",
        child='<n0:{name} i:type="d:string" xmlns:n0="http://tempuri.org/">{value}</n0:{name}>',
    ),
}
