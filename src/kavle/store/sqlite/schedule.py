"""What is not to be sent before its time: made ready when that has come, or cancelled until then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import apsw

from kavle.model.bundle import NOWHERE
from kavle.store.rows import JobState, PartWork, to_ms
from kavle.store.sqlite import expire
from kavle.store.sqlite.bundles import expand, unexpanded
from kavle.store.sqlite.rows import array
from kavle.store.types import Cancel

BATCH: Final = 2_000

_DUE = (
    # "state <> 0" is what makes SQLite see that the partial index job_due serves.
    f"SELECT message_id FROM job WHERE state = {int(JobState.WAITING)} AND state <> 0 AND due <= ?"  # noqa: S608
    " ORDER BY due LIMIT ?"
)
_ANY_CANCELLED = (
    f"SELECT EXISTS (SELECT 1 FROM bundle_part WHERE work = {int(PartWork.CANCEL)} AND work <> 0)"  # noqa: S608
)
_OF_CANCELLED = (
    "SELECT one.value FROM json_each(?) AS one CROSS JOIN bundle_part AS p"  # noqa: S608 -- ours
    " ON p.first_id = (SELECT max(first_id) FROM bundle_part WHERE first_id <= one.value)"
    f" WHERE p.last_id >= one.value AND p.work = {int(PartWork.CANCEL)}"
)
_PROMOTE = "UPDATE job SET state = 0 WHERE message_id IN (SELECT value FROM json_each(?))"
_CANCELLABLE = (
    # One that was ever leased has been tried; one whose bundle is cancelled is ended already.
    "SELECT EXISTS (SELECT 1 FROM message AS m JOIN job AS j ON j.message_id = m.id"  # noqa: S608 -- ours
    " LEFT JOIN bundle AS b ON b.id = m.bundle_id"
    " WHERE m.id = ? AND m.account_id = ? AND m.due_at > max(?, m.accepted_at) AND b.cancelled_at IS NULL"
    f" AND j.state = {int(JobState.WAITING)} AND j.attempt = 0)"
)
_CANCELLABLE_BUNDLE = f"""
SELECT EXISTS (
  SELECT 1 FROM bundle AS b CROSS JOIN bundle_part AS p ON p.bundle_id = b.id
  WHERE b.id = ? AND b.account_id = ? AND b.due_at > max(?, b.accepted_at) AND b.cancelled_at IS NULL
    AND iif(p.work = {int(PartWork.EXPAND)},
            EXISTS (SELECT 1 FROM json_each(p.recipients) AS one WHERE one.value ->> 1 <> {NOWHERE}),
            EXISTS (SELECT 1 FROM job AS j WHERE j.message_id BETWEEN p.first_id AND p.last_id
                    AND j.state = {int(JobState.WAITING)} AND j.attempt = 0)))
"""  # noqa: S608 -- numbers of ours
_FLAG = (
    f"UPDATE bundle_part SET work = {int(PartWork.CANCEL)}"  # noqa: S608
    f" WHERE bundle_id = ? AND work = {int(PartWork.NOTHING)}"
)


def some_due(db: apsw.Connection, now: int) -> bool:
    return db.execute(_DUE, (now, 1)).get is not None


def promote(db: apsw.Connection, times: Sequence[datetime]) -> list[int]:
    """For each call, how many jobs were ready; those of cancelled bundles are ended instead."""
    return [_promote(db, to_ms(now)) for now in times]


def _promote(db: apsw.Connection, now: int) -> int:
    due = [row[0] for row in db.execute(_DUE, (now, BATCH))]
    if db.execute(_ANY_CANCELLED).get:
        expire.cancel(db, [row[0] for row in db.execute(_OF_CANCELLED, (array(due),))], now)
    db.execute(_PROMOTE, (array(due),))
    return len(due)


def cancel(db: apsw.Connection, wanted: Sequence[Cancel]) -> list[bool]:
    """Whether each was a message of its account that nobody has begun to send."""
    return [_cancel(db, one) for one in wanted]


def _cancel(db: apsw.Connection, one: Cancel) -> bool:
    now = to_ms(one.now)
    part = unexpanded(db, one.id)
    if part and part.account_id == one.account_id and part.cancelled_at is None and part.waits:
        expand(db, part, now)
    if not db.execute(_CANCELLABLE, (one.id, one.account_id, now)).get:
        return False
    return expire.cancel(db, [one.id], now) == 1


def cancel_bundle(db: apsw.Connection, wanted: Sequence[Cancel]) -> list[bool]:
    """Whether each was a bundle of its account with messages that nobody has begun to send: these are ended
    by `advance`."""
    return [_cancel_bundle(db, one) for one in wanted]


def _cancel_bundle(db: apsw.Connection, one: Cancel) -> bool:
    now = to_ms(one.now)
    if not db.execute(_CANCELLABLE_BUNDLE, (one.id, one.account_id, now)).get:
        return False
    db.execute("UPDATE bundle SET cancelled_at = ? WHERE id = ?", (now, one.id))
    db.execute(_FLAG, (one.id,))
    return True
