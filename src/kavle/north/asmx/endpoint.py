"""A service's own path: SOAP calls by POST; by GET its WSDL, its discovery document, and pages for people."""

from __future__ import annotations

from typing import Final

from kavle.north.asmx.description import Description
from kavle.north.asmx.soap import SoapBinding
from kavle.north.caller import Callers
from kavle.north.http import HTML, NO_REFERRER, NO_SNIFF, NO_STORE, XML, Receive, Scope, Send, allow, reply
from kavle.north.query import SHORT, texts

_XML: Final = (XML, NO_STORE, NO_SNIFF)
_POLICY: Final = (
    b"default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_PAGE: Final = (HTML, NO_STORE, NO_SNIFF, NO_REFERRER, (b"content-security-policy", _POLICY))


class AsmxEndpoint:
    """What a service says of itself, and its SOAP binding."""

    def __init__(self, soap: SoapBinding, description: Description, callers: Callers) -> None:
        self._soap = soap
        self._description = description
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        allow(scope, "GET", "HEAD", "POST")
        if scope["method"] == "POST":
            await self._soap(scope, receive, send)
            return
        asked, url = texts(scope["query_string"][:SHORT], "auto"), self._callers.url(scope)
        if "wsdl" in asked:
            await reply(send, 200, _XML, self._description.wsdl(url))
        elif "disco" in asked:
            await reply(send, 200, _XML, self._description.disco(url))
        elif "op" in asked:
            page = self._description.operation(asked["op"], url)
            status, page = (404, self._description.unknown(url)) if page is None else (200, page)
            await reply(send, status, _PAGE, page)
        else:
            await reply(send, 200, _PAGE, self._description.overview(url))
