"""What simulated networks tell of their phones, and what is written there, by their HTTP face on this
machine: an SMSC's, an MMSC's, or one of both."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime
from typing import ClassVar, Final, Literal, TypeVar
from urllib.parse import urlsplit
from zlib import crc32

import msgspec

from kavle.model.errors import Reason, Refusal

_PATIENCE: Final = 5.0  # seconds for an answer
_LONGEST: Final = 16 * 1024 * 1024  # octets of one

PICTURES: Final = frozenset({"image/gif", "image/jpeg", "image/png"})
"""What a browser shows on a page, and that can do nothing else."""

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


class PhoneFile(msgspec.Struct, frozen=True):
    """`text`: what it says, if it is a text."""

    name: str
    content_type: str
    size: int
    text: str | None

    @property
    def picture(self) -> bool:
        return self.content_type in PICTURES


class Mms(msgspec.Struct, frozen=True):
    """One that came, or, where `own`, one that was sent from there, and with which StatusCodes the gateway
    answered."""

    kind: ClassVar[str] = "mms"

    id: int
    at: datetime
    number: str
    other: str
    subject: str
    own: bool
    files: list[PhoneFile]
    ended: bool
    answers: list[int]

    @property
    def refused(self) -> str:
        """The last answer, if that was no yes; empty: it was."""
        last = self.answers[-1] if self.answers else 1000
        return "" if 1000 <= last < 2000 or not self.ended else str(last)

    @property
    def sender(self) -> str:
        """Empty where it was sent from there."""
        return "" if self.own else self.other

    @property
    def excerpt(self) -> str:
        said = (file.text for file in self.files if file.text)
        return self.subject or next(said, "")


Event = Got | Missed | Wrote | Mms


class _Texts(msgspec.Struct, frozen=True):
    texts: list[Got] = []
    missed: list[Missed] = []
    written: list[Wrote] = []


class _Mms(msgspec.Struct, frozen=True):
    mms: list[Mms] = []
    missed: list[Missed] = []


class Phone(msgspec.Struct, frozen=True):
    """`mark` is another as soon as it shows something else."""

    number: str
    events: list[Event]
    mark: str
    pictures: bool  # whether its network takes MMS from it


class Glimpse(msgspec.Struct, frozen=True):
    """A phone, and of what came last when and what."""

    number: str
    at: datetime | None
    excerpt: str


class _Glimpsed(msgspec.Struct, frozen=True):
    number: str
    last: Got | None

    @property
    def glimpse(self) -> Glimpse:
        if self.last is None:
            return Glimpse(self.number, None, "")
        return Glimpse(self.number, self.last.at, self.last.text)


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
        texts, texts_body = await self._told(f"/phones/{number}", _Texts)
        mms, mms_body = await self._told(f"/mms/phones/{number}", _Mms)
        events: list[Event] = []
        if texts is not None:
            events += [*texts.texts, *texts.missed, *texts.written]
        if mms is not None:
            events += [*mms.mms, *mms.missed]
        events.sort(key=lambda event: event.at)
        return Phone(number, events, _mark(texts_body + mms_body), mms is not None)

    async def newest(self) -> tuple[list[Glimpse], str]:
        """The phones that something was last about, newest first, and a mark as a `Phone` has it."""
        texts, texts_body = await self._told("/phones/newest", list[_Glimpsed])
        mms, mms_body = await self._told("/mms/newest", list[Mms])
        glimpses = [one.glimpse for one in texts or []]
        glimpses += [Glimpse(one.number, one.at, one.excerpt) for one in mms or []]
        return _latest(glimpses), _mark(texts_body + mms_body)

    async def outcomes(self, path: Literal["/numbers", "/mms/numbers"]) -> list[Outcome]:
        """Of SMS, or of MMS; none where there is no such network."""
        outcomes, _ = await self._told(path, list[Outcome])
        return outcomes or []

    async def calls(self) -> tuple[list[Call], str]:
        """Newest first, and a mark."""
        _, body = await self._ask("GET", "/customer/calls")
        return _read(body, list[Call])[::-1], _mark(body)

    async def write(self, number: str, to: str, text: str) -> bool:
        """On that phone; whether it could be said."""
        order = {"from": number, "to": to, "text": text, "wait": 0}
        status, _ = await self._ask("POST", "/mo", msgspec.json.encode(order))
        return status in (200, 202)

    async def send(self, number: str, to: str, text: str, name: str, data: bytes) -> bool:
        """A file, from that phone; whether it could be sent."""
        file = {"name": name, "data": base64.b64encode(data).decode()}
        order = {"from": number, "to": to, "text": text, "files": [file], "wait": 0}
        status, _ = await self._ask("POST", "/mms/mo", msgspec.json.encode(order))
        return status in (200, 202)

    async def file(self, mms: int, place: int) -> bytes | None:
        """What an MMS has in this place, from 0."""
        status, body = await self._ask("GET", f"/mms/files/{mms}/{place}")
        return body if status == 200 else None

    async def _told(self, path: str, kind: type[_T]) -> tuple[_T | None, bytes]:
        """None where the network knows nothing of it; and the answer as it came."""
        status, body = await self._ask("GET", path)
        return (_read(body, kind), body) if status == 200 else (None, b"")

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


def _latest(glimpses: list[Glimpse]) -> list[Glimpse]:
    """Each phone once, newest first."""
    ago = datetime.min.replace(tzinfo=UTC)
    newest: dict[str, Glimpse] = {}
    for glimpse in sorted(glimpses, key=lambda one: one.at or ago, reverse=True):
        newest.setdefault(glimpse.number, glimpse)
    return list(newest.values())


def _mark(body: bytes) -> str:
    return f"{crc32(body):08x}"
