"""The HTTP server on uvloop in a thread of its own, before a core that is a table; clients are blocking
sockets, which see every byte and every close."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar, cast

import uvloop

from kavle.clock import SetClock
from kavle.core.accept import Accept
from kavle.core.bundle_order import BundleOrder
from kavle.core.cancel import Cancel
from kavle.core.mms_files import MmsFiles
from kavle.core.mms_order import MmsOrder
from kavle.core.order import SmsOrder
from kavle.core.portal import Portal
from kavle.core.queries import Queries
from kavle.metrics import Metrics
from kavle.model.account import Account, AccountSettings, Anyone, Viewer
from kavle.model.errors import OutcomeUnknown, Reason, Refusal
from kavle.model.mms import IncomingFile, StoredFile
from kavle.model.status import Status
from kavle.north.app import application
from kavle.north.auth import Authenticator, hash_password
from kavle.north.http import App
from kavle.north.server import HttpServer
from kavle.north.settings import HttpSettings, Locale
from kavle.north.verbs import Verbs
from kavle.north.web import PageTerms
from support.patience import PATIENCE

T = TypeVar("T")
NAME, PASSWORD = "test", "pass-1234-word"
_PIECE = 100  # octets of a file that are read at once
NEIGHBOUR = "neighbour"
"""Another account, with the same password, which has nothing."""
QUERY = f"acc={NAME}&pass={PASSWORD}&msg=Testar&to=0702617396&from=ip1&prio=2"
HASH = hash_password(PASSWORD)


class Core:
    """Takes every order and remembers it, but for texts that ask for something else; has one account, whose
    settings a test may change, and what a test puts under public ids."""

    def __init__(self) -> None:
        self.settings = AccountSettings()
        self.orders: list[SmsOrder] = []
        self.bundles: list[BundleOrder] = []
        self.mms_orders: list[MmsOrder] = []
        self.cancelled: list[tuple[str, str]] = []
        self.statuses = {"1000": Status.DELIVERED}
        self.mms_statuses = {"2000": Status.DELIVERED}
        self.files: dict[tuple[str, str], IncomingFile] = {}
        self.pieces_read = 0
        self.erased_from = sys.maxsize  # which octet of each file, once it was found
        self.listed: dict[str, list[tuple[int, Status]]] = {}
        self.due_times: dict[str, datetime] = {}
        self.looked_up: list[str] = []
        self.down = False
        self.has_mms = False
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Semaphore(0)  # one for each MMS at the gate

    async def sms(self, account: Account, order: SmsOrder) -> int:
        assert account.name == NAME
        if not self.gate.is_set():
            await asyncio.to_thread(self.gate.wait)
        _refuse(order.text)
        self.orders.append(order)
        return 999 + len(self.orders)

    async def bundle(self, account: Account, order: BundleOrder) -> int:
        assert account.name == NAME
        _refuse(order.text)
        self.bundles.append(order)
        return 5_000_000 + len(self.bundles)

    async def mms(self, account: Account, order: MmsOrder) -> int:
        assert account.name == NAME
        self.arrived.release()
        if not self.gate.is_set():
            await asyncio.to_thread(self.gate.wait)
        _refuse(order.text)
        self.mms_orders.append(order)
        return 7_000_000 + len(self.mms_orders)

    async def account(self, name: str) -> Account | None:
        self.looked_up.append(name)
        if name == NEIGHBOUR:
            return Account(2, NEIGHBOUR, HASH, self.settings)
        return self.owner() if name == NAME else None

    def owner(self) -> Account:
        return Account(1, NAME, HASH, self.settings)


class Cancelling:
    """Cancels what is due, and remembers it."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def sms(self, account: Account, public_id: str) -> None:
        self._cancel("sms", public_id, self._core.due_times)

    async def bundle(self, account: Account, public_id: str) -> None:
        self._cancel("bundle", public_id, self._core.listed)

    def _cancel(self, kind: str, public_id: str, there: Mapping[str, object]) -> None:
        if there.get(public_id) is None:
            raise Refusal(Reason.PARAMETER)
        self._core.cancelled.append((kind, public_id))


class Asked:
    """Answers anyone, as the manual wants it, from what the core has."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def account(self, name: str) -> Account | None:
        return await self._core.account(name)

    async def entrant(self, name: str) -> Account | None:
        return await self._core.account(name)

    async def operator(self, name: str) -> None:
        """There is none."""

    async def balance(self, account: Account) -> int:
        return 985_000

    async def status(self, viewer: Viewer, public_id: str) -> Status | None:
        return self._read(viewer, self._core.statuses, public_id)

    async def mms_status(self, viewer: Viewer, public_id: str) -> Status | None:
        return self._read(viewer, self._core.mms_statuses, public_id)

    async def bundle(self, viewer: Viewer, public_id: str) -> list[tuple[int, Status]]:
        return self._read(viewer, self._core.listed, public_id) or []

    async def due(self, viewer: Viewer, public_id: str) -> datetime | None:
        return self._read(viewer, self._core.due_times, public_id)

    async def owner(self, viewer: Viewer, public_id: str) -> Account | None:
        core = self._core
        there = (core.statuses, core.mms_statuses, core.listed, core.due_times)
        known = any(self._read(viewer, kind, public_id) is not None for kind in there)
        return core.owner() if known else None

    def _read(self, viewer: Viewer, kind: Mapping[str, T], public_id: str) -> T | None:
        assert viewer == Anyone()
        if self._core.down:
            raise Refusal(Reason.UNAVAILABLE)
        return kind.get(public_id.strip())


class Kept:
    """The account's files of incoming MMS."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def received(self, account: Account, public_id: str, name: str) -> StoredFile | None:
        if self._core.down:
            raise Refusal(Reason.UNAVAILABLE)
        if account.name != NAME or (public_id, name) not in self._core.files:
            return None
        file, number = self._core.files[public_id, name], list(self._core.files).index((public_id, name))
        return StoredFile(int(public_id), number, file.name, file.content_type, file.size)

    async def pieces(self, stored: StoredFile) -> AsyncIterator[bytes]:
        file = list(self._core.files.values())[stored.number]
        for at in range(0, file.size, _PIECE):
            self._core.pieces_read += 1
            if at >= self._core.erased_from:
                raise Refusal(Reason.UNAVAILABLE)
            yield file.data[at : at + _PIECE]

    async def sent(self, account: Account, public_id: str, name: str) -> None:
        """None is kept."""


def _refuse(text: str) -> None:
    for reason in Reason:
        if text == reason.name:
            raise Refusal(reason)
    if text == "UNKNOWN":
        raise OutcomeUnknown
    if text == "BUG":
        raise RuntimeError("a bug")


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One connection."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Without a server name in its hello, if by TLS: old panels send none."""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket)
        self._seen = b""

    def send(self, data: bytes | str) -> None:
        self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def answer(self, bodiless: bool = False) -> Answer:
        """The next answer; fails when the connection closes before it is whole."""
        while b"\r\n\r\n" not in self._seen:
            self._more()
        head, _, self._seen = self._seen.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        size = 0 if bodiless else int(headers.get("content-length", 0))
        while len(self._seen) < size:
            self._more()
        body, self._seen = self._seen[:size], self._seen[size:]
        return Answer(int(line.split()[1]), headers, body)

    def _more(self) -> None:
        data = self.socket.recv(65536)
        assert data, f"closed after {self._seen!r}"
        self._seen += data

    def closed(self) -> bytes:
        """Waits for the server to close; what it still said before that."""
        with contextlib.suppress(ConnectionResetError, ssl.SSLEOFError):
            while data := self.socket.recv(65536):
                self._seen += data
        return self._seen


class Gateway:
    """What a test holds of a running server."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, server: HttpServer, core: Core, clock: SetClock
    ) -> None:
        self.server = server
        self.core = core
        self.clock = clock
        self.port = server.port
        self.url = f"http://127.0.0.1:{self.port}"
        self._loop = loop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def do(self, work: Callable[[], T]) -> T:
        """Call something in the server's loop."""

        async def call() -> T:
            return work()

        return self.run(call())

    def later(self, seconds: float) -> None:
        """Let go of what would have waited too long by then."""
        self.do(lambda: self.server.sweep(self._loop.time() + seconds))

    def settle(self) -> None:
        """All that was sent is read: of two turns of the loop, only the first may have begun before."""
        for _ in range(2):
            self.get("/healthz")

    @contextlib.contextmanager
    def client(self, at: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Client]:
        """`at` is the listener's place: 0 is `port`'s."""
        client = Client(self.server.listeners[at].port, tls)
        with client.socket:
            yield client

    def ask(self, request: bytes | str, at: int = 0, tls: ssl.SSLContext | None = None) -> Answer:
        """One request on a connection of its own."""
        with self.client(at, tls) as client:
            client.send(request)
            return client.answer(bodiless=request[:4] in ("HEAD", b"HEAD"))

    def get(self, target: str, method: str = "GET", headers: str = "") -> Answer:
        return self.ask(f"{method} {target} HTTP/1.1\r\nHost: gateway\r\n{headers}\r\n")

    def sms(self, query: str = QUERY) -> bytes:
        return self.get(f"/sendsms.aspx?{query}").body

    def post(self, body: bytes | str, headers: str = "", path: str = "/sendSms/sendSms.asmx") -> Answer:
        content = body.encode() if isinstance(body, str) else body
        head = f"POST {path} HTTP/1.1\r\nHost: gateway\r\n{headers}Content-Length: {len(content)}\r\n\r\n"
        return self.ask(head.encode("latin-1") + content)


@contextlib.contextmanager
def gateway(
    app: Callable[[App], App] = lambda app: app, locale: Locale | None = None, **settings: Any
) -> Iterator[Gateway]:
    """`app` may wrap the application."""
    core, clock, ready, stop = Core(), SetClock(), threading.Event(), asyncio.Event()
    running: list[Gateway] = []

    async def serve() -> None:
        http = HttpSettings(port=0, **settings)
        authenticator = Authenticator(core.account, clock)
        entrants = Authenticator(core.account, clock)
        closing = contextlib.ExitStack()
        verbs = Verbs(
            cast(Accept, core),
            cast(Cancel, Cancelling(core)),
            cast(Queries, Asked(core)),
            cast(Portal, core),
            cast(MmsFiles, Kept(core)),
        )
        north = application(
            verbs,
            authenticator,
            entrants,
            http,
            Metrics(),
            clock,
            PageTerms(b"a key of the tests", locale or Locale()),
            closing,
        )
        async with HttpServer(app(north), http, clock) as server:
            running.append(Gateway(asyncio.get_running_loop(), server, core, clock))
            ready.set()
            await stop.wait()
        authenticator.close()
        entrants.close()
        closing.close()

    thread = threading.Thread(target=lambda: uvloop.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield running[0]
    finally:
        core.gate.set()
        running[0].do(stop.set)
        thread.join(PATIENCE)
        assert not thread.is_alive()


def raw(query: str = QUERY, headers: str = "") -> bytes:
    """One keep-alive request to `/sendsms.aspx` as it goes over the wire, non-ASCII as Latin-1."""
    return f"GET /sendsms.aspx?{query} HTTP/1.1\r\nHost: gateway\r\n{headers}\r\n".encode("latin-1")


def texts(core: Core) -> list[str]:
    return [order.text for order in core.orders]


def with_text(text: str) -> str:
    return re.sub(r"msg=[^&]*", lambda _: f"msg={text}", QUERY)
