"""Counts for charts: appended by each transaction for what it has changed, and folded by a sweep into sums by
minute and hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import apsw

from kavle.model.status import Status
from kavle.model.traffic import Traffic
from kavle.store.rows import to_ms
from kavle.store.sqlite.rows import insert
from kavle.store.traffic import LOST_CODES, MINUTE, MINUTES_KEPT, TOLD, lines
from kavle.store.types import TrafficQuery

BATCH: Final = 5_000

_INTO: Final = "INSERT INTO tally (at, account_id, carrier_id, accepted, sent, delivered, failed)"
_PART: Final = (
    f"{_INTO} SELECT accepted_at - accepted_at % {MINUTE}, account_id, carrier_id, count(*), 0, 0,"  # noqa: S608
    " iif(carrier_id = 0, count(*), 0) FROM message WHERE id BETWEEN ? AND ? GROUP BY carrier_id"
)
_CHANGED: Final = (
    f"{_INTO} SELECT ?1 - ?1 % {MINUTE}, account_id, carrier_id, 0,"  # noqa: S608 -- numbers of ours
    f" iif(?2 = {int(Status.IN_NETWORK)}, count(*), 0), iif(?2 = {int(Status.DELIVERED)}, count(*), 0),"
    f" iif(?2 IN ({LOST_CODES}), count(*), 0)"
    " FROM json_each(?3) AS one CROSS JOIN message AS m ON m.id = one.value"
    f" WHERE ?2 IN ({TOLD}) GROUP BY account_id, carrier_id"
)
_SOME: Final = f"FROM tally WHERE rowid <= (SELECT min(rowid) FROM tally) + {BATCH - 1}"  # noqa: S608 -- ours
_FOLD: Final = f"""
INSERT INTO traffic (minutes, account_id, at, carrier_id, accepted, sent, delivered, failed)
SELECT span.value, iif(who.value, some.account_id, 0) AS account,
       some.at - some.at % (span.value * {MINUTE}) AS begun, some.carrier_id,
       sum(some.accepted), sum(some.sent), sum(some.delivered), sum(some.failed)
FROM (SELECT at, account_id, carrier_id, accepted, sent, delivered, failed {_SOME}) AS some
CROSS JOIN json_each('[1, 60]') AS span CROSS JOIN json_each('[0, 1]') AS who
WHERE true GROUP BY span.value, account, begun, some.carrier_id
ON CONFLICT DO UPDATE
SET accepted = accepted + excluded.accepted, sent = sent + excluded.sent,
    delivered = delivered + excluded.delivered, failed = failed + excluded.failed
"""  # noqa: S608 -- ours
_FOLDED: Final = f"DELETE {_SOME}"
_OLD: Final = (
    "DELETE FROM traffic WHERE (minutes, account_id, at, carrier_id) IN"  # noqa: S608 -- a number of ours
    " (SELECT minutes, account_id, at, carrier_id FROM traffic WHERE minutes = 1 AND account_id = ?2"
    f" AND at < ?1 ORDER BY at LIMIT {BATCH})"
)
_READ: Final = (
    "SELECT t.at, c.name, t.accepted, t.sent, t.delivered, t.failed"
    " FROM traffic AS t LEFT JOIN carrier AS c ON c.id = t.carrier_id"
    " WHERE t.minutes = ? AND t.account_id = ? AND t.at >= ? AND t.at < ? ORDER BY t.at, t.carrier_id"
)


def accepted(db: apsw.Connection, messages: Iterable[tuple[int, int, int]]) -> None:
    """(when, account, carrier) of each."""
    counts = Counter((at - at % MINUTE, account, carrier) for at, account, carrier in messages)
    insert(db, _INTO, [(*key, count, 0, 0, 0) for key, count in counts.items()])


def accepted_part(db: apsw.Connection, first_id: int, last_id: int) -> None:
    """A bundle's messages with these ids."""
    db.execute(_PART, (first_id, last_id))


def changed(db: apsw.Connection, ids: str, status: int, at: int) -> None:
    """Messages (a JSON array of ids) that have that status since then."""
    db.execute(_CHANGED, (at, status, ids))


def fold(db: apsw.Connection, wanted: Sequence[None]) -> list[bool]:
    """Whether there is more to fold at once."""
    db.execute(_FOLD)
    db.execute(_FOLDED)
    more: bool = db.execute("SELECT EXISTS (SELECT 1 FROM tally)").get
    return [bool(more)] * len(wanted)


def some(db: apsw.Connection) -> bool:
    return bool(db.execute("SELECT EXISTS (SELECT 1 FROM tally)").get)


def forget(db: apsw.Connection, wanted: Sequence[datetime]) -> list[int]:
    """Counts by minute that are old: how many were dropped, a batch of each account at most."""
    before = to_ms(max(wanted) - MINUTES_KEPT)
    dropped = 0
    for account_id in [0, *(row[0] for row in db.execute("SELECT id FROM account"))]:
        db.execute(_OLD, (before, account_id))
        dropped += db.changes()
    return [dropped] * len(wanted)


def read(db: apsw.Connection, query: TrafficQuery) -> list[Traffic]:
    since, until = to_ms(query.since), to_ms(query.until)
    return lines(db.execute(_READ, (query.minutes, query.account_id, since, until)))
