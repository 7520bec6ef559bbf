"""A listener behind TLS. It takes connections itself, so that those whose handshake is under way are counted
and bounded like all others, and whoever may not come or speaks plain HTTP is met before the handshake."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import structlog

from kavle.north.listener import Factory, Listener
from kavle.north.settings import ListenerSettings
from kavle.north.throttle import Doublings, network_of
from kavle.north.tls import Certificate

_LINGER_SECONDS: Final = 2.0
_ACCEPT_AGAIN_SECONDS: Final = 1.0
_OUTDATED: Final = ("UNSUPPORTED_PROTOCOL", "NO_SHARED_CIPHER", "VERSION_TOO_LOW")
_WANTS_TLS: Final = b"400 Bad Request: this port speaks TLS, so call it by https\n"
_PLAIN_ANSWER: Final = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(_WANTS_TLS), _WANTS_TLS)
)

_log = structlog.get_logger("kavle.tls")


class Arrival:
    """Somebody whose handshake is under way."""

    welcome: asyncio.Task[None]

    def __init__(self, client: socket.socket, address: str, since: float, among: set[Arrival]) -> None:
        self.client: Final = client
        self.address: Final = address
        self.network: Final = network_of(address)
        self.since: Final = since
        self._among = among
        among.add(self)

    @property
    def waits(self) -> bool:
        return self in self._among

    def give_way(self) -> None:
        self.leave()
        self.welcome.cancel()

    def leave(self) -> None:
        """It is over, or has become a connection."""
        self._among.discard(self)


class TlsListener(Listener):
    """HTTPS at one address."""

    def __init__(
        self,
        key: str,
        settings: ListenerSettings,
        has_room: Callable[[], bool],
        handshake_seconds: float,
        goodbye_seconds: float,
        bound: Sequence[socket.socket] = (),
    ) -> None:
        """`goodbye_seconds` are for what is still to be sent when a connection closes."""
        super().__init__(key, settings, bound)
        self.certificate = Certificate(key, settings)
        self.arriving: set[Arrival] = set()
        self._has_room = has_room
        self._handshake_seconds = handshake_seconds
        self._goodbye_seconds = goodbye_seconds
        self._failures = Doublings()
        self._accepting: list[asyncio.Task[None]] = []
        self._welcomes: set[asyncio.Task[None]] = set()

    async def open(self, connection: Factory) -> None:
        await super().open(connection)
        if self.settings.tls == "legacy":
            _log.warning(
                "outdated TLS is spoken here: whoever sits between may read and change what passes, passwords"
                " too; limit the listener to the accounts and addresses that need it",
                listener=self.url,
                accounts=self.settings.accounts or "all",
                addresses=self.settings.addresses or "all",
            )

    async def _serve(self, connection: Factory) -> None:
        self._accepting = [asyncio.create_task(self._accept(bound, connection)) for bound in self._sockets]

    def close(self) -> None:
        for task in (*self._accepting, *self._welcomes):
            task.cancel()
        for bound in self._sockets:
            bound.close()

    async def _accept(self, bound: socket.socket, connection: Factory) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, address = await loop.sock_accept(bound)
            except ConnectionError:  # whoever knocked has gone
                continue
            except OSError as error:  # out of files, say
                _log.warning("no connection could be taken", listener=self.url, reason=error.strerror)
                await asyncio.sleep(_ACCEPT_AGAIN_SECONDS)
                continue
            if self.admission.serves(address[0]) and self._has_room():
                arrival = Arrival(client, address[0], loop.time(), self.arriving)
                arrival.welcome = asyncio.create_task(self._welcome(arrival, connection))
                self._welcomes.add(arrival.welcome)
                arrival.welcome.add_done_callback(partial(self._welcomed, client))
            else:
                client.close()

    def _welcomed(self, client: socket.socket, welcome: asyncio.Task[None]) -> None:
        self._welcomes.discard(welcome)
        if welcome.cancelled():  # before it began
            client.close()

    async def _welcome(self, arrival: Arrival, connection: Factory) -> None:
        client = arrival.client
        try:
            async with asyncio.timeout(self._handshake_seconds):
                plain = (await _first_byte(client)).isalpha()
            await (_tell_plain(client) if plain else self._shake_hands(arrival, connection))
        except ssl.SSLError as error:
            self._tell(arrival.address, error.reason or str(error))
            client.close()
        except (OSError, TimeoutError, asyncio.CancelledError):  # gone, too slow, gives way, or we stop
            client.close()
        finally:
            arrival.leave()

    async def _shake_hands(self, arrival: Arrival, connection: Factory) -> None:
        await asyncio.get_running_loop().connect_accepted_socket(
            lambda: connection(self.admission, arrival.leave),
            arrival.client,
            ssl=self.certificate.context,
            ssl_handshake_timeout=self._handshake_seconds,
            ssl_shutdown_timeout=self._goodbye_seconds,
        )

    def _tell(self, address: str, reason: str) -> None:
        """A panel that is too old must be no riddle."""
        times = self._failures.next(address)
        if times is None:
            return
        more = {}
        if reason in _OUTDATED and self.settings.tls == "modern":
            more["look_at"] = 'tls = "legacy" of a listener for old panels'
        _log.warning(
            "TLS handshake failed", address=address, listener=self.url, reason=reason, times=times, **more
        )


async def _first_byte(client: socket.socket) -> bytes:
    """What the client says first; it stays in the socket."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(client, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(client)
    return client.recv(1, socket.MSG_PEEK)


async def _tell_plain(client: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(_LINGER_SECONDS):
        await loop.sock_sendall(client, _PLAIN_ANSWER)
        client.shutdown(socket.SHUT_WR)
        while await loop.sock_recv(client, 65536):
            pass  # to close before would reset the connection, answer and all (RFC 9112 §9.6)
    client.close()
