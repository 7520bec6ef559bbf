"""What a simulated network tells of its phones, and what is written there, by its HTTP face on
this machine."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import ClassVar, Final, TypeVar
from urllib.parse import urlsplit
from zlib import crc32

import msgspec

from kavle.model.errors import Reason, Refusal

_PATIENCE: Final = 5.0  # seconds for an answer
_LONGEST: Final = 16 * 1024 * 1024  # octets of one

_T = TypeVar("_T")


class Got(msgspec.Struct, frozen=True):
    """A whole text that came."""

    kind: ClassVar[str] = "got"

    at: datetime
    sender: str
    text: str
    flash: bool
    segments: int


class Missed(msgspec.Struct, frozen=True):
    """What was sent and did not come."""

    kind: ClassVar[str] = "missed"

    at: datetime
    sender: str
    why: str
    error: str


class Part(msgspec.Struct, frozen=True):
    answers: list[str | None]


class Wrote(msgspec.Struct, frozen=True):
    """A text that was written there, and what the gateway answered for its parts."""

    kind: ClassVar[str] = "wrote"

    at: datetime
    to: str
    text: str
    ended: bool
    parts: list[Part]

    @property
    def refused(self) -> str:
        """The error that ended it; empty: none has."""
        last = (part.answers[-1] if part.answers else None for part in self.parts)
        return next((answer or "" for answer in last if answer != "ESME_ROK"), "") if self.ended else ""


Event = Got | Missed | Wrote


class _Texts(msgspec.Struct, frozen=True):
    texts: list[Got] = []
    missed: list[Missed] = []
    written: list[Wrote] = []


class Phone(msgspec.Struct, frozen=True):
    """`mark` is another as soon as it shows something else."""

    number: str
    events: list[Event]
    mark: str


class Glimpse(msgspec.Struct, frozen=True):
    number: str
    last: Got | None


class Outcome(msgspec.Struct, frozen=True):
    """What becomes of messages to a number, and which status Kavle tells in the end."""

    number: str
    told: str
    status: str


class Call(msgspec.Struct, frozen=True):
    """A callback, as the customer's web application understood it."""

    at: datetime
    target: str
    parameters: list[tuple[str, str]]


class PhoneNetwork:
    """Each question raises `Refusal` UNAVAILABLE where the network does not answer."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url = url
        self._host, self._port = parts.hostname, parts.port

    async def phone(self, number: str) -> Phone:
        status, body = await self._ask("GET", f"/phones/{number}")
        told = _read(body, _Texts) if status == 200 else _Texts()
        events: list[Event] = [*told.texts, *told.missed, *told.written]
        return Phone(number, sorted(events, key=lambda event: event.at), _mark(body))

    async def newest(self) -> tuple[list[Glimpse], str]:
        """The phones that something was last about, and a mark as a `Phone` has it."""
        _, body = await self._ask("GET", "/phones/newest")
        return _read(body, list[Glimpse]), _mark(body)

    async def outcomes(self) -> list[Outcome]:
        return _read((await self._ask("GET", "/numbers"))[1], list[Outcome])

    async def calls(self) -> tuple[list[Call], str]:
        """Newest first, and a mark."""
        _, body = await self._ask("GET", "/customer/calls")
        return _read(body, list[Call])[::-1], _mark(body)

    async def write(self, number: str, to: str, text: str) -> bool:
        """On that phone; whether it could be said."""
        order = {"from": number, "to": to, "text": text, "wait": 0}
        status, _ = await self._ask("POST", "/mo", msgspec.json.encode(order))
        return status in (200, 202)

    async def _ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._exchange(head.encode("ascii") + body)
        except (TimeoutError, OSError, ValueError) as error:
            raise Refusal(Reason.UNAVAILABLE, "the simulated network does not answer") from error

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        """The face closes the connection behind each answer."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(request)
            answer = bytearray()
            while piece := await reader.read(256 * 1024):
                answer += piece
                if len(answer) > _LONGEST:
                    raise ValueError("an answer without end")
        finally:
            writer.close()
        head, _, body = bytes(answer).partition(b"\r\n\r\n")
        return int(head.split(b" ", 2)[1]), body


def _read(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise Refusal(Reason.UNAVAILABLE, "the simulated network answers something else") from error


def _mark(body: bytes) -> str:
    return f"{crc32(body):08x}"
