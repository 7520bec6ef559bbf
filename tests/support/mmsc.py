"""A stand-in for an MMSC, which does what a test tells it to. What it takes it reads by Kavle's own reader:
that this reads and writes as others do is shown in tests/wire/mm7."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from aiohttp import web

from kavle.wire.mm7 import SUCCESS, Code, Message, RSErrorRsp, Status, SubmitReq, SubmitRsp, read, write

Answer = Callable[[web.Request, SubmitReq], Awaitable[web.StreamResponse]]

LONGEST = 4_000_000


class Mmsc:
    """`async with Mmsc() as mmsc:` takes submissions at `mmsc.url`."""

    def __init__(self, tls: ssl.SSLContext | None = None, user: str = "", password: str = "") -> None:
        self.user, self.password = user, password
        self.taken: list[SubmitReq] = []
        self.asked: list[SubmitReq] = []  # all, in the order in which they came
        self.headers: list[Any] = []  # of these
        self.answers: deque[Answer] = deque()  # instead of the right ones, to the next submissions
        self.probe_status = 405
        self.probes = 0
        self.running = 0
        self.most_running = 0
        self._tls = tls

    async def __aenter__(self) -> Mmsc:
        app = web.Application(client_max_size=LONGEST)
        app.router.add_post("/mm7", self._post)
        app.router.add_get("/mm7", self._get)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls)
        await self._site.start()
        self.port = self._runner.addresses[0][1]
        self._client = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._client.close()
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}/mm7"

    async def refuse_connections(self) -> None:
        await self._site.stop()

    async def tell(self, url: str, message: Message) -> tuple[int, Message]:
        """As the MMSC comes to us; what it is answered."""
        content_type, body = write(message)
        return await self.post(url, content_type, body)

    async def post(self, url: str, content_type: str, body: bytes) -> tuple[int, Message]:
        headers = {"Content-Type": content_type, "SOAPAction": '""'}
        async with self._client.post(url, data=body, headers=headers) as answer:
            return answer.status, read(answer.headers["Content-Type"], await answer.read())

    async def _get(self, request: web.Request) -> web.StreamResponse:
        self.probes += 1
        answer = web.Response(status=self.probe_status if self._knows(request) else 401)
        answer.force_close()
        return answer

    async def _post(self, request: web.Request) -> web.StreamResponse:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            message = read(request.headers["Content-Type"], await request.read())
            assert isinstance(message, SubmitReq)
            self.asked.append(message)
            self.headers.append(request.headers)
            if self.answers:
                return await self.answers.popleft()(request, message)
            if not self._knows(request):
                return web.Response(status=401, text="no")
            return self.take(message)
        finally:
            self.running -= 1

    def take(self, message: SubmitReq) -> web.Response:
        self.taken.append(message)
        return said(
            SubmitRsp(
                transaction=message.transaction,
                version=message.version,
                status=SUCCESS,
                message_id=f"mmsc-{len(self.taken)}",
            )
        )

    def _knows(self, request: web.Request) -> bool:
        pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return not self.user or request.headers.get("Authorization") == f"Basic {pair}"


def said(message: Message, status: int = 200) -> web.Response:
    content_type, body = write(message)
    return web.Response(status=status, body=body, headers={"Content-Type": content_type})


def refusing(code: Code | int, *, fault: bool = False, status: int = 200) -> Answer:
    async def answer(request: web.Request, message: SubmitReq) -> web.StreamResponse:
        kind = RSErrorRsp if fault else SubmitRsp
        told = Status(int(code), "in the network's own words")
        return said(kind(transaction=message.transaction, version=message.version, status=told), status)

    return answer


def http(status: int, body: bytes = b"<html>no</html>", **headers: str) -> Answer:
    async def answer(request: web.Request, message: SubmitReq) -> web.StreamResponse:
        return web.Response(status=status, body=body, headers={"Content-Type": "text/html", **headers})

    return answer


async def cut(request: web.Request, message: SubmitReq) -> web.StreamResponse:
    """The connection ends once the request has come whole, as if the MMSC had been killed with it."""
    assert request.transport is not None
    request.transport.abort()
    raise asyncio.CancelledError


def when(event: asyncio.Event, then: Answer) -> Answer:
    async def answer(request: web.Request, message: SubmitReq) -> web.StreamResponse:
        await event.wait()
        return await then(request, message)

    return answer
