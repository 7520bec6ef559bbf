"""Old texts and messages go, in chunks. What is open stays: what waits to be sent, decided on or told, and
all of a bundle of which something does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw

from kavle.store.retention import BATCH, HELD, ROWS, Erase, Erased, Kept, chosen
from kavle.store.rows import to_ms
from kavle.store.sqlite.connection import overwriting
from kavle.store.sqlite.recipients import forget
from kavle.store.sqlite.rows import array

VACUUM: Final = 2_000
"""Pages given back to the file system at once, 8 MB, where a quarter of the file is free: less will be used
again."""

_OPEN_BUNDLE: Final = (
    "EXISTS (SELECT 1 FROM bundle_part AS p WHERE p.bundle_id = {id} AND (p.work <> 0"
    " OR EXISTS (SELECT 1 FROM job AS j WHERE j.message_id BETWEEN p.first_id AND p.last_id)))"
)
_OPEN_JOB: Final = "EXISTS (SELECT 1 FROM job WHERE message_id = {id})"
_OPEN_CALLBACK: Final = "EXISTS (SELECT 1 FROM callback WHERE incoming_id = {id})"
_MESSAGES: Final = (
    "SELECT b.id, coalesce(m.accepted_at, u.accepted_at, i.received_at, 0) >= ?1,"  # noqa: S608 -- ours
    " coalesce(m.due_at, u.due_at, 0) >= ?1 OR "
    f"{_OPEN_JOB} OR {_OPEN_CALLBACK} OR {_OPEN_BUNDLE}".format(id="b.id")
    + "{gone} FROM ({old}) AS b LEFT JOIN message AS m ON m.id = b.id LEFT JOIN bundle AS u ON u.id = b.id"
    " LEFT JOIN incoming AS i ON i.id = b.id ORDER BY b.id"
)
_WITH: Final = "SELECT DISTINCT message_id AS id FROM {table} WHERE message_id > ?2 ORDER BY 1 LIMIT ?3"
_OF: Final = "SELECT id FROM {table} WHERE account_id = ?4 AND id > ?2 ORDER BY id LIMIT ?3"
_OWN: Final = (  # of an account, whether there is anything left of it or not
    f"SELECT id FROM ({_OF.format(table='message')}) AS m UNION ALL"  # noqa: S608 -- ours
    f" SELECT id FROM ({_OF.format(table='bundle')}) AS b UNION ALL"
    f" SELECT id FROM ({_OF.format(table='incoming')}) AS i ORDER BY id LIMIT ?3"
)
_GONE: Final = " OR NOT EXISTS (SELECT 1 FROM {table} WHERE message_id = b.id)"
_ROW: Final = {
    Kept.BUNDLES: (
        "SELECT id, accepted_at >= ?1, coalesce(due_at, 0) >= ?1 OR "  # noqa: S608 -- ours
        + _OPEN_BUNDLE.format(id="bundle.id")
        + " FROM bundle WHERE {whose}id > ?2 ORDER BY id LIMIT ?3"
    ),
    Kept.MESSAGES: (
        "SELECT id, accepted_at >= ?1, coalesce(due_at, 0) >= ?1 OR "  # noqa: S608 -- ours
        + _OPEN_JOB.format(id="message.id")
        + " OR EXISTS (SELECT 1 FROM bundle AS u WHERE u.id = message.bundle_id)"
        " FROM message WHERE {whose}id > ?2 ORDER BY id LIMIT ?3"
    ),
    Kept.INCOMING: (
        "SELECT id, received_at >= ?1, "  # noqa: S608 -- ours
        + _OPEN_CALLBACK.format(id="incoming.id")
        + " FROM incoming WHERE {whose}id > ?2 ORDER BY id LIMIT ?3"
    ),
}
_LOOK: Final = {
    **{kind: _MESSAGES.format(old=_WITH.format(table=table), gone="") for kind, table in HELD.items()},
    **{kind: look.format(whose="") for kind, look in _ROW.items()},
    Kept.AUDIT: "SELECT id, at >= ?1, false FROM audit WHERE id > ?2 ORDER BY id LIMIT ?3",
}
_LOOK_OF_ACCOUNT: Final = {
    **{kind: _MESSAGES.format(old=_OWN, gone=_GONE.format(table=table)) for kind, table in HELD.items()},
    **{kind: look.format(whose="account_id = ?4 AND ") for kind, look in _ROW.items()},
}


def erase(db: apsw.Connection, wanted: Sequence[Erase]) -> list[Erased]:
    with overwriting(db):
        return [_erase(db, one) for one in wanted]


def look(db: apsw.Connection, one: Erase) -> Erased:
    """What `erase` would come to."""
    ids, after = _chosen(db, one)
    return Erased(len(ids), after)


def _erase(db: apsw.Connection, one: Erase) -> Erased:
    ids, after = _chosen(db, one)
    if one.kind is Kept.MESSAGES:
        forget(db, ids)
    for table, key in ROWS[one.kind].items():
        db.execute(f"DELETE FROM {table} WHERE {key} IN (SELECT value FROM json_each(?))", (array(ids),))  # noqa: S608
    _give_back(db)
    return Erased(len(ids), after)


def _chosen(db: apsw.Connection, one: Erase) -> tuple[list[int], int | None]:
    which = to_ms(one.before), one.after, BATCH
    if one.account_id is None:
        rows = db.execute(_LOOK[one.kind], which).fetchall()
    else:
        rows = db.execute(_LOOK_OF_ACCOUNT[one.kind], (*which, one.account_id)).fetchall()
    return chosen(one.kind, rows)


def _give_back(db: apsw.Connection) -> None:
    free, pages = db.pragma("freelist_count"), db.pragma("page_count")
    if free * 4 > pages:
        db.execute(f"PRAGMA incremental_vacuum({VACUUM})").fetchall()
