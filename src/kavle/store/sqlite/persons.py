"""All that one phone number has, on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import apsw

from kavle.store.persons import TAIL, Ending, Erasing, Erasures, Loose, fingerprint
from kavle.store.rows import PartWork, from_ms, to_ms
from kavle.store.sqlite.connection import overwriting
from kavle.store.sqlite.reader import Reader
from kavle.store.sqlite.recipients import forget
from kavle.store.sqlite.rows import array
from kavle.store.sqlite.writer import Writes

_IDS: Final = "(SELECT value FROM json_each(?))"
_QUEUED: Final = f"SELECT message_id FROM job WHERE message_id IN {_IDS}"  # noqa: S608 -- ours
_FILES: Final = f"SELECT count(*) FROM file WHERE message_id IN {_IDS}"  # noqa: S608 -- ours
_PARTS: Final = "SELECT count(*) FROM incoming_part WHERE sender = ? AND incoming_id IS NULL"
_BUNDLES: Final = (
    # By the index of what is to be done: only what was just accepted has recipients that are no messages.
    f"SELECT DISTINCT bundle_id FROM bundle_part AS p WHERE work = {int(PartWork.EXPAND)} AND work <> 0"  # noqa: S608
    " AND EXISTS (SELECT 1 FROM json_each(p.recipients) AS one WHERE one.value ->> 0 = ?)"
)
_STOPS: Final = (
    "SELECT a.name, s.at FROM account AS a CROSS JOIN stop AS s ON s.account_id = a.id AND s.msisdn = ?"
    " ORDER BY a.name"
)
_SENT: Final = (
    f"SELECT m.id, m.bundle_id FROM message AS m WHERE m.id IN {_IDS} AND m.recipient = ?"  # noqa: S608 -- ours
    " AND NOT EXISTS (SELECT 1 FROM job WHERE message_id = m.id)"
)
_RECEIVED: Final = (
    f"SELECT m.id FROM incoming AS m WHERE m.id IN {_IDS} AND m.sender = ?"  # noqa: S608 -- ours
    " AND NOT EXISTS (SELECT 1 FROM callback WHERE incoming_id = m.id)"
)
_AWAITING: Final = (
    "UPDATE awaiting SET recipient = '' WHERE (domain, network_id, message_id, number, attempt) IN"  # noqa: S608
    " (SELECT c.id, s.network_id, s.message_id, s.number, s.attempt FROM segment AS s CROSS JOIN carrier AS c"
    f"  WHERE s.message_id IN {_IDS} AND s.network_id IS NOT NULL)"
)
_OF_SENT: Final = (
    f"UPDATE receipt SET raw = '' WHERE message_id IN {_IDS}",  # noqa: S608 -- ours
    f"UPDATE segment SET error = NULL WHERE message_id IN {_IDS}",  # noqa: S608 -- ours
    f"DELETE FROM file WHERE message_id IN {_IDS}",  # noqa: S608 -- ours
    f"DELETE FROM body WHERE message_id IN {_IDS}",  # noqa: S608 -- ours
    f"UPDATE message SET recipient = '' WHERE id IN {_IDS}",  # noqa: S608 -- ours
)
_BUNDLE_TEXTS: Final = (
    f"DELETE FROM body WHERE message_id IN {_IDS} AND NOT EXISTS"  # noqa: S608 -- ours
    " (SELECT 1 FROM bundle_part AS p WHERE p.bundle_id = body.message_id AND (p.recipients IS NOT NULL"
    "  OR EXISTS (SELECT 1 FROM message AS m WHERE m.id BETWEEN p.first_id AND p.last_id"
    "   AND m.recipient <> '')))"
)
_OF_RECEIVED: Final = (
    f"DELETE FROM file WHERE message_id IN {_IDS}",  # noqa: S608 -- ours
    f"DELETE FROM body WHERE message_id IN {_IDS}",  # noqa: S608 -- ours
    f"UPDATE callback_try SET head = '', error = NULL WHERE incoming_id IN {_IDS}",  # noqa: S608 -- ours
    f"UPDATE incoming SET sender = '' WHERE id IN {_IDS}",  # noqa: S608 -- ours
)
_PARTS_DONE: Final = "DELETE FROM incoming_part WHERE sender = ? AND incoming_id IS NOT NULL"
_WAITING: Final = (
    "UPDATE waiting SET recipient = '', raw = ''"
    " WHERE recipient <> '' AND substr(recipient, ?1) = substr(?2, ?1)"
)
_UNSTOP: Final = "DELETE FROM stop WHERE account_id IN (SELECT id FROM account) AND msisdn = ?"
_NOTE: Final = (
    "INSERT INTO erasure (digest, at) VALUES (?, ?) ON CONFLICT (digest) DO UPDATE SET at = excluded.at"
)


class SqlitePersons:
    """Part of a `SqliteStore`, with its threads."""

    def __init__(self, writer: Writes, look: Reader, key: bytes) -> None:
        self._writer = writer
        self._look = look
        self._key = key

    async def queued(self, ids: Sequence[int]) -> list[int]:
        return await self._look(_queued, ids)

    async def loose(self, number: str) -> Loose:
        return await self._look(_loose, number)

    async def files(self, ids: Sequence[int]) -> int:
        return await self._look(_files, ids)

    async def stops(self, number: str) -> list[tuple[str, datetime]]:
        return await self._look(_stops, number)

    async def erase(self, one: Erasing) -> int:
        return await self._writer.call(_erase, one)

    async def end(self, one: Ending) -> int:
        return await self._writer.call(_end, (one, fingerprint(self._key, one.number)))

    async def erased_at(self, number: str) -> datetime | None:
        return await self._look(_erased_at, fingerprint(self._key, number))

    async def erasures(self) -> Erasures:
        return await self._look(_erasures)


def _queued(db: apsw.Connection, ids: Sequence[int]) -> list[int]:
    return [row[0] for row in db.execute(_QUEUED, (array(ids),))]


def _loose(db: apsw.Connection, number: str) -> Loose:
    parts: int = db.execute(_PARTS, (number,)).get
    return Loose(parts, [row[0] for row in db.execute(_BUNDLES, (number,))])


def _files(db: apsw.Connection, ids: Sequence[int]) -> int:
    found: int = db.execute(_FILES, (array(ids),)).get
    return found


def _stops(db: apsw.Connection, number: str) -> list[tuple[str, datetime]]:
    return [(name, from_ms(at)) for name, at in db.execute(_STOPS, (number,))]


def _erase(db: apsw.Connection, wanted: Sequence[Erasing]) -> list[int]:
    with overwriting(db):
        return [_erase_sent(db, one) + _erase_received(db, one) for one in wanted]


def _erase_sent(db: apsw.Connection, one: Erasing) -> int:
    rows = list(db.execute(_SENT, (array(one.sent), one.number)))
    ids = [row[0] for row in rows]
    forget(db, ids)
    db.execute(_AWAITING, (array(ids),))
    for sql in _OF_SENT:
        db.execute(sql, (array(ids),))
    db.execute(_BUNDLE_TEXTS, (array({bundle_id for _, bundle_id in rows if bundle_id is not None}),))
    return len(ids)


def _erase_received(db: apsw.Connection, one: Erasing) -> int:
    ids = [row[0] for row in db.execute(_RECEIVED, (array(one.received), one.number))]
    for sql in _OF_RECEIVED:
        db.execute(sql, (array(ids),))
    return len(ids)


def _end(db: apsw.Connection, wanted: Sequence[tuple[Ending, bytes]]) -> list[int]:
    with overwriting(db):
        return [_end_one(db, one, digest) for one, digest in wanted]


def _end_one(db: apsw.Connection, one: Ending, digest: bytes) -> int:
    db.execute(_PARTS_DONE, (one.number,))
    db.execute(_WAITING, (-TAIL, one.number))
    gone = 0
    if one.stops:
        db.execute(_UNSTOP, (one.number,))
        gone = db.changes()
    db.execute(_NOTE, (digest, to_ms(one.at)))
    return gone


def _erased_at(db: apsw.Connection, digest: bytes) -> datetime | None:
    at: int | None = db.execute("SELECT at FROM erasure WHERE digest = ?", (digest,)).get
    return None if at is None else from_ms(at)


def _erasures(db: apsw.Connection) -> Erasures:
    count, last = db.execute("SELECT count(*), max(at) FROM erasure").get
    return Erasures(count, None if last is None else from_ms(last))
