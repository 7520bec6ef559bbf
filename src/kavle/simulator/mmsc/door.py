"""Where gateways come in: MM7 over HTTP, by POST at any path (3GPP TS 23.140 §8.7.2)."""

from __future__ import annotations

import asyncio
import base64
import hmac
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from aiohttp import web

from kavle.simulator.mmsc.submissions import Reply
from kavle.wire import mm7
from kavle.wire.mm7 import (
    CancelReq,
    CancelRsp,
    Code,
    Message,
    RSErrorRsp,
    Status,
    SubmitReq,
    Version,
    version,
)

LONGEST: Final = 4 * 1024 * 1024
"""Octets of a request."""

_WEB_PAGE: Final = b"<html><body>Everything is fine.</body></html>"


class Door:
    """`submit` and `cancel` say how a request is answered; `down` whether to answer at all, and `mistaken` is
    told of what can't be."""

    def __init__(
        self,
        username: str,
        password: str,
        submit: Callable[[SubmitReq], Reply],
        cancel: Callable[[CancelReq], CancelRsp],
        down: Callable[[], bool],
        mistaken: Callable[[str], None],
    ) -> None:
        self._wanted = base64.b64encode(f"{username}:{password}".encode()) if username else b""
        self._submit = submit
        self._cancel = cancel
        self._down = down
        self._mistaken = mistaken

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> tuple[str, int]:
        """Listen; returns the address really taken (port 0: any free one). Raises OSError."""
        self._runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port, ssl_context=tls).start()
        taken: tuple[str, int] = self._runner.addresses[0][:2]
        return taken

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if self._down():
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text="down\n")
        may_enter = self._may_enter(request.headers.get("Authorization", ""))
        if may_enter and request.method != "POST":
            # Who looks whether somebody is there makes no mistake.
            return web.Response(status=HTTPStatus.METHOD_NOT_ALLOWED, text="MM7 comes by POST\n")
        if not may_enter:
            answer = self._no(HTTPStatus.UNAUTHORIZED, "the user name or password is wrong")
            answer.headers["WWW-Authenticate"] = 'Basic realm="mmsc"'  # RFC 7617 §2
            return answer
        body = await _read(request)
        if body is None:
            return self._no(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the request is too long")
        return await self._told(request, body)

    async def _told(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        try:
            message = mm7.read(request.headers.get("Content-Type", ""), body)
        except mm7.Unreadable as error:
            self._mistaken(str(error))
            return _fault(error.code, str(error), error.transaction, error.version)
        if isinstance(message, SubmitReq):
            return await self._submitted(request, message)
        if isinstance(message, CancelReq):
            return _written(self._cancel(message))
        self._mistaken(f"a {type(message).__name__} is not for an MMSC")
        return _fault(Code.UNSUPPORTED_OPERATION, "", message.transaction, message.version)

    async def _submitted(self, request: web.BaseRequest, message: SubmitReq) -> web.StreamResponse:
        reply = self._submit(message)
        await asyncio.sleep(reply.after)
        if reply.lost:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()  # to nobody
        if reply.garbled:
            return web.Response(body=_WEB_PAGE, content_type="text/html")
        if reply.message is None:
            return web.Response(status=reply.http, text=f"{reply.http.phrase}\n")
        return _written(reply.message)

    def _may_enter(self, given: str) -> bool:
        scheme, _, credentials = given.partition(" ")
        right = hmac.compare_digest(credentials.strip().encode(), self._wanted)
        return not self._wanted or (scheme.lower() == "basic" and right)

    def _no(self, status: HTTPStatus, why: str) -> web.Response:
        self._mistaken(why)
        return web.Response(status=status, text=f"{why}\n")


async def _read(request: web.BaseRequest) -> bytes | None:
    """None where it is too long."""
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > LONGEST:
            return None
    return bytes(body)


def _written(message: Message, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    content_type, body = mm7.write(message)
    return web.Response(status=status, body=body, headers={"Content-Type": content_type})


def _fault(code: Code, details: str, transaction: str, written_in: Version | None = None) -> web.Response:
    error = RSErrorRsp(
        transaction=transaction, version=written_in or version(), status=Status.of(code, details)
    )
    return _written(error, HTTPStatus.INTERNAL_SERVER_ERROR)  # SOAP 1.1 §6.2
