"""A process that lets customers in, of a gateway on one file: `kavle serve` starts as many as `[http]
processes` says, by `python -m kavle.cli.north NUMBER`. Its standard input is the line to the engine, by which
it is told all that it must know; it ends when the engine says so, or is gone."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from typing import Final

import structlog
import uvloop

from kavle import __version__, logs
from kavle.cli.database import file_of
from kavle.cli.roles.counts import Counted, counted, text
from kavle.cli.roles.lookout import Lookout
from kavle.cli.roles.node import Node, Part
from kavle.cli.roles.north import North
from kavle.cli.roles.orders import (
    BEAT,
    CAME,
    CHANGED,
    COUNT,
    EXPAND,
    START,
    STOP,
    STORED,
    WAKE,
    Start,
    name_of,
)
from kavle.cli.runner import spare_the_collector
from kavle.clock import SystemClock
from kavle.core.accounts import Accounts
from kavle.core.desk import Desk
from kavle.model.errors import OutcomeUnknown
from kavle.store.errors import StoreError, StoreUnavailable
from kavle.store.sqlite.line import Heard, Line, Served, reading
from kavle.store.sqlite.remote import RemoteWriter
from kavle.store.sqlite.store import SqliteStore

_LOST: Final = 70  # EX_SOFTWARE: the engine went without a word

_log = structlog.get_logger("kavle.app")


class NorthProcess:
    """`await run(end)` until the engine says so, or is gone: the exit code."""

    def __init__(self, name: str) -> None:
        """`name`: as logs and metrics call it."""
        self._stop = asyncio.Event()
        self._told_to_stop = False
        self._parts: list[Part] = []
        self._name = name
        self._node: Node
        self._line = Line(
            {
                START: Served(reading(Start), lambda start, _: asyncio.ensure_future(self._start(start))),
                BEAT: Served(reading(None), _beat),
                COUNT: Served(reading(None), lambda *_: asyncio.ensure_future(self._count())),
            },
            {
                STOP: Heard(reading(None), lambda _: self._end()),
                STORED: Heard(reading(float), self._stored),
                CHANGED: Heard(reading(str), self._forget),
            },
            self._stop.set,
        )

    async def run(self, end: socket.socket) -> int:
        await self._line.open(end)
        await self._stop.wait()
        if not self._told_to_stop:
            _log.error("the engine is gone, so this process ends")
        for part in self._parts:
            await part.stop()
        if self._parts:
            await self._node.close()
            _log.info("stopped")
        self._line.close()
        return 0 if self._told_to_stop else _LOST

    async def _start(self, start: Start) -> None:
        """Raises `StoreError` or `SettingsError`, which the engine is told."""
        if start.version != __version__:
            raise StoreError(f"Kavle {__version__} is installed now, and {start.version} runs: restart it")
        logs.configure(start.settings.log_level)
        node = self._node = Node(start.settings, SystemClock())
        path = file_of(start.settings.database)
        if path is None:
            raise AssertionError("the engine has a file")
        await node.join(SqliteStore.join(path, RemoteWriter(self._line)))
        node.metrics.text = self._text
        node.wake.listen(lambda carrier_id, urgent: self._line.tell(WAKE, (carrier_id, urgent)))
        node.came.listen(lambda: self._line.tell(CAME))
        accounts = Accounts(node.store, node.clock, self._changed)
        desk = Desk(
            node.store, node.clock, start.settings.gateway.region, accounts=accounts, wake=node.wake_all
        )
        bound = {
            key: [socket.socket(fileno=descriptor) for descriptor in descriptors]
            for key, descriptors in start.sockets.items()
        }
        north = North(node, lambda: self._line.tell(EXPAND), desk, bound=bound)
        for part in (north, Lookout(node)):
            await part.start()
            self._parts.append(part)
        spare_the_collector()
        _log.info("started", listeners=[listener.url for listener in north.http.listeners])

    def _changed(self, account: str) -> None:
        """Here at once; the engine tells the others."""
        self._node.changed(account)
        self._line.tell(CHANGED, account)

    def _forget(self, account: str) -> None:
        self._node.changed(account)

    def _end(self) -> None:
        self._told_to_stop = True
        self._stop.set()

    def _stored(self, at: float) -> None:
        self._node.metrics.stored_at = at

    async def _count(self) -> Counted:
        return counted(self._name, self._node.metrics)

    async def _text(self) -> bytes:
        """Of all processes, the engine being asked; of this one alone where it does not answer."""
        try:
            everybody = await self._line.call(COUNT, None, reading(list[Counted]))
        except (OutcomeUnknown, StoreUnavailable):
            everybody = [await self._count()]
        return text(everybody)


def _beat(_: None, octets: int) -> asyncio.Future[None]:
    """The loop turns: that is all there is to say."""
    beaten: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    beaten.set_result(None)
    return beaten


async def _run(name: str, end: socket.socket) -> int:
    structlog.contextvars.bind_contextvars(process=name)
    return await NorthProcess(name).run(end)


def main() -> None:
    try:
        end = socket.socket(fileno=0)
    except OSError:
        raise SystemExit("this process is started by `kavle serve`, by [http] processes") from None
    # Ctrl-C and service managers tell all processes at once; the engine tells this one when it is time.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(uvloop.run(_run(name_of(int(sys.argv[1])), end)))


if __name__ == "__main__":
    main()
