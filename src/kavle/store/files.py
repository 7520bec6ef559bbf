"""What a store does with the files of messages, on every engine: all of one for a carrier, one for a page,
piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

from kavle.model.message import Draft
from kavle.model.mms import FileLine, MmsFile, StoredFile

FileRow = tuple[int, int, str, str, str, int, bytes]
"""message, number, name, content type, content id, size, data"""

COLUMNS: Final = "message_id, number, name, content_type, content_id, size, data"
LINES: Final = "SELECT name, content_type, content_id, size FROM file WHERE message_id = {} ORDER BY number"
MOST_LOOKED_AT: Final = 20
"""Files of one message of which the texts are read together."""


class Files(Protocol):
    """Reads only. Files of messages that go out and of those that came in, by internal id."""

    async def all(self, message_id: int) -> list[MmsFile]:
        """A message's, in their order, whole."""

    async def lines(self, message_id: int) -> list[FileLine]:
        """What there is, in its order, without its data."""

    async def texts(self, ids: Sequence[int], octets: int) -> dict[int, list[bytes]]:
        """The plain texts among a message's first files, in their order, each with so many octets from its
        beginning; of those messages that have any."""

    async def of_outgoing(self, account_id: int | None, message_id: int, name: str) -> StoredFile | None:
        """One of the account's, or of anybody's. None for what is unknown, erased or another's."""

    async def of_incoming(self, account_id: int | None, incoming_id: int, name: str) -> StoredFile | None:
        """As `of_outgoing`."""

    async def piece(self, file: StoredFile, start: int, octets: int) -> bytes:
        """Some of its octets, from the one at `start` on; none where it has been erased. No more than these
        are read."""


def written(rows: Iterable[tuple[int, bytes]]) -> dict[int, list[bytes]]:
    """Texts by their message, in their order."""
    texts: dict[int, list[bytes]] = {}
    for message_id, data in rows:
        texts.setdefault(message_id, []).append(data)
    return texts


def of_draft(message_id: int, draft: Draft) -> list[FileRow]:
    return [
        (message_id, number, file.name, file.content_type, "", file.size, file.data)
        for number, file in enumerate(draft.files, start=1)
    ]


def line(row: Sequence[Any]) -> FileLine:
    return FileLine(*row)
