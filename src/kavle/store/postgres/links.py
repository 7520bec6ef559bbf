"""Links on PostgreSQL, among any number of nodes. All times are the database's, so nodes' clocks may differ
as they like."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec

from kavle.store.postgres.rows import Db, columns, read
from kavle.store.sharing import Contender, LinkRow, Sharing, carrier_state, report_of
from kavle.store.types import CarrierState, LinkLine, LinkShare, LinkTurn

# One node's turn at a time, by a lock that writes nothing: most turns change nothing, and then cost no disk.
_MY_TURN: Final = "SELECT pg_advisory_xact_lock(hashtextextended('kavle links', 0))"
_NOW: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_LINKS: Final = (
    "SELECT carrier_id, number, node_id, token, expires_at, report FROM link"
    " WHERE carrier_id = ANY($1::bigint[])"
)
_CONTENDERS: Final = (
    "SELECT carrier_id, node_id, expires_at FROM contender WHERE carrier_id = ANY($1::bigint[])"
)
_HOLD: Final = """
INSERT INTO link (carrier_id, number, node_id, token, expires_at, report)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[])
ON CONFLICT (carrier_id, number) DO UPDATE
SET node_id = excluded.node_id, token = excluded.token, expires_at = excluded.expires_at,
  report = excluded.report
"""
_SHOWN: Final = """
SELECT c.name, l.number, l.report,
  l.node_id IS NOT NULL AND l.expires_at > extract(epoch FROM clock_timestamp()) * 1000
FROM link AS l JOIN carrier AS c ON c.id = l.carrier_id ORDER BY c.name, l.number
"""
_CONTEND: Final = """
INSERT INTO contender (carrier_id, node_id, expires_at)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
ON CONFLICT (carrier_id, node_id) DO UPDATE SET expires_at = excluded.expires_at
"""
_LEAVE: Final = """
DELETE FROM contender AS c USING unnest($1::bigint[], $2::bigint[]) AS gone(carrier_id, node_id)
WHERE c.carrier_id = gone.carrier_id AND c.node_id = gone.node_id
"""
_DOWN_SINCE: Final = "SELECT id, down_since FROM carrier WHERE id = ANY($1::bigint[])"
_NOTE_DOWN: Final = """
UPDATE carrier AS c SET down_since = one.since FROM unnest($1::bigint[], $2::bigint[]) AS one(id, since)
WHERE c.id = one.id
"""
_STATES: Final = """
WITH known AS MATERIALIZED (
  SELECT c.id, c.name, c.down_since, clock.now, EXISTS (
    SELECT FROM contender AS n WHERE n.carrier_id = c.id AND n.expires_at > clock.now) AS served
  FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now) AS clock CROSS JOIN carrier AS c
)
SELECT id, name, down_since, now, served FROM known
-- what no node serves, none knows of: it counts as long as something waits for it
WHERE CASE WHEN served THEN true
  ELSE EXISTS (SELECT FROM job WHERE job.carrier_id = known.id AND job.state = 0) END
ORDER BY name
"""


async def share_links(db: Db, turns: Sequence[LinkTurn]) -> tuple[list[LinkShare], None]:
    await db.execute(_MY_TURN)
    return [await _share(db, turn) for turn in turns], None


async def links(db: Db) -> list[LinkLine]:
    return [
        LinkLine(carrier, number, held, report_of(report) if held else None)
        for carrier, number, report, held in await db.fetch(_SHOWN)
    ]


async def carrier_states(db: Db) -> list[CarrierState]:
    return [carrier_state(*row) for row in await db.fetch(_STATES)]


async def _share(db: Db, turn: LinkTurn) -> LinkShare:
    now: int = await db.fetchval(_NOW)
    carriers = list(turn.binds)
    sharing = Sharing(turn, now, turn.life // timedelta(milliseconds=1))
    sharing.take_turn(
        await read(db, LinkRow, _LINKS, carriers),
        await read(db, Contender, _CONTENDERS, carriers),
        dict(await db.fetch(_DOWN_SINCE, carriers)),
    )
    if sharing.links:
        rows = [msgspec.structs.astuple(row) for row in sharing.links]
        await db.execute(_HOLD, *columns(rows, 6))
    if sharing.contenders:
        contenders = [(one.carrier_id, one.node_id, one.expires_at) for one in sharing.contenders]
        await db.execute(_CONTEND, *columns(contenders, 3))
    if sharing.gone:
        await db.execute(_LEAVE, *columns(sharing.gone, 2))
    if sharing.down:
        await db.execute(_NOTE_DOWN, *columns(sharing.down.items(), 2))
    return sharing.share
