"""Many rows in few statements.

Every step of a statement gives up the interpreter's lock and has to win it back from a busy event loop, so
a statement a row makes a batch wait hundreds of times. Inserts therefore go as multi-row VALUES in chunks
of a few sizes (so few distinct texts that the statement cache holds them all), everything else as one
statement over a JSON array, and what is read comes back as one JSON value. docs/adr/0003 has what was
measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final, Generic, TypeVar

import apsw
import msgspec

Row = tuple[Any, ...]
T = TypeVar("T")

_SIZES: Final = (256, 128, *range(64, 8, -8), *range(8, 0, -1))
_encode: Final = msgspec.json.Encoder().encode
_values: dict[tuple[int, int], str] = {}


def insert(db: apsw.Connection, into: str, rows: Sequence[Row]) -> None:
    """`insert(db, "INSERT INTO body", [(1, "hej"), (2, "hå")])`: every row's values are bound in order."""
    for chunk in _chunks(rows):
        db.execute(into + _placeholders(len(chunk[0]), len(chunk)), _flat(chunk))


def delete(db: apsw.Connection, which: str, rows: Sequence[Row]) -> None:
    """`delete(db, "DELETE FROM t WHERE (a, b)", [(1, 2), (3, 4)])`."""
    for chunk in _chunks(rows):
        db.execute(f"{which} IN ({_placeholders(len(chunk[0]), len(chunk))})", _flat(chunk))


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    start, left = 0, len(rows)
    while left:
        size = next(size for size in _SIZES if size <= left)
        yield rows[start : start + size]
        start += size
        left -= size


def _flat(rows: Sequence[Row]) -> list[Any]:
    return list(chain.from_iterable(rows))


def _placeholders(width: int, rows: int) -> str:
    text = _values.get((width, rows))
    if text is None:
        one = "(" + ",".join("?" * width) + ")"
        text = _values[width, rows] = " VALUES " + ",".join([one] * rows)
    return text


def array(values: Iterable[Any]) -> str:
    """A JSON array, to be bound where a statement says `json_each(?)`."""
    return _encode(list(values)).decode()


class Reader(Generic[T]):
    """One SELECT of one JSON array of arrays, each decoded into `T` (a tuple type), in one step."""

    def __init__(self, sql: str, kind: type[T]) -> None:
        self._sql = sql
        self._decoder = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]

    def __call__(self, db: apsw.Connection, *bindings: Any) -> list[T]:
        found: str = db.execute(self._sql, bindings).get
        return self._decoder.decode(found)
