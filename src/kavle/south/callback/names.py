"""Names to addresses, by threads of our own: the event loop's few would leave all customers waiting for one
whose name servers are silent."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any, Final, Protocol

THREADS: Final = 256
"""More than calls at once: a name server that is silent keeps its thread beyond the call, and one account may
have fifty of them. They are made as they are needed."""
KEPT: Final = 10.0
"""Seconds for which an answer is good: no more than a burst of calls."""
MOST: Final = 1000

AddressInfo = tuple[int, int, int, str, tuple[Any, ...]]
"""As `socket.getaddrinfo` gives them; each with a numeric address."""


class Names(Protocol):
    async def addresses(self, host: str, port: int) -> list[AddressInfo]:
        """Raises OSError where there is none."""

    def close(self) -> None: ...


class SystemNames:
    """As the system resolves them. Who asks for a name that is being asked for waits for the same answer."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="kavle-names")
        self._known: dict[tuple[str, int], tuple[float, asyncio.Future[list[AddressInfo]]]] = {}

    async def addresses(self, host: str, port: int) -> list[AddressInfo]:
        if _is_numeric(host):
            return _look_up(host, port)
        loop = asyncio.get_running_loop()
        until, known = self._known.get((host, port), (0.0, None))
        if known is None or (known.done() and loop.time() > until):
            if len(self._known) >= MOST:
                self._known.clear()
            known = loop.run_in_executor(self._threads, _look_up, host, port)
            self._known[host, port] = loop.time() + KEPT, known
        return await asyncio.shield(known)

    def close(self) -> None:
        # Not waited for: a name server may take half a minute not to answer.
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[AddressInfo]:
    return [tuple(one) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]  # type: ignore[misc]


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
