"""An address that clients connect to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from typing import Final

from kavle.north.caller import Admission
from kavle.north.settings import ListenerSettings

_BACKLOG: Final = 1024

Arrived = Callable[[], None]
Factory = Callable[[Admission, Arrived], asyncio.Protocol]
"""Makes what speaks with one client. It calls `Arrived` once it does."""


class ListenError(OSError):
    """An address that can't be had; `key` is how the settings call its listener."""

    def __init__(self, key: str, settings: ListenerSettings, cause: OSError) -> None:
        super().__init__(cause.errno, cause.strerror or str(cause))
        self.key = key
        self.host = settings.host
        self.port = settings.port


class Listener:
    """Plain HTTP at one address; a host name may stand for several."""

    def __init__(self, key: str, settings: ListenerSettings, bound: Sequence[socket.socket] = ()) -> None:
        """`key` is how the settings call it; `bound`: sockets that listen there already, where another
        process has them, too."""
        self.key = key
        self.settings = settings
        self.scheme = "https" if settings.tls else "http"
        networks = tuple(ip_network(network) for network in settings.addresses)
        self.admission = Admission(networks, frozenset(settings.accounts), settings.metrics)
        self._sockets = list(bound)
        self._servers: list[asyncio.Server] = []

    @property
    def port(self) -> int:
        """The one that it listens at; of interest when the settings say 0."""
        return int(self._sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        host = self.settings.host
        return (
            f"{self.scheme}://[{host}]:{self.port}" if ":" in host else f"{self.scheme}://{host}:{self.port}"
        )

    @property
    def sockets(self) -> Sequence[socket.socket]:
        """Once it is bound; for processes that serve it, too."""
        return self._sockets

    async def bind(self) -> None:
        """Raises ListenError."""
        try:
            self._sockets = await _bound(self.settings.host, self.settings.port)
        except OSError as error:
            raise ListenError(self.key, self.settings, error) from error

    async def open(self, connection: Factory) -> None:
        """Raises ListenError."""
        if not self._sockets:
            await self.bind()
        await self._serve(connection)

    async def _serve(self, connection: Factory) -> None:
        loop = asyncio.get_running_loop()
        for bound in self._sockets:
            server = await loop.create_server(
                lambda: connection(self.admission, _there_at_once), sock=bound, backlog=_BACKLOG
            )
            self._servers.append(server)

    def close(self) -> None:
        """Nobody new is let in, but by other processes that have its sockets."""
        for server in self._servers:
            server.close()
        if not self._servers:
            for bound in self._sockets:
                bound.close()


def _there_at_once() -> None:
    """Between a plain connection's arrival and its first byte there is nothing to wait for."""


async def _bound(host: str, port: int) -> list[socket.socket]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            bound = socket.socket(family, kind, protocol)
            sockets.append(bound)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:  # the same port of IPv4 is another listener's
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            bound.setblocking(False)
            bound.bind(address)
            bound.listen(_BACKLOG)
    except OSError:
        for bound in sockets:
            bound.close()
        raise
    return sockets
