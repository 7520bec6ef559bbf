"""What the phones got and sent by MMS, as they show it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from kavle.mms.media import UNKNOWN, sniff
from kavle.wire.mime import Part

MOST_OCTETS: Final = 64 * 1024 * 1024
"""Of files, on all phones together: of more the oldest go."""

_SHOWN: Final = 200  # of a phone

_SMIL: Final = "application/smil"


class MmFile(msgspec.Struct, frozen=True, gc=False):
    """`content_type` is by what is in it, whatever its sender says; `text`: what it says, if it is a text."""

    name: str
    content_type: str
    data: bytes
    text: str | None = None


class Mm(msgspec.Struct, frozen=True, gc=False):
    """An MM on a phone: one that came, or, where `own`, one that was written there and is for `other`."""

    id: int
    at: datetime
    number: str
    other: str
    subject: str
    files: tuple[MmFile, ...]  # without the SMIL that says how they are shown
    own: bool = False

    @property
    def octets(self) -> int:
        return sum(len(file.data) for file in self.files)


class MissedMm(msgspec.Struct, frozen=True, gc=False):
    """What was for a phone and did not come."""

    at: datetime
    number: str
    sender: str
    why: str
    error: str = ""  # what it was refused with


class Album:
    """The MMs of all phones, oldest first, and those that never came."""

    def __init__(self) -> None:
        self._mms: dict[int, Mm] = {}
        self._octets = 0
        self._count = 0
        self._missed: deque[MissedMm] = deque(maxlen=1_000)

    def add(
        self, at: datetime, number: str, other: str, subject: str, content: Part | None, *, own: bool = False
    ) -> Mm:
        self._count += 1
        files = tuple(files_of(content)) if content is not None else ()
        mm = Mm(self._count, at, number, other, subject, files, own)
        self._mms[mm.id] = mm
        self._octets += mm.octets
        while self._octets > MOST_OCTETS and len(self._mms) > 1:
            self._octets -= self._mms.pop(next(iter(self._mms))).octets
        return mm

    def miss(self, missed: MissedMm) -> None:
        self._missed.append(missed)

    def find(self, id: int) -> Mm | None:
        return self._mms.get(id)

    def of(self, number: str) -> list[Mm]:
        """Those that came to a phone or were written there, the newest ones."""
        return [mm for mm in self._mms.values() if mm.number == number][-_SHOWN:]

    def missed(self, number: str) -> list[MissedMm]:
        return [missed for missed in self._missed if missed.number == number]

    def newest(self, count: int) -> Iterator[Mm]:
        """Of each of so many phones that got one last the newest."""
        seen: set[str] = set()
        for mm in reversed(self._mms.values()):
            if mm.number not in seen and not mm.own:
                seen.add(mm.number)
                yield mm
            if len(seen) == count:
                return


def files_of(content: Part) -> Iterator[MmFile]:
    for part in content.walk():
        if not part.content_type.multipart and part.content_type.type != _SMIL:
            yield _file(part)


def _file(part: Part) -> MmFile:
    media = sniff(part.body, part.name, part.content_type.type) or UNKNOWN
    text = None
    if media.kind == "text" and media.charset:
        text = part.body.decode(media.charset, "replace").removeprefix("\ufeff")
    return MmFile(part.name, media.content_type, part.body, text)
