"""A stand-in for iP.1's REST interface, built from its public documentation (docs/ip1.md): it refuses what
that says is refused, and reports to the address that a request names."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from aiohttp import web

TOKEN = "portal-Token_1"
SENDER = re.compile(r"[0-9A-Za-z]{3,11}|[0-9]{1,15}")
RECIPIENT = re.compile(r"[0-9]{1,15}")

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Provider:
    """`async with Provider() as provider:` listens on `provider.url`."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.token = TOKEN
        self.batches: list[dict[str, Any]] = []  # that were taken
        self.asked: list[dict[str, Any]] = []  # all of them
        self.answers: deque[Answer] = deque()  # instead of the right ones, to the next batches
        self.probe_answers: deque[Answer] = deque()
        self.probes = 0
        self.running = 0
        self.most_running = 0
        self.reported: list[int] = []  # what our reports were answered
        self._tls = tls
        self._reports: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Provider:
        app = web.Application()
        app.router.add_post("/v2/batches", self._post)
        app.router.add_get("/v2/me/senders", self._senders)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls)
        await self._site.start()
        self.port = self._runner.addresses[0][1]
        self._client = aiohttp.ClientSession()
        return self

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    async def __aexit__(self, *error: object) -> None:
        for task in self._reports:
            task.cancel()
        await asyncio.gather(*self._reports, return_exceptions=True)
        await self._client.close()
        await self._runner.cleanup()

    async def refuse_connections(self) -> None:
        await self._site.stop()

    async def _senders(self, request: web.Request) -> web.StreamResponse:
        self.probes += 1
        if self.probe_answers:
            return await self.probe_answers.popleft()(request)
        if not self._knows(request):
            return web.json_response({"message": "Unauthorized"}, status=401)
        answer = web.json_response([{"sender": "iP1", "created": "2018-10-23T17:43:19Z"}])
        answer.force_close()
        return answer

    async def _post(self, request: web.Request) -> web.StreamResponse:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            batch = await request.json()
            self.asked.append(batch)
            if self.answers:
                return await self.answers.popleft()(request)
            if not self._knows(request):
                return web.json_response({"message": "Unauthorized"}, status=401)
            return self._judge(batch)
        finally:
            self.running -= 1

    def _knows(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.token}"

    def _judge(self, batch: dict[str, Any]) -> web.Response:
        faults = {
            "Sender": not SENDER.fullmatch(batch["sender"]),
            "Recipients": not all(RECIPIENT.fullmatch(one) for one in batch["recipients"]),
            "Body": not batch["body"].strip() or len(batch["body"]) > 2000,
        }
        errors = {field: ["is not valid"] for field, wrong in faults.items() if wrong}
        if errors:
            return web.json_response({"title": "Bad Request", "errors": errors}, status=400)
        self.batches.append(batch)
        return web.json_response({**batch, "id": f"{len(self.batches):024x}", "status": 101}, status=201)

    def report(self, batch: dict[str, Any], recipient: str, code: int, duration: int = 1) -> dict[str, Any]:
        return {
            "messageId": "5c613848879973045cf39ac4",
            "batchId": "5c613848879973045cf39ac3",
            "recipient": recipient,
            "code": code,
            "duration": duration,
            "created": "2026-10-23T17:43:21Z",
            "segments": 1,
            "price": 0.082,
            "currency": "eur",
            "reference": batch["reference"],
        }

    async def tell(self, batch: dict[str, Any], code: int, duration: int = 1) -> list[int]:
        """Report on each of its messages; what that was answered."""
        answers = [
            await self.post(batch["deliveryReportUrl"], json=self.report(batch, number, code, duration))
            for number in batch["recipients"]
        ]
        self.reported.extend(answers)
        return answers

    async def post(self, url: str, **what: Any) -> int:
        async with self._client.post(url, **what) as answer:
            return answer.status


def status(code: int, told: object = None, **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(told or {"message": "no"}, status=code, headers=headers)

    return answer


async def cut(request: web.Request) -> web.StreamResponse:
    """The connection ends once the request has come whole, as if the provider had been killed with it."""
    assert request.transport is not None
    request.transport.abort()
    raise asyncio.CancelledError


def when(event: asyncio.Event, then: Answer | None = None) -> Answer:
    then = then or status(201, {"id": "late"})

    async def answer(request: web.Request) -> web.StreamResponse:
        await event.wait()
        return await then(request)

    return answer
