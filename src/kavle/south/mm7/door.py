"""Where an MMSC comes to us: MMS from phones, delivery reports and read replies. What it brings is on disk
before it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

import structlog

from kavle.clock import Clock
from kavle.core.room import SHORT, Lease, Room
from kavle.model.errors import Refusal
from kavle.model.mms import IncomingMms
from kavle.south.hooks import Keep, Scope, SecretPath, read_body, reply
from kavle.south.mm7.incoming import messages_of, receipt_of
from kavle.south.mm7.settings import Mm7Settings
from kavle.south.sparse import SparseLog
from kavle.wire.mm7 import (
    SUCCESS,
    Code,
    DeliverReq,
    DeliverRsp,
    DeliveryReportReq,
    DeliveryReportRsp,
    Message,
    ReadReplyReq,
    ReadReplyRsp,
    Status,
    Unreadable,
    VASPErrorRsp,
    read,
    write,
)

KeepMms = Callable[[IncomingMms], Awaitable[None]]
"""Returns when it is on disk; raises `Refusal` when it can't be kept now."""

_MOST_NUMBERS: Final = 50
"""That one MMS is kept for, with its files for each. Phones write to fewer."""
_AS_IT_IS: Final = (b"", b"identity")
_LATER: Final = Status.of(Code.SERVICE_UNAVAILABLE)
_ANSWERS: Final[Mapping[type[Message], Callable[..., Message]]] = {
    DeliverReq: DeliverRsp,
    DeliveryReportReq: DeliveryReportRsp,
    ReadReplyReq: ReadReplyRsp,
}
_log = structlog.get_logger("kavle.mm7")


class _TooLong(Exception):
    """A body of more than `longest` octets, though its headers did not say so."""


class Door:
    """Answers 200 and 1000 once what was brought is on disk, 503 and 4006 while nothing can be kept, and 500
    with a VASPErrorRsp, as SOAP 1.1 §6.2 wants it, to what can't be made out. Long bodies share room, of
    which each network has its part."""

    def __init__(
        self,
        settings: Mm7Settings,
        carrier_id: int,
        keep: Keep,
        keep_mms: KeepMms,
        clock: Clock,
        network: Callable[[Scope], str],
    ) -> None:
        """`network`: whence a request comes."""
        self._settings = settings
        self._path = SecretPath(unquote(settings.path))
        self._carrier_id = carrier_id
        self._keep = keep
        self._keep_mms = keep_mms
        self._clock = clock
        self._sparse = SparseLog(_log.bind(carrier=settings.name))
        self._network = network
        self._room = Room(settings.longest)

    def serves(self, path: str) -> bool:
        return self._path.is_it(path)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["method"] != "POST":
            return await reply(send, HTTPStatus.METHOD_NOT_ALLOWED)
        headers = dict(scope["headers"])
        if headers.get(b"content-encoding", b"").lower() not in _AS_IT_IS:
            self._sparse.warning("the MMSC sent a compressed body: it is to send them as they are")
            return await reply(send, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)  # RFC 9110 §15.5.16
        length = _length(headers)
        if length > self._settings.longest:
            return await reply(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        content_type = headers.get(b"content-type", b"").decode("latin-1")
        lease = self._room.lease(self._network(scope))
        try:
            await self._take(content_type, receive, send, lease, length)
        finally:
            lease.end()

    async def _take(self, content_type: str, receive: Any, send: Any, lease: Lease, length: int) -> None:
        try:
            request = await self._read(content_type, receive, lease, length)
            if request is None:
                return None  # nobody waits for an answer
            status, answer = await self._kept(request)
        except _TooLong:
            return await reply(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except Unreadable as error:
            self._sparse.warning("the MMSC sent what can't be made out", error=str(error))
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            answer = VASPErrorRsp(
                transaction=error.transaction, version=error.version, status=Status.of(error.code)
            )
        return await reply(send, status, *write(answer))

    async def _read(self, content_type: str, receive: Any, lease: Lease, length: int) -> Message | None:
        """None where the client has left before the end. Nothing holds the body while what was in it is
        kept."""
        body = await read_body(receive, self._settings.longest, lease, length)
        if body is None:
            return None
        if len(body) > self._settings.longest:
            raise _TooLong
        if len(body) <= SHORT:
            return read(content_type, body)
        return await asyncio.to_thread(read, content_type, body)

    async def _kept(self, request: Message) -> tuple[HTTPStatus, Message]:
        """What is kept is answered in the words that it was told in."""
        try:
            match request:
                case DeliverReq():
                    said = await self._deliver(request)
                case DeliveryReportReq() | ReadReplyReq():
                    said = await self._report(request)
                case _:
                    why = f"a {type(request).__name__}, which is not for us"
                    raise Unreadable(Code.UNSUPPORTED_OPERATION, why, request.transaction, request.version)
        except Refusal:
            said = _LATER
        answer = _ANSWERS[type(request)](
            transaction=request.transaction, version=request.version, status=said
        )
        return HTTPStatus.SERVICE_UNAVAILABLE if said is _LATER else HTTPStatus.OK, answer

    async def _deliver(self, request: DeliverReq) -> Status:
        number, now = self._settings.incoming_number, self._clock.now()
        messages = messages_of(request, self._carrier_id, number, now)
        if not messages:
            name = self._settings.name
            self._sparse.warning(f"an MMS that says no number of ours: set carrier.{name}.incoming_number")
            return Status.of(Code.ADDRESS_ERROR)
        if len(messages) > _MOST_NUMBERS:
            name = self._settings.name
            self._sparse.warning(f"an MMS to too many numbers: set carrier.{name}.incoming_number")
            return Status.of(Code.MULTIPLE_ADDRESSES_NOT_SUPPORTED)
        for message in messages:
            await self._keep_mms(message)
        return SUCCESS

    async def _report(self, request: DeliveryReportReq | ReadReplyReq) -> Status:
        await self._keep([receipt_of(request, self._carrier_id, self._clock.now())])
        return SUCCESS


def _length(headers: dict[bytes, bytes]) -> int:
    """That the headers tell; 0 where they don't."""
    told = headers.get(b"content-length", b"")
    return int(told) if told.isdigit() and len(told) < 20 else 0
