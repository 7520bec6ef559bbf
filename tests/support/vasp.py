"""A gateway as an MMSC sees one, in a test's hands: requests go out one by one, and what comes is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import structlog
from aiohttp import web

from kavle.simulator.journal import MemoryJournal
from kavle.simulator.mmsc.mmsc import Mmsc
from kavle.simulator.mmsc.settings import MmscSettings
from kavle.wire import mm7
from kavle.wire.mime import ContentType, Part
from kavle.wire.mm7 import (
    SUCCESS,
    Address,
    DeliverReq,
    DeliverRsp,
    DeliveryReportReq,
    DeliveryReportRsp,
    Form,
    Message,
    ReadReplyReq,
    ReadReplyRsp,
    Status,
    SubmitReq,
    VASPErrorRsp,
)
from support.patience import PATIENCE

NUMBER = "46701740699"
_RESPONSES: dict[type, Any] = {
    DeliverReq: DeliverRsp,
    DeliveryReportReq: DeliveryReportRsp,
    ReadReplyReq: ReadReplyRsp,
}
Request = DeliverReq | DeliveryReportReq | ReadReplyReq


class Vasp:
    """`answers`: the statuses of its next answers; then success. None: no answer but HTTP 500."""

    def __init__(self, mmsc: Mmsc, url: str, journal: MemoryJournal) -> None:
        self.mmsc = mmsc
        self.url = url  # of the MMSC
        self.address = ""  # its own
        self.journal = journal
        self.got: list[Request] = []
        self.answers: list[Status | None] = []
        self.authorization = ""
        self._count = 0

    async def submit(self, to: str, *parts: Part, **more: Any) -> tuple[int, Message]:
        """HTTP's status, and the answer. Raises aiohttp.ClientError where there is none."""
        self._count += 1
        content = Part(ContentType("multipart/mixed"), parts=parts or (Part(body=b"Hej"),))
        request = SubmitReq(
            transaction=f"t-{self._count}",
            sender=Address(Form.NUMBER, NUMBER),
            to=(Address(Form.NUMBER, to),),
            content=content,
            delivery_report=more.pop("delivery_report", True),
            **more,
        )
        return await self.post(*mm7.write(request))

    async def post(self, content_type: str, body: bytes) -> tuple[int, Message]:
        headers = {"Content-Type": content_type, "Authorization": self.authorization}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url, data=body, headers=headers) as answer,
        ):
            return answer.status, mm7.read(answer.headers["Content-Type"], await answer.read())

    async def until(self, count: int) -> list[Request]:
        """So many requests, once they have come."""
        async with asyncio.timeout(PATIENCE):
            while len(self.got) < count:
                await asyncio.sleep(0.01)
        return self.got

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        message = mm7.read(request.headers["Content-Type"], await request.read())
        assert isinstance(message, Request)
        self.got.append(message)
        status = self.answers.pop(0) if self.answers else SUCCESS
        if status is None:
            return web.Response(status=500)
        kind = _RESPONSES[type(message)] if status.good else VASPErrorRsp
        told = kind(transaction=message.transaction, version=message.version, status=status)
        content_type, body = mm7.write(told)
        return web.Response(body=body, headers={"Content-Type": content_type})


@asynccontextmanager
async def vasp(**settings: Any) -> AsyncIterator[Vasp]:
    """With an MMSC that knows where it is."""
    journal = MemoryJournal()
    settings = {"retry": 0.05, **settings}
    mmsc = Mmsc(MmscSettings(**settings), structlog.get_logger(), journal)
    host, port = await mmsc.start("127.0.0.1", 0)
    gateway = Vasp(mmsc, f"http://{host}:{port}/mm7", journal)
    runner = web.ServerRunner(web.Server(gateway.take, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gateway_port = runner.addresses[0][1]
    gateway.address = f"http://127.0.0.1:{gateway_port}/vasp"
    mmsc.deliveries.reach(gateway.address)
    try:
        yield gateway
    finally:
        await mmsc.stop()
        await runner.cleanup()
