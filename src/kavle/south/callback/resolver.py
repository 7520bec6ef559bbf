"""Names to addresses, by threads of our own: the event loop's few would leave all customers waiting for one
whose name servers are silent."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult

THREADS: Final = 32


class Resolver(AbstractResolver):
    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="kavle-resolve")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises OSError where there is no address."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port, family)
        return [_result(host, one, sockaddr) for one, _, _, _, sockaddr in found]

    async def close(self) -> None:
        # Not waited for: a name server may take half a minute not to answer.
        self._threads.shutdown(wait=False, cancel_futures=True)


Found = list[
    tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int] | tuple[str, int, int, int]]
]


def _look_up(host: str, port: int, family: socket.AddressFamily) -> Found:
    return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)  # type: ignore[return-value]


def _result(host: str, family: int, sockaddr: tuple[str, int] | tuple[str, int, int, int]) -> ResolveResult:
    return ResolveResult(
        hostname=host, host=sockaddr[0], port=sockaddr[1], family=family, proto=socket.IPPROTO_TCP, flags=0
    )
