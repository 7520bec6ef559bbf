"""The HTTP GET and POST bindings: an operation is a path below the service's own, its parameters are a
query or a form, and the answer is one element in the WSDL's namespace."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from kavle.core.room import Room
from kavle.core.workers import Workers
from kavle.model.account import Charset
from kavle.model.errors import OutcomeUnknown, Refusal
from kavle.north.asmx.service import Arguments, Operation, Service, named
from kavle.north.asmx.teller import Teller
from kavle.north.caller import Caller, Callers
from kavle.north.http import (
    NO_REFERRER,
    NO_SNIFF,
    NO_STORE,
    TEXT,
    XML,
    HttpError,
    Receive,
    Scope,
    Send,
    allow,
    has_body,
    header,
    read_body,
    reply,
)
from kavle.north.query import SHORT, form_charset, texts
from kavle.north.throttle import network_of
from kavle.wire.soap import document

_FORM: Final = "application/x-www-form-urlencoded"
_LONGEST_ECHO: Final = 200
_PRIVATE: Final = (NO_STORE, NO_REFERRER, NO_SNIFF)  # the URL may hold a password


class _Unanswered(Exception):
    """A call that ends in a text and HTTP status 500, as on ASP.NET: clients match on the texts."""


class HttpBinding:
    """Answers each path below a service's own."""

    def __init__(
        self,
        service: Service,
        teller: Teller,
        callers: Callers,
        workers: Workers,
        namespace: str,
        room: Room,
        body_bytes: int,
    ) -> None:
        self._operations = named(service.formed)
        self._teller = teller
        self._callers = callers
        self._workers = workers
        self._namespace = namespace
        self._room = room
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        allow(scope, "GET", "POST")
        caller = self._callers.caller(scope)
        lease = self._room.lease(network_of(caller.address))
        try:
            body = await read_body(scope, receive, self._body_bytes, lease) if has_body(scope) else b""
            await self._answer(scope, body, caller, send)
        finally:
            lease.end()

    async def _answer(self, scope: Scope, body: bytes, caller: Caller, send: Send) -> None:
        try:
            operation = self._operation(scope)
            arguments = await self._arguments(scope, body, caller)
            _check(operation, arguments)
            result = await self._teller.tell(operation, arguments)
            await reply(send, 200, (XML, *_PRIVATE), document(operation.element, self._namespace, result))
        except _Unanswered as unanswered:
            await reply(send, 500, (TEXT, *_PRIVATE), str(unanswered).encode())
        except Refusal as busy:
            raise HttpError(HTTPStatus.SERVICE_UNAVAILABLE) from busy
        except (OutcomeUnknown, HttpError):
            raise
        except Exception:
            text = b"Server was unable to process request. ---> There was an internal error."
            await reply(send, 500, (TEXT, *_PRIVATE), text)
            raise

    def _operation(self, scope: Scope) -> Operation:
        name = scope["path"].rpartition("/")[2]
        operation = self._operations.get(name.lower())
        if operation is None:
            asked = name[:_LONGEST_ECHO]
            raise _Unanswered(f"Request format is unrecognized for URL unexpectedly ending in '/{asked}'.")
        return operation

    async def _arguments(self, scope: Scope, body: bytes, caller: Caller) -> Arguments:
        given, said = scope["query_string"], None
        if scope["method"] == "POST":
            given, said = body, _said(scope)
        read = await self._texts(given, "latin-1" if said == "latin-1" else "auto")
        # A browser writes the form's charset into a field of that name (HTML §4.10.21.4).
        if said is not None or form_charset(read.get("_charset_", "")) is not None:
            return Arguments(read, caller)

        async def reread(charset: Charset) -> Mapping[str, str]:
            return await self._texts(given, charset)

        return Arguments(read, caller, reread)

    async def _texts(self, given: bytes, charset: Charset) -> dict[str, str]:
        if len(given) <= SHORT:
            return texts(given, charset)
        return await self._workers.run(texts, given, charset)


def _said(scope: Scope) -> Charset | None:
    """The charset that a form says it is in. Raises _Unanswered for what is no form."""
    content_type = (header(scope, b"content-type") or _FORM.encode()).decode("latin-1")
    kind, _, parameters = content_type.partition(";")
    if kind.strip().lower() != _FORM:
        raise _Unanswered(f"Request format is invalid: {content_type[:_LONGEST_ECHO]}.")
    name, _, charset = parameters.strip().partition("=")
    return form_charset(charset.strip(' "')) if name.strip().lower() == "charset" else None


def _check(operation: Operation, arguments: Arguments) -> None:
    for parameter in operation.parameters:
        if arguments.get(parameter.name.lower()) is None:
            raise _Unanswered(f"Missing parameter: {parameter.name}.")
