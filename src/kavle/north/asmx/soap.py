"""The SOAP binding: an envelope in, an envelope of the same version out."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from kavle.core.room import Lease, Room
from kavle.core.workers import Workers
from kavle.model.errors import OutcomeUnknown, Refusal
from kavle.north.asmx.service import Arguments, Service, named
from kavle.north.asmx.teller import Teller
from kavle.north.caller import Caller, Callers
from kavle.north.http import NO_STORE, ClientGone, HttpError, Receive, Scope, Send, header, read_body, reply
from kavle.north.throttle import network_of
from kavle.wire.soap import SOAP11, SOAP12, Call, Fault, failed, fault_response, parse, response

_MOST_ON_THE_LOOP: Final = 16 * 1024  # bytes of XML; the dearest of that length take some 5 ms
_HEADERS: Final = {
    version: ((b"content-type", version.content_type.encode()), NO_STORE) for version in (SOAP11, SOAP12)
}


class SoapBinding:
    """Answers each POST to a service's own path."""

    def __init__(
        self,
        service: Service,
        teller: Teller,
        callers: Callers,
        workers: Workers,
        room: Room,
        body_bytes: int,
        heard: Callable[[str], None],
    ) -> None:
        self._teller = teller
        self._callers = callers
        self._workers = workers
        self._room = room
        self._body_bytes = body_bytes
        self._heard = heard
        self._operations = {operation.name: operation for operation in service.operations}
        self._names = {name: operation.name for name, operation in named(service.operations).items()}
        self._lists = service.lists()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = self._callers.caller(scope)
        lease = self._room.lease(network_of(caller.address))
        try:
            await self._answer(scope, receive, lease, caller, send)
        finally:
            lease.end()

    async def _answer(self, scope: Scope, receive: Receive, lease: Lease, caller: Caller, send: Send) -> None:
        version = SOAP11
        try:
            # Nothing holds the body while its call is carried out.
            call = await self._parse(scope, await read_body(scope, receive, self._body_bytes, lease))
            version = call.version
            arguments = Arguments(call.parameters, caller, lists=call.lists)
            result = await self._teller.tell(self._operations[call.operation], arguments)
            await reply(send, 200, _HEADERS[version], response(call, result))
            self._heard(call.namespace)
        except Fault as fault:
            await reply(send, fault.status, _HEADERS[fault.version], fault_response(fault))
        except (OutcomeUnknown, HttpError, ClientGone):
            raise
        except Exception:
            bug = failed("There was an internal error.", version)
            await reply(send, bug.status, _HEADERS[version], fault_response(bug))
            raise

    async def _parse(self, scope: Scope, body: bytes) -> Call:
        content_type = (header(scope, b"content-type") or b"").decode("latin-1")
        action = header(scope, b"soapaction")
        said = None if action is None else action.decode("latin-1")
        arguments = body, content_type, said, self._names, self._lists
        if len(body) <= _MOST_ON_THE_LOOP:
            return parse(*arguments)
        try:
            return await self._workers.run(parse, *arguments)
        except Refusal as busy:
            raise HttpError(HTTPStatus.SERVICE_UNAVAILABLE) from busy
