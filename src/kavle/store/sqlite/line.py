"""What passes between two processes of one gateway: calls, their answers, and tidings that want none, over
one connection. Both ends are alike. What one turn of the loop says goes over as one frame. A frame that is
none, or calls what there is not, is not listened to at all, and ends the connection; a payload that is not of
its type is refused by itself."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Mapping
from functools import partial
from struct import Struct
from typing import Any, Final, NamedTuple, cast

import msgspec

from kavle.model.errors import OutcomeUnknown
from kavle.settings import SettingsError
from kavle.store.errors import RowRefused, StoreError, StoreUnavailable
from kavle.store.groups import groups

LONGEST: Final = 64 * 1024 * 1024
"""Octets of a frame: many times what one call may be."""
_MOST: Final = LONGEST // 2  # octets of one payload
_HEAD: Final = Struct(">I")  # octets that follow
_ERRORS: Final = {
    kind.__name__: kind for kind in (StoreUnavailable, OutcomeUnknown, RowRefused, StoreError, SettingsError)
}
_UNWRITABLE: Final = (ValueError, TypeError, OverflowError)

_log = logging.getLogger("kavle.line")


class _Call(NamedTuple):
    number: int  # by which it is answered
    name: str
    octets: int  # of what in the payload is large
    payload: bytes


class _Answer(NamedTuple):
    number: int
    error: str  # its kind; empty: there is none
    result: bytes  # or what the error says


class _Tiding(NamedTuple):
    name: str
    payload: bytes


class _Frame(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    calls: list[_Call]
    answers: list[_Answer]
    tidings: list[_Tiding]


class _Pending(NamedTuple):
    future: asyncio.Future[Any]
    read: Callable[[bytes], Any]


_encode: Final = msgspec.msgpack.Encoder().encode
_read_frame: Final = msgspec.msgpack.Decoder(_Frame).decode
_read_words: Final = msgspec.msgpack.Decoder(str).decode


def reading(kind: Any) -> Callable[[bytes], Any]:
    """Of a payload or a result of that type. Raises `msgspec.DecodeError` for another one."""
    return msgspec.msgpack.Decoder(kind).decode


class Served(NamedTuple):
    """What the other end may call: how its payload is read, and who does it (with the payload, and the octets
    of what is large in it)."""

    read: Callable[[bytes], Any]
    serve: Callable[[Any, int], asyncio.Future[Any]]


class Heard(NamedTuple):
    """What the other end may tell."""

    read: Callable[[bytes], Any]
    hear: Callable[[Any], None]


class Line(asyncio.Protocol):
    """One end. `lost` is called when the other is gone, or has said what can't be."""

    def __init__(
        self, served: Mapping[str, Served], heard: Mapping[str, Heard], lost: Callable[[], None]
    ) -> None:
        self._served = served
        self._heard = heard
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._closed = False
        self._due = False
        self._part = bytearray()
        self._last = 0
        self._pending: dict[int, _Pending] = {}
        self._calls: list[_Call] = []
        self._answers: list[_Answer] = []
        self._tidings: dict[tuple[str, bytes], None] = {}  # what is said twice in one turn is said once

    async def open(self, end: socket.socket) -> None:
        """Speak by this end of a pair, which is closed with the line."""
        await self._loop.create_unix_connection(lambda: self, sock=end)

    def call(
        self, name: str, payload: Any, read: Callable[[bytes], Any], octets: int = 0
    ) -> asyncio.Future[Any]:
        """Raises what the other end raised. When the line is lost: `OutcomeUnknown` for what was handed over
        and not answered, `StoreUnavailable` for what was not."""
        if self._closed:
            return self._failed(StoreUnavailable("the gateway's engine is gone"))
        try:
            written = _encode(payload)
        except _UNWRITABLE as error:
            return self._failed(RowRefused(f"it can't be handed over: {type(error).__name__}"))
        if len(written) > _MOST:
            return self._failed(RowRefused("it is too large to be handed over"))
        future: asyncio.Future[Any] = self._loop.create_future()
        self._last += 1
        self._pending[self._last] = _Pending(future, read)
        self._calls.append(_Call(self._last, name, octets, written))
        self._soon()
        return future

    def tell(self, name: str, payload: Any = None) -> None:
        if not self._closed:
            self._tidings[name, _encode(payload)] = None
            self._soon()

    async def answered(self) -> None:
        """Returns when all that was called for is answered, or never will be."""
        if waiting := [one.future for one in self._pending.values() if not one.future.done()]:
            await asyncio.wait(waiting)

    def close(self) -> None:
        """What was said still goes over."""
        self._flush()
        if self._transport is not None:
            self._transport.close()

    # --- the loop's ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._soon()

    def data_received(self, data: bytes) -> None:
        self._part += data
        while len(self._part) >= _HEAD.size:
            (length,) = _HEAD.unpack_from(self._part)
            if length > LONGEST:
                self._wrong(f"it has {length} octets")
                return
            end = _HEAD.size + length
            if len(self._part) < end:
                return
            frame = bytes(self._part[_HEAD.size : end])
            del self._part[:end]
            try:
                self._listen(frame)
            except (msgspec.DecodeError, LookupError, UnicodeError) as error:
                self._wrong(type(error).__name__)
                return

    def connection_lost(self, error: Exception | None) -> None:
        unsent = {one.number for one in self._calls}
        self._closed, self._calls = True, []
        pending, self._pending = self._pending, {}
        for number, one in pending.items():
            if not one.future.done():
                gone = "the gateway's engine is gone"
                one.future.set_exception(StoreUnavailable(gone) if number in unsent else OutcomeUnknown(gone))
        self._lost()

    # --- saying -------------------------------------------------------------------------------------------

    def _soon(self) -> None:
        if not self._due:
            self._due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._due = False
        if self._closed or self._transport is None:
            return
        wanted = [one for one in self._calls if self._wanted(one)]
        answers, told = self._answers, self._tidings
        self._calls, self._answers, self._tidings = [], [], {}
        tidings = [_Tiding(name, payload) for name, payload in told]
        first, *others = list(groups(wanted, lambda one: len(one.payload))) or [[]]
        if first or answers or tidings:
            _write(self._transport, _Frame(first, answers, tidings))
        for calls in others:
            _write(self._transport, _Frame(calls, [], []))

    def _wanted(self, call: _Call) -> bool:
        """Who has given up waiting is not served."""
        if self._pending[call.number].future.cancelled():
            del self._pending[call.number]
            return False
        return True

    # --- hearing ------------------------------------------------------------------------------------------

    def _wrong(self, why: str) -> None:
        _log.error("the other process said what can't be: %s; it is not spoken with any more", why)
        self._closed = True
        if self._transport is not None:
            self._transport.abort()

    def _listen(self, data: bytes) -> None:
        """All of it is read before any of it is done."""
        frame = _read_frame(data)
        calls = [(one.number, self._work(one)) for one in frame.calls]
        tidings = [
            (self._heard[one.name].hear, self._heard[one.name].read(one.payload)) for one in frame.tidings
        ]
        answers = [(self._pending[one.number].future, self._result(one)) for one in frame.answers]
        for answer in frame.answers:
            self._pending.pop(answer.number, None)
        for future, result in answers:
            _settle(future, result)
        for number, work in calls:
            work().add_done_callback(partial(self._answer, number))
        for hear, payload in tidings:
            hear(payload)

    def _work(self, call: _Call) -> Callable[[], asyncio.Future[Any]]:
        served = self._served[call.name]
        try:
            payload = served.read(call.payload)
        except msgspec.DecodeError as error:
            _log.error("a call of %s is not of its type: %s", call.name, type(error).__name__)
            return partial(self._failed, RowRefused("it is not of the type that is stored"))
        return partial(served.serve, payload, call.octets)

    def _failed(self, error: Exception) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self._loop.create_future()
        future.set_exception(error)
        return future

    def _result(self, answer: _Answer) -> Any:
        if answer.error:
            return _ERRORS[answer.error](_read_words(answer.result))
        return self._pending[answer.number].read(answer.result)

    def _answer(self, number: int, future: asyncio.Future[Any]) -> None:
        error = OutcomeUnknown("the gateway stops") if future.cancelled() else future.exception()
        if error is None:
            answer = _Answer(number, "", _encode(future.result()))
        elif type(error).__name__ in _ERRORS:
            answer = _Answer(number, type(error).__name__, _encode(str(error)))
        else:
            raise error  # a bug, and it shows: its caller is left without an answer
        self._answers.append(answer)
        self._soon()


def _write(transport: asyncio.Transport, frame: _Frame) -> None:
    written = _encode(frame)
    transport.writelines((_HEAD.pack(len(written)), written))


def _settle(future: asyncio.Future[Any], result: Any) -> None:
    if future.done():
        return  # the caller went away; what it asked for is done all the same
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
