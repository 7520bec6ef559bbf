"""When a connection is read from, and when it can be written to."""

from __future__ import annotations

import asyncio


class Flow:
    """Of one transport."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.write_paused = False
        self._transport = transport
        self.read_paused = False
        self._writable: asyncio.Event | None = None  # once somebody waits for it

    def pause_reading(self) -> None:
        if not self.read_paused:
            self.read_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self.read_paused:
            self.read_paused = False
            self._transport.resume_reading()

    def pause_writing(self) -> None:
        self.write_paused = True

    def resume_writing(self) -> None:
        self.write_paused = False
        if self._writable is not None:
            self._writable.set()

    async def writable(self) -> None:
        """Returns when the client has taken some of what was written, or is gone."""
        while self.write_paused:
            self._writable = self._writable or asyncio.Event()
            self._writable.clear()
            await self._writable.wait()
