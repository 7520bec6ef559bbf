"""Connections to receivers: dialled where that is allowed, kept for a while, and used again."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Final

import msgspec

from kavle.south.callback.exchange import Exchange, NoResponse, Response
from kavle.south.callback.names import AddressInfo, Names

IDLE: Final = 15.0
"""Seconds; servers close theirs after 5 to 75."""
MOST_IDLE: Final = 100
"""In all: a receiver that leads to ever new hosts must not have all open files of the process."""


class Place(msgspec.Struct, frozen=True):
    """Where to connect, and whose certificate is good there; None: plain HTTP."""

    host: str
    port: int
    tls: ssl.SSLContext | None

    def __hash__(self) -> int:
        return hash((self.host, self.port, id(self.tls)))


class Pool:
    """As many connections as who calls asks for at once. Make it in the running loop."""

    def __init__(
        self, make: Callable[[AddressInfo], socket.socket], names: Names, connect_timeout: float
    ) -> None:
        """`make` makes the socket for one address, or raises OSError if it may not be dialled."""
        self._make = make
        self._names = names
        self._connect_timeout = connect_timeout
        self._idle: dict[Place, list[Exchange]] = {}
        self._expiring: asyncio.TimerHandle | None = None

    async def get(self, place: Place, head: bytes) -> Response:
        """Raises NoResponse, or OSError (TimeoutError too) where there is no connection."""
        if (kept := self._kept(place)) is not None:
            try:
                return await self._on(kept, place, head)
            except NoResponse as error:
                if not error.untouched:
                    raise
                # It was closed while it lay idle, and what was asked there was not heard (RFC 9112 §9.3.1).
        return await self._on(await self._dialled(place), place, head)

    def close(self) -> None:
        if self._expiring is not None:
            self._expiring.cancel()
        for exchange in (one for kept in self._idle.values() for one in kept):
            exchange.close()
        self._idle.clear()

    async def _on(self, exchange: Exchange, place: Place, head: bytes) -> Response:
        try:
            response = await exchange.get(head)
        except BaseException:
            exchange.close()
            raise
        if exchange.reusable:
            self._keep(place, exchange)
        else:
            exchange.close()
        return response

    def _kept(self, place: Place) -> Exchange | None:
        kept = self._idle.get(place)
        if not kept:
            return None
        newest = kept.pop()
        if not kept:
            del self._idle[place]
        return newest

    def _keep(self, place: Place, exchange: Exchange) -> None:
        if sum(map(len, self._idle.values())) >= MOST_IDLE:
            self._close_oldest()
        loop = asyncio.get_running_loop()
        exchange.idle_since = loop.time()
        self._idle.setdefault(place, []).append(exchange)
        if self._expiring is None:
            self._expiring = loop.call_later(IDLE, self._expire)

    def _close_oldest(self) -> None:
        place, kept = min(self._idle.items(), key=lambda one: one[1][0].idle_since)
        kept.pop(0).close()
        if not kept:
            del self._idle[place]

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        before = loop.time() - IDLE
        for place, kept in list(self._idle.items()):
            self._idle[place] = [one for one in kept if one.idle_since > before]
            for exchange in kept:
                if exchange.idle_since <= before:
                    exchange.close()
            if not self._idle[place]:
                del self._idle[place]
        self._expiring = loop.call_later(IDLE, self._expire) if self._idle else None

    async def _dialled(self, place: Place) -> Exchange:
        async with asyncio.timeout(self._connect_timeout):
            found = await self._names.addresses(place.host, place.port)
            errors: list[OSError] = []
            for info in found:
                try:
                    # Each has its share, so that one which is silent leaves time for the others.
                    async with asyncio.timeout(self._connect_timeout / len(found)):
                        return await self._connected(info, place)
                except OSError as error:
                    errors.append(error)
        raise errors[0] if len(errors) == 1 else OSError("; ".join(map(str, errors)) or "no address")

    async def _connected(self, info: AddressInfo, place: Place) -> Exchange:
        loop = asyncio.get_running_loop()
        connection = self._make(info)
        try:
            connection.setblocking(False)
            await loop.sock_connect(connection, info[4])
            _, exchange = await loop.create_connection(
                Exchange, sock=connection, ssl=place.tls, server_hostname=place.host if place.tls else None
            )
        except BaseException:
            connection.close()
            raise
        return exchange
