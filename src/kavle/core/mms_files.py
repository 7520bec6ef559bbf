"""What the files of an MMS are, whatever they are called, and who is given them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Final

from kavle.core.ids import internal
from kavle.core.reading import had
from kavle.core.veil import may_not_read
from kavle.mms import smil
from kavle.mms.media import UNKNOWN, Media, sniff
from kavle.mms.names import safe_names
from kavle.model.account import Account, Operator
from kavle.model.errors import Reason, Refusal
from kavle.model.mms import IncomingFile, MmsFile, StoredFile
from kavle.model.text import storable
from kavle.store.store import Store

_LONGEST_ID: Final = 200  # characters of a Content-ID
_PIECE: Final = 64 * 1024  # octets


def sendable(files: Sequence[MmsFile]) -> tuple[MmsFile, ...]:
    """As they are stored and sent: with names of ours, and the types that they are of. Raises `Refusal` for
    what is not sent to phones."""
    media = [_sendable(file) for file in files]
    for number, kind in enumerate(media, start=1):
        if kind is None:
            why = f"file {number} is of no type that phones are sent, or empty, or too long a presentation"
            raise Refusal(Reason.CONTENT, why)
    known = [kind for kind in media if kind is not None]
    names = _names([file.name for file in files], known)
    new = {file.name: name for file, name in zip(files, names, strict=True) if file.name != name}
    return tuple(
        MmsFile(name, kind.content_type, _following(new, kind, file.data))
        for name, kind, file in zip(names, known, files, strict=True)
    )


def unsendable(files: Sequence[MmsFile]) -> list[str]:
    """The names, as they came, of files that are not sent to phones."""
    return [file.name for file in files if _sendable(file) is None]


def _sendable(file: MmsFile) -> Media | None:
    """What it is; None for what phones are not sent, a presentation with a script or without end among it."""
    kind = sniff(file.data, file.name, file.content_type)
    if kind is None or kind.content_type != smil.CONTENT_TYPE:
        return kind
    return None if file.size > smil.LONGEST or smil.has_script(file.data) else kind


def _following(new: Mapping[str, str], kind: Media, data: bytes) -> bytes:
    """A presentation shows files by their names: by those that they have now."""
    return smil.renamed(data, new) if new and kind.content_type == smil.CONTENT_TYPE else data


def received(files: Sequence[IncomingFile]) -> tuple[IncomingFile, ...]:
    """As they are kept. What is none of the types that are known is no type that a browser would open."""
    media = [sniff(file.data, file.name, file.content_type) or UNKNOWN for file in files]
    names = _names([file.name for file in files], media)
    return tuple(
        IncomingFile(name, kind.content_type, storable(file.content_id, _LONGEST_ID), file.data)
        for name, kind, file in zip(names, media, files, strict=True)
    )


def _names(given: Iterable[str], media: Iterable[Media]) -> list[str]:
    return safe_names((name, kind.extension) for name, kind in zip(given, media, strict=True))


class MmsFiles:
    """One file at a time, by the public id of its message. Each verb raises `Refusal` UNAVAILABLE where the
    database can't be had; what is unknown, another's, erased, or not for the viewer is None."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def sent(self, viewer: Account | Operator, public_id: str, name: str) -> StoredFile | None:
        id = await self._id(viewer, public_id, name)
        return None if id is None else await had(self._store.files.of_outgoing(_whose(viewer), id, name))

    async def received(self, viewer: Account | Operator, public_id: str, name: str) -> StoredFile | None:
        id = await self._id(viewer, public_id, name)
        return None if id is None else await had(self._store.files.of_incoming(_whose(viewer), id, name))

    async def pieces(self, file: StoredFile) -> AsyncIterator[bytes]:
        """All its octets, so that however many fetch one, and however slowly, a piece of it is in memory for
        each. Raises `Refusal` UNAVAILABLE, too, where it is erased meanwhile."""
        at = 0
        while at < file.size:
            piece = await had(self._store.files.piece(file, at, _PIECE))
            if not piece:
                raise Refusal(Reason.UNAVAILABLE, "the file has been erased")
            yield piece
            at += len(piece)

    async def _id(self, viewer: Account | Operator, public_id: str, name: str) -> int | None:
        if may_not_read(viewer) or "\0" in name:  # PostgreSQL has it in no text
            return None
        return await had(internal(self._store, public_id))


def _whose(viewer: Account | Operator) -> int | None:
    return viewer.id if isinstance(viewer, Account) else None
