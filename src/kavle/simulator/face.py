"""The networks' HTTP face, for benchmarks and test harnesses in another process, and for pages that show
phones. It has no log-in: it listens on loopback only. What it has to tell, desks do."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Final, Protocol

from kavle.simulator.customer import CustomerDesk
from kavle.simulator.http import LONGEST_HEAD, Answer, BadRequest, Request, read_request, rendered

LOOPBACK: Final = "127.0.0.1"

_PATIENCE: Final = 5.0  # seconds for a request, and for its answer to be taken


class Desk(Protocol):
    async def answer(self, request: Request) -> Answer | None:
        """None where that is not its business. Raises BadRequest."""


class Face:
    """Has each request answered by the first of its desks that can; a customer's is the last."""

    def __init__(self, *desks: Desk) -> None:
        self._desks: tuple[Desk, ...] = (*desks, CustomerDesk())
        self._server: asyncio.Server | None = None

    def add(self, desk: Desk) -> None:
        """One more, before the others."""
        self._desks = (desk, *self._desks)

    async def start(self, port: int) -> int:
        """Listen on loopback; returns the port really taken. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, port, limit=LONGEST_HEAD)
        taken: int = self._server.sockets[0].getsockname()[1]
        return taken

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = rendered(*await self._answer(reader))
            async with asyncio.timeout(_PATIENCE):
                writer.write(answer)
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, OSError):
            return  # who does not finish the request, or does not take the answer, gets none
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> Answer:
        try:
            async with asyncio.timeout(_PATIENCE):
                request = await read_request(reader)
            for desk in self._desks:
                answer = await desk.answer(request)
                if answer is not None:
                    return answer
        except BadRequest as error:
            return error.status, {"error": str(error)}
        return HTTPStatus.NOT_FOUND, {"error": "there is nothing here"}
