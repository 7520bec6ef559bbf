"""Long messages put together of parts that come in any order, doubled, or on several nodes: pure, and the
same on every engine."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final

import msgspec

from kavle.model.incoming import Piece
from kavle.store.rows import to_ms

MISSING: Final = "[...]"
"""Stands in the text for parts that did not come."""

DOUBLES_MS: Final = 600_000
"""So long after it came, the same part again is the network's second try, whose first answer was lost. Later
it is another message: phones begin their references anew."""

Key = tuple[str, str, int, int, int]
"""Sender, recipient, carrier, reference, total: what the parts of one message have in common."""


class PartRow(msgspec.Struct, array_like=True, frozen=True):
    """A row of `incoming_part`."""

    sender: str
    recipient: str
    carrier_id: int
    reference: int
    total: int
    number: int
    received_at: int
    incoming_id: int | None
    text: bytes

    @property
    def key(self) -> Key:
        return self.sender, self.recipient, self.carrier_id, self.reference, self.total


class Fate(Enum):
    """What a piece turns out to be."""

    WHOLE = "whole"  # a message, or the last part that one wanted
    PART = "part"  # it waits for the others
    DOUBLE = "double"  # it was here before


class Whole(msgspec.Struct):
    """A message to be kept. `parts`: rows of its parts that are to be marked as in it; `id`: once it has
    one."""

    sender: str
    recipient: str
    carrier_id: int
    text: str
    received_at: int
    total: int = 1
    got: int = 1
    id: int = 0


class _Group:
    """The parts of one message, by number."""

    def __init__(self, rows: dict[int, PartRow]) -> None:
        self.rows = rows
        self.stored = frozenset(rows)  # numbers of those that are in the table
        self.whole: Whole | None = None  # since just now
        self.ended = any(row.incoming_id is not None for row in rows.values())

    def finish(self) -> Whole:
        one = next(iter(self.rows.values()))
        self.ended = True
        self.whole = Whole(
            one.sender,
            one.recipient,
            one.carrier_id,
            _joined(self.rows, one.total),
            min(row.received_at for row in self.rows.values()),
            one.total,
            len(self.rows),
        )
        return self.whole


class Assembly:
    """`take` each piece, or `end` what has waited too long. Then store `wholes`, give each its id, delete
    `gone`, and write `fresh` and `marked`."""

    def __init__(self, rows: Iterable[PartRow]) -> None:
        self.wholes: list[Whole] = []
        self.gone: set[Key] = set()
        """All stored parts under these are to be deleted, before others are written."""
        found: dict[Key, dict[int, PartRow]] = {}
        for row in rows:
            found.setdefault(row.key, {})[row.number] = row
        self._groups = {key: _Group(parts) for key, parts in found.items()}

    def take(self, piece: Piece) -> Fate:
        at = to_ms(piece.at)
        if piece.total == 1:
            self.wholes.append(Whole(piece.sender, piece.recipient, piece.carrier_id, piece.text, at))
            return Fate.WHOLE
        row = _row(piece, at)
        group = self._groups.get(row.key)
        if group is not None and _doubles(group, row):
            return Fate.DOUBLE
        if group is None or group.ended or row.number in group.rows:
            group = self._begin(row.key, group)
        group.rows[row.number] = row
        if len(group.rows) < row.total:
            return Fate.PART
        self.wholes.append(group.finish())
        return Fate.WHOLE

    def end(self) -> None:
        """Every message of which parts are here, with those alone."""
        self.wholes += [group.finish() for group in self._groups.values() if not group.ended]

    @property
    def fresh(self) -> list[PartRow]:
        """Rows to be inserted."""
        return [
            msgspec.structs.replace(row, incoming_id=group.whole.id) if group.whole else row
            for group in self._groups.values()
            for number, row in group.rows.items()
            if number not in group.stored
        ]

    @property
    def marked(self) -> list[tuple[Key, int]]:
        """Stored parts that are in a message now, by key, and its id."""
        return [(key, group.whole.id) for key, group in self._groups.items() if group.whole and group.stored]

    def _begin(self, key: Key, before: _Group | None) -> _Group:
        """A message whose reference another one had. What there is of that one, which nothing can complete
        any more, is a message."""
        if before is not None:
            if not before.ended:
                self.wholes.append(before.finish())
            if before.stored:
                self.gone.add(key)
        group = self._groups[key] = _Group({})
        return group


def _doubles(group: _Group, row: PartRow) -> bool:
    known = group.rows.get(row.number)
    if known is None or known.text != row.text:
        return False
    return not group.ended or row.received_at - known.received_at <= DOUBLES_MS


def _row(piece: Piece, at: int) -> PartRow:
    return PartRow(
        piece.sender,
        piece.recipient,
        piece.carrier_id,
        piece.reference,
        piece.total,
        piece.number,
        at,
        None,
        piece.text.encode("utf-16-be", "surrogatepass"),
    )


def _joined(rows: dict[int, PartRow], total: int) -> str:
    """The text, with half a character at a seam made whole again, and one mark where any number of parts
    is missing."""
    missing = MISSING.encode("utf-16-be")
    pieces: list[bytes] = []
    for number in range(1, total + 1):
        if number in rows:
            pieces.append(rows[number].text)
        elif not pieces or pieces[-1] is not missing:
            pieces.append(missing)
    return b"".join(pieces).decode("utf-16-be", "replace")
