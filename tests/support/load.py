"""Customers that call all the time, and remember what they were answered."""

from __future__ import annotations

import asyncio
from itertools import count
from urllib.parse import quote

from support.processes import LOOPBACK

ORDINARY = "46701740605"
# Undeliverable, rejected, refused at submit, receipt first, and receipt twice.
OTHERS = ["46701740611", "46701740613", "46701740617", "46701740618", "46701740620"]
THROTTLED = "46701740615"  # rarely: each time the whole link pauses for a second


class Load:
    """Closed-loop callers, each on a connection of its own; no text is sent twice."""

    def __init__(self, port: int, callers: int = 4) -> None:
        self.port = port
        self.answered: list[str] = []
        self._serial = count(1)
        self._tasks = [asyncio.create_task(self._call(number)) for number in range(callers)]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _call(self, number: int) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
                try:
                    while True:
                        await self._one(reader, writer)
                finally:
                    writer.close()
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.02)  # it was killed; it will be back

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serial = next(self._serial)
        text = f"number {serial} " + "å" * (serial % 3 * 150)  # of one to three segments
        query = f"acc=test&pass=1234&msg={quote(text)}&to={_recipient(serial)}&from=ip1&prio={serial % 3 + 1}"
        writer.write(f"GET /sendsms.aspx?{query} HTTP/1.1\r\nHost: {LOOPBACK}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        answer = (await reader.readexactly(length)).decode()
        assert int(answer) >= 1000, f"the load was refused: {answer}"
        self.answered.append(answer)


def _recipient(serial: int) -> str:
    if serial % 500 == 0:
        return THROTTLED
    return OTHERS[serial // 10 % len(OTHERS)] if serial % 10 == 0 else ORDINARY
