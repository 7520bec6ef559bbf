"""Old texts and messages go: whole partitions where all in them is old, else in chunks. What is open stays:
what waits to be sent, decided on or told, and all of a bundle of which something does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import asyncpg

from kavle.store.postgres.recipients import forget
from kavle.store.postgres.rows import Db
from kavle.store.retention import BATCH, HELD, ROWS, Erase, Erased, Kept, chosen
from kavle.store.rows import to_ms

WIDTH: Final = 10_000_000
"""Ids of a partition: as in the function make_partitions."""

_MY_TURN: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended('kavle retention', 0))"
_WAIT: Final = "SELECT pg_advisory_xact_lock(hashtextextended('kavle retention', 0))"
_OPEN_PART: Final = (
    "(p.work <> 0 OR EXISTS (SELECT FROM job AS j WHERE j.message_id BETWEEN p.first_id AND p.last_id))"
)
# OFFSET 0: else the planner may read the other table whole, into a hash, for a look at a thousand rows.
_OPEN_BUNDLE: Final = (
    f"EXISTS (SELECT FROM bundle_part AS p WHERE p.bundle_id = {{id}} AND {_OPEN_PART} OFFSET 0)"
)
_OPEN_JOB: Final = "EXISTS (SELECT FROM job WHERE message_id = {id} OFFSET 0)"
_OPEN_CALLBACK: Final = "EXISTS (SELECT FROM callback WHERE incoming_id = {id} OFFSET 0)"
_MESSAGES: Final = (
    "SELECT b.id, coalesce(m.accepted_at, u.accepted_at, i.received_at, 0) >= $1,"  # noqa: S608 -- ours
    " coalesce(m.due_at, u.due_at, 0) >= $1 OR "
    f"{_OPEN_JOB} OR {_OPEN_CALLBACK} OR {_OPEN_BUNDLE}".format(id="b.id")
    + "{gone} FROM ({old}) AS b LEFT JOIN message AS m ON m.id = b.id LEFT JOIN bundle AS u ON u.id = b.id"
    " LEFT JOIN incoming AS i ON i.id = b.id ORDER BY b.id"
)
_WITH: Final = "SELECT DISTINCT message_id AS id FROM {table} WHERE message_id > $2 ORDER BY 1 LIMIT $3"
_OF: Final = "SELECT id FROM {table} WHERE account_id = $4 AND id > $2 ORDER BY id LIMIT $3"
_OWN: Final = (  # of an account, whether there is anything left of it or not
    f"SELECT id FROM ({_OF.format(table='message')}) AS m UNION ALL"  # noqa: S608 -- ours
    f" SELECT id FROM ({_OF.format(table='bundle')}) AS b UNION ALL"
    f" SELECT id FROM ({_OF.format(table='incoming')}) AS i ORDER BY id LIMIT $3"
)
_GONE: Final = " OR NOT EXISTS (SELECT FROM {table} WHERE message_id = b.id OFFSET 0)"
_ROW: Final = {
    Kept.BUNDLES: (
        "SELECT id, accepted_at >= $1, coalesce(due_at, 0) >= $1 OR "  # noqa: S608 -- ours
        + _OPEN_BUNDLE.format(id="bundle.id")
        + " FROM bundle WHERE {whose}id > $2 ORDER BY id LIMIT $3"
    ),
    Kept.MESSAGES: (
        "SELECT id, accepted_at >= $1, coalesce(due_at, 0) >= $1 OR "  # noqa: S608 -- ours
        + _OPEN_JOB.format(id="message.id")
        + " OR EXISTS (SELECT FROM bundle AS u WHERE u.id = message.bundle_id OFFSET 0)"
        " FROM message WHERE {whose}id > $2 ORDER BY id LIMIT $3"
    ),
    Kept.INCOMING: (
        "SELECT id, received_at >= $1, "  # noqa: S608 -- ours
        + _OPEN_CALLBACK.format(id="incoming.id")
        + " FROM incoming WHERE {whose}id > $2 ORDER BY id LIMIT $3"
    ),
}
_LOOK: Final = {
    **{kind: _MESSAGES.format(old=_WITH.format(table=table), gone="") for kind, table in HELD.items()},
    **{kind: look.format(whose="") for kind, look in _ROW.items()},
    Kept.AUDIT: "SELECT id, at >= $1, false FROM audit WHERE id > $2 ORDER BY id LIMIT $3",
}
_LOOK_OF_ACCOUNT: Final = {
    **{kind: _MESSAGES.format(old=_OWN, gone=_GONE.format(table=table)) for kind, table in HELD.items()},
    **{kind: look.format(whose="account_id = $4 AND ") for kind, look in _ROW.items()},
}
_WHOLE: Final[dict[Kept, tuple[str, ...]]] = {
    Kept.FILES: ("file",),
    Kept.TEXTS: ("body",),
    Kept.MESSAGES: ("segment", "receipt", "message"),
    Kept.INCOMING: ("callback_try", "incoming"),
}
_PARTITIONS: Final = (
    "SELECT substring(c.relname FROM '[0-9]+$')::bigint FROM pg_inherits"
    " JOIN pg_class AS c ON c.oid = inhrelid WHERE inhparent = $1::text::regclass ORDER BY 1"
)
_NEWEST: Final = (
    # Ids rise with time, but for a block of them on each node, which it gives out within a minute.
    "SELECT greatest("
    " (SELECT max(accepted_at) FROM (SELECT accepted_at FROM message WHERE id >= $1 AND id < $2"
    "  ORDER BY id DESC LIMIT 1000) AS m),"
    " (SELECT max(received_at) FROM (SELECT received_at FROM incoming WHERE id >= $1 AND id < $2"
    "  ORDER BY id DESC LIMIT 1000) AS i))"
)
_OPEN: Final = (
    "SELECT EXISTS (SELECT FROM job WHERE message_id >= $1 AND message_id < $2)"  # noqa: S608 -- ours
    " OR EXISTS (SELECT FROM callback WHERE incoming_id >= $1 AND incoming_id < $2)"
    " OR EXISTS (SELECT FROM awaiting WHERE message_id >= $1 AND message_id < $2)"
    f" OR EXISTS (SELECT FROM bundle_part AS p WHERE p.bundle_id >= $1 AND p.bundle_id < $2 AND {_OPEN_PART})"
)
_OF_BUNDLES: Final = "SELECT EXISTS (SELECT FROM bundle_part WHERE last_id >= $1 AND first_id < $2)"


async def erase(db: Db, wanted: Sequence[Erase]) -> tuple[list[Erased], None]:
    """By one node at a time: others are told that there is nothing to do. But for what an account wants gone,
    which is looked for once a day: a chunk of it waits for another's."""
    if any(one.account_id is not None for one in wanted):
        await db.execute(_WAIT)
    elif not await db.fetchval(_MY_TURN):
        return [Erased(0, None)] * len(wanted), None
    return [await _erase(db, one) for one in wanted], None


async def _erase(db: Db, one: Erase) -> Erased:
    which = to_ms(one.before), one.after, BATCH
    if one.account_id is None:
        rows = await db.fetch(_LOOK[one.kind], *which)
    else:
        rows = await db.fetch(_LOOK_OF_ACCOUNT[one.kind], *which, one.account_id)
    ids, after = chosen(one.kind, [tuple(row) for row in rows])
    if one.kind is Kept.MESSAGES:
        await forget(db, ids)
    for table, key in ROWS[one.kind].items():
        await db.execute(f"DELETE FROM {table} WHERE {key} = ANY($1::bigint[])", ids)  # noqa: S608 -- ours
    return Erased(len(ids), after)


async def drop(db: Db, wanted: Sequence[Erase]) -> tuple[list[int], None]:
    """How many partitions went. One that somebody reads for long, as a dump does, is left for the next time:
    whoever waits for it holds up all others."""
    if not await db.fetchval(_MY_TURN):
        return [0] * len(wanted), None
    return [await _drop(db, one) for one in wanted], None


async def _drop(db: Db, one: Erase) -> int:
    tables = _WHOLE.get(one.kind, ())
    dropped = 0
    for first in await _old(db, one) if tables else []:
        dropped += len(tables) if await _dropped(db, [f"{table}_{first}" for table in tables]) else 0
    return dropped


async def _old(db: Db, one: Erase) -> list[int]:
    """The partitions in which all is old and nothing open, but for the one of the newest ids and what is
    ahead of it. A partition without messages tells no time: it stays, and costs nothing."""
    found = [row[0] for row in await db.fetch(_PARTITIONS, _WHOLE[one.kind][-1])]
    newest = await db.fetchval("SELECT last_value FROM message_block")
    old = []
    for first in found:
        span = first, first + WIDTH
        at = await db.fetchval(_NEWEST, *span) if span[1] <= newest else None
        if at is None or at >= to_ms(one.before) or await db.fetchval(_OPEN, *span):
            continue
        if one.kind is not Kept.MESSAGES or not await db.fetchval(_OF_BUNDLES, *span):
            old.append(first)
    return old


async def _dropped(db: Db, tables: Sequence[str]) -> bool:
    await db.execute("SAVEPOINT before_drop")
    try:
        await db.execute("SET LOCAL lock_timeout = '200ms'")
        for table in tables:
            await db.execute(f'DROP TABLE IF EXISTS "{table}"')
    except asyncpg.LockNotAvailableError:
        await db.execute("ROLLBACK TO SAVEPOINT before_drop")
        return False
    await db.execute("RELEASE SAVEPOINT before_drop")
    return True
