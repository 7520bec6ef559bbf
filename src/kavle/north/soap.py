"""An .asmx endpoint: SOAP calls by POST, `?WSDL`, and a page for people by GET."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from kavle.core.workers import Workers
from kavle.model.errors import OutcomeUnknown, Reason, Refusal
from kavle.north.caller import Caller, Callers
from kavle.north.http import (
    HTML,
    NO_STORE,
    HttpError,
    Receive,
    Scope,
    Send,
    allow,
    header,
    read_body,
    reply,
)
from kavle.north.query import fields
from kavle.north.service import Arguments, Service
from kavle.north.settings import HttpSettings
from kavle.north.wsdl import help_page, wsdl
from kavle.wire.soap import SOAP11, SOAP12, Call, Fault, failed, fault_response, parse, response

_MOST_ON_THE_LOOP: Final = 64 * 1024  # bytes of XML; more would stall it
_WSDL: Final = ((b"content-type", b"text/xml; charset=utf-8"), NO_STORE)
_PAGE: Final = (HTML, NO_STORE)
_SOAP: Final = {
    version: ((b"content-type", version.content_type.encode()), NO_STORE) for version in (SOAP11, SOAP12)
}


class SoapEndpoint:
    """One service at one path; `code` tells a refusal's reason in the service's own status codes."""

    def __init__(
        self, service: Service, code: Callable[[Reason], str], callers: Callers, settings: HttpSettings
    ) -> None:
        self._service = service
        self._code = code
        self._callers = callers
        self._settings = settings
        self._workers = Workers("xml", threads=1, waiting=16)
        self._operations = {operation.name: operation for operation in service.operations}
        self._names = {name.lower(): name for name in self._operations}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        allow(scope, "GET", "HEAD", "POST")
        if scope["method"] == "POST":
            await self._post(scope, receive, send)
        elif "wsdl" in fields(scope["query_string"]):
            url = self._callers.url(scope)
            await reply(send, 200, _WSDL, wsdl(self._service, self._settings.namespace, url))
        else:
            await reply(send, 200, _PAGE, help_page(self._service))

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(scope, receive, self._settings.body_bytes)
        version = SOAP11
        try:
            call = await self._parse(scope, body)
            version = call.version
            result = await self._result(call, self._callers.caller(scope))
            await reply(send, 200, _SOAP[version], response(call, result))
        except Fault as fault:
            await reply(send, fault.status, _SOAP[fault.version], fault_response(fault))
        except OutcomeUnknown:
            raise
        except Exception:
            bug = failed("There was an internal error.", version)
            await reply(send, bug.status, _SOAP[version], fault_response(bug))
            raise

    async def _parse(self, scope: Scope, body: bytes) -> Call:
        content_type = (header(scope, b"content-type") or b"").decode("latin-1")
        action = header(scope, b"soapaction")
        arguments = body, content_type, None if action is None else action.decode("latin-1"), self._names
        if len(body) <= _MOST_ON_THE_LOOP:
            return parse(*arguments)
        try:
            return await self._workers.run(parse, *arguments)
        except Refusal as busy:
            raise HttpError(HTTPStatus.SERVICE_UNAVAILABLE) from busy

    async def _result(self, call: Call, caller: Caller) -> str:
        try:
            return await self._operations[call.operation].answer(Arguments(call.parameters, caller))
        except Refusal as refusal:
            return self._code(refusal.reason)
