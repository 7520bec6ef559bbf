"""Links on SQLite. A file has one node, so what it holds does not end by time: it ends with the lock on the
file, however its process ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw
import msgspec

from kavle.store.rows import to_ms
from kavle.store.sharing import Contender, LinkRow, Sharing, carrier_state, report_of
from kavle.store.sqlite.rows import array
from kavle.store.types import CarrierState, LinkLine, LinkShare, LinkTurn

_FOREVER: Final = 2**53

_LINKS = (
    "SELECT carrier_id, number, node_id, token, expires_at, report FROM link"
    " WHERE carrier_id IN (SELECT value FROM json_each(?))"
)
_CONTENDERS = (
    "SELECT carrier_id, node_id, expires_at FROM contender"
    " WHERE carrier_id IN (SELECT value FROM json_each(?))"
)
_HOLD = (
    "INSERT OR REPLACE INTO link (carrier_id, number, node_id, token, expires_at, report)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
_SHOWN = (
    "SELECT c.name, l.number, l.node_id IS NOT NULL, l.report FROM link AS l"
    " JOIN carrier AS c ON c.id = l.carrier_id ORDER BY c.name, l.number"
)
_CONTEND = "INSERT OR REPLACE INTO contender (carrier_id, node_id, expires_at) VALUES (?, ?, ?)"
_LEAVE = "DELETE FROM contender WHERE carrier_id = ? AND node_id = ?"
_DOWN_SINCE = "SELECT id, down_since FROM carrier WHERE id IN (SELECT value FROM json_each(?))"
_NOTE_DOWN = "UPDATE carrier SET down_since = ? WHERE id = ?"
_STATES = (
    # What no node serves, none knows of: it counts as long as something waits for it.
    "SELECT id, name, down_since, served FROM"
    " (SELECT id, name, down_since, id IN (SELECT carrier_id FROM contender) AS served FROM carrier)"
    " WHERE served OR EXISTS (SELECT 1 FROM job WHERE carrier_id = id AND state = 0) ORDER BY name"
)


def share_links(db: apsw.Connection, turns: Sequence[LinkTurn]) -> list[LinkShare]:
    return [_share(db, turn) for turn in turns]


def _share(db: apsw.Connection, turn: LinkTurn) -> LinkShare:
    carriers = array(turn.binds)
    sharing = Sharing(turn, to_ms(turn.now), _FOREVER)
    sharing.take_turn(
        [LinkRow(*row) for row in db.execute(_LINKS, (carriers,))],
        [Contender(*row) for row in db.execute(_CONTENDERS, (carriers,))],
        dict(db.execute(_DOWN_SINCE, (carriers,))),
    )
    for row in sharing.links:
        db.execute(_HOLD, msgspec.structs.astuple(row))
    for one in sharing.contenders:
        db.execute(_CONTEND, (one.carrier_id, one.node_id, one.expires_at))
    for gone in sharing.gone:
        db.execute(_LEAVE, gone)
    for carrier_id, since in sharing.down.items():
        db.execute(_NOTE_DOWN, (since, carrier_id))
    return sharing.share


def links(db: apsw.Connection) -> list[LinkLine]:
    return [
        LinkLine(carrier, number, bool(held), report_of(report))
        for carrier, number, held, report in db.execute(_SHOWN)
    ]


def carrier_states(db: apsw.Connection, now: int) -> list[CarrierState]:
    return [
        carrier_state(id, name, since, now, bool(served)) for id, name, since, served in db.execute(_STATES)
    ]


def free_links(db: apsw.Connection) -> None:
    """At start: whoever holds a link in this file is a dead process."""
    db.execute("UPDATE link SET node_id = NULL, expires_at = 0, report = NULL WHERE node_id IS NOT NULL")
    db.execute("DELETE FROM contender")
