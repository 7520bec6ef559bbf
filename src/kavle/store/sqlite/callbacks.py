"""The calls that bring incoming messages to their customers: leases, what came of them, and replays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import apsw

from kavle.model.callback import CallbackTry, Verdict
from kavle.model.incoming import IncomingState
from kavle.model.why import kept
from kavle.store.calling import LANES, LOST, Choice, Lane, ReadyCall, Round
from kavle.store.inbox import CallbackLeases, CallbackRequest
from kavle.store.rows import JobState, to_ms
from kavle.store.sqlite.rows import Reader, array, insert

BATCH: Final = 500

_LANES: Final = Reader(
    # One seek a number, however many messages it has. One of which some calls are under way waits for these.
    "WITH RECURSIVE lane (number) AS ("
    " SELECT min(number) FROM callback WHERE state = 0 AND number > ?1 UNION ALL"
    " SELECT (SELECT min(c.number) FROM callback AS c WHERE c.state = 0 AND c.number > lane.number)"
    " FROM lane WHERE lane.number IS NOT NULL),"
    " free (number) AS (SELECT number FROM lane WHERE number IS NOT NULL AND NOT EXISTS"
    "  (SELECT 1 FROM callback AS l WHERE l.number = lane.number AND l.state = 1) LIMIT ?2)"
    " SELECT json_group_array(json_array(free.number, coalesce(n.account_id, 0), coalesce(n.host, ''),"
    # Only for a number whose MMS have an address of their own is it looked whether the first one is an MMS.
    " coalesce(iif(n.settings ->> 'mms_callback' <> '', (SELECT n.settings ->> 'mms_callback'"
    "  FROM incoming AS m WHERE m.mms IS NOT NULL AND m.id = (SELECT min(f.incoming_id)"
    "   FROM callback AS f WHERE f.state = 0 AND f.number = free.number)), null), '')))"
    " FROM free LEFT JOIN number AS n ON n.msisdn = free.number",
    Lane,
)
_READY: Final = Reader(
    "SELECT json_group_array(json_array(call.incoming_id, call.tries, call.round, call.number,"
    " coalesce(n.account_id, 0), coalesce(n.host, ''), coalesce(n.settings, ''), m.sender, b.text,"
    " m.received_at, m.mms, iif(m.mms IS NULL, null, (SELECT json_group_array(json_array("
    "f.name, f.content_type, f.content_id, f.size) ORDER BY f.number) FROM file AS f"
    " WHERE f.message_id = m.id)) || '')) FROM (SELECT c.* FROM json_each(?1) AS lane"
    "  CROSS JOIN callback AS c ON c.incoming_id IN"
    "  (SELECT incoming_id FROM callback WHERE state = 0 AND number = lane.value"
    "   ORDER BY incoming_id LIMIT ?2)"
    "  WHERE NOT EXISTS (SELECT 1 FROM callback AS l WHERE l.number = lane.value AND l.state = 1)"
    "  LIMIT ?3) AS call"
    " CROSS JOIN incoming AS m ON m.id = call.incoming_id CROSS JOIN body AS b"
    " ON b.message_id = call.incoming_id"
    " LEFT JOIN number AS n ON n.msisdn = call.number",
    ReadyCall,
)
_TAKE: Final = (
    "UPDATE callback SET state = 1, due = ?, token = ?, tries = tries + 1, round = round + 1"
    " WHERE incoming_id IN (SELECT value FROM json_each(?))"
)
_LEASED: Final = (
    "SELECT incoming_id, token FROM json_each(?) AS one CROSS JOIN callback AS c"
    " ON c.incoming_id = one.value WHERE c.state = 1"
)
_TRY: Final = "INSERT INTO callback_try (incoming_id, number, at, milliseconds, status, head, error)"
_AGAIN: Final = (
    "UPDATE callback SET state = 2, due = one.value ->> 1 FROM json_each(?) AS one"
    " WHERE incoming_id = one.value ->> 0"
)
_UNTRIED: Final = (
    "UPDATE callback SET state = 0, tries = tries - 1, round = round - 1"
    " WHERE incoming_id IN (SELECT value FROM json_each(?))"
)
_LOST: Final = (
    "UPDATE callback SET state = 0, round = round - 1 WHERE incoming_id IN (SELECT value FROM json_each(?))"
)
_READY_AGAIN: Final = "UPDATE callback SET state = 0 WHERE incoming_id IN (SELECT value FROM json_each(?))"
_END: Final = "DELETE FROM callback WHERE incoming_id IN (SELECT value FROM json_each(?))"
_STATE: Final = (
    "UPDATE incoming SET state = ?, state_at = one.value ->> 1 FROM json_each(?) AS one"
    " WHERE incoming.id = one.value ->> 0"
)
_DUE: Final = (
    # "state <> 0" is what makes SQLite see that the partial index callback_due serves.
    "SELECT incoming_id FROM callback WHERE state = ? AND state <> 0 AND due <= ? ORDER BY due LIMIT ?"
)
_ENDED: Final = (
    "SELECT incoming_id, tries FROM callback WHERE state = 1 AND state <> 0 AND due <= ? ORDER BY due LIMIT ?"
)
_REPLAYABLE: Final = (
    "SELECT m.id, n.msisdn, n.account_id, (SELECT coalesce(max(t.number), 0) FROM callback_try AS t"
    " WHERE t.incoming_id = m.id) FROM json_each(?) AS one CROSS JOIN incoming AS m ON m.id = one.value"
    " CROSS JOIN number AS n ON n.msisdn = m.recipient"
    " WHERE (m.account_id IS NULL OR m.account_id = n.account_id)"
    " AND EXISTS (SELECT 1 FROM body WHERE message_id = m.id)"  # else there is nothing left to be told
)
_REPLAY: Final = (
    # What is being called just now stays as it is; what waits for its next try has it now.
    "INSERT INTO callback (incoming_id, number, state, tries, round, due, token) VALUES (?, ?, 0, ?, 0, 0, 0)"
    " ON CONFLICT (incoming_id) DO UPDATE SET state = 0, round = 0 WHERE callback.state = 2"
)
_OWN: Final = "UPDATE incoming SET account_id = ?, state = 1, state_at = ? WHERE id = ?"


def lanes(db: apsw.Connection, after: str) -> list[Lane]:
    """The next `LANES` numbers that may be leased."""
    return _LANES(db, after, LANES)


def lease(db: apsw.Connection, wanted: Sequence[tuple[CallbackRequest, Choice]]) -> list[CallbackLeases]:
    return [_lease(db, request, choice) for request, choice in wanted]


def _lease(db: apsw.Connection, request: CallbackRequest, choice: Choice) -> CallbackLeases:
    round = Round(request, choice, _READY(db, array(choice.numbers), request.each, request.room))
    if round.orphans:
        _end(db, [(id, to_ms(request.now)) for id in round.orphans], IncomingState.FAILED)
    if round.taken:
        ids = array(row.incoming_id for row in round.taken)
        db.execute(_TAKE, (to_ms(request.until), request.token, ids))
    return round.leases


def record(db: apsw.Connection, batches: Sequence[Sequence[CallbackTry]]) -> list[int]:
    """For each batch how many counted: the others' leases have ended."""
    ids = array(one.lease.incoming_id for batch in batches for one in batch)
    tokens = dict(db.execute(_LEASED, (ids,)))
    counted = [
        # Taken out: the same try again finds no lease.
        [one for one in batch if tokens.pop(one.lease.incoming_id, None) == one.lease.token]
        for batch in batches
    ]
    tries = [one for batch in counted for one in batch]
    insert(
        db,
        _TRY,
        [
            (
                *_named(one),
                to_ms(one.at),
                one.milliseconds,
                one.status,
                one.head,
                one.error and kept(one.error),
            )
            for one in tries
            if one.verdict is not Verdict.UNTRIED
        ],
    )
    again = [
        (one.lease.incoming_id, to_ms(one.again_at or one.at))
        for one in tries
        if one.verdict is Verdict.AGAIN
    ]
    db.execute(_AGAIN, (array(again),))
    db.execute(_UNTRIED, (array(_ids(tries, Verdict.UNTRIED)),))
    for verdict, state in ((Verdict.DONE, IncomingState.DONE), (Verdict.FAILED, IncomingState.FAILED)):
        _end(db, [(one.lease.incoming_id, to_ms(one.at)) for one in tries if one.verdict is verdict], state)
    return [len(batch) for batch in counted]


def promote(db: apsw.Connection, times: Sequence[datetime]) -> list[int]:
    """What is due is ready."""
    return [_promote(db, to_ms(now)) for now in times]


def some_due(db: apsw.Connection, now: int) -> bool:
    return db.execute(_DUE, (int(JobState.WAITING), now, 1)).get is not None


def some_ended(db: apsw.Connection, now: int) -> bool:
    return db.execute(_DUE, (int(JobState.LEASED), now, 1)).get is not None


def end_leases(db: apsw.Connection, times: Sequence[datetime]) -> list[int]:
    """Calls that nobody told of in time are made again."""
    return [_end_leases(db, to_ms(now)) for now in times]


def free_leases(db: apsw.Connection) -> None:
    """At start: whoever has a lease in this file is a dead process."""
    db.execute("UPDATE callback SET due = 0 WHERE state = 1")


def replay(db: apsw.Connection, wanted: Sequence[tuple[Sequence[int], datetime]]) -> list[list[int]]:
    """Those that are being brought to their customers now. One that was nobody's is his whose number it has
    become."""
    return [_replay(db, ids, to_ms(now)) for ids, now in wanted]


def _promote(db: apsw.Connection, now: int) -> int:
    ids = [row[0] for row in db.execute(_DUE, (int(JobState.WAITING), now, BATCH))]
    db.execute(_READY_AGAIN, (array(ids),))
    return len(ids)


def _end_leases(db: apsw.Connection, now: int) -> int:
    ended = list(db.execute(_ENDED, (now, BATCH)))
    insert(db, _TRY, [(id, tries, now, 0, None, "", LOST) for id, tries in ended])
    db.execute(_LOST, (array(id for id, _ in ended),))
    return len(ended)


def _replay(db: apsw.Connection, ids: Sequence[int], now: int) -> list[int]:
    found = list(db.execute(_REPLAYABLE, (array(ids),)))
    for id, number, account_id, tries in found:
        db.execute(_REPLAY, (id, number, tries))
        db.execute(_OWN, (account_id, now, id))
    return [row[0] for row in found]


def _end(db: apsw.Connection, ended: Sequence[tuple[int, int]], state: IncomingState) -> None:
    """(message, when) each: there are no more calls to make."""
    if ended:
        db.execute(_END, (array(id for id, _ in ended),))
        db.execute(_STATE, (int(state), array(ended)))


def _named(one: CallbackTry) -> tuple[int, int]:
    return one.lease.incoming_id, one.lease.number


def _ids(tries: Sequence[CallbackTry], verdict: Verdict) -> list[int]:
    return [one.lease.incoming_id for one in tries if one.verdict is verdict]
