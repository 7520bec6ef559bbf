"""Customers' numbers, and the phones that they send nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw
import msgspec

from kavle.model.number import Number, NumberSettings
from kavle.store.inbox import NewNumber, NumberChange, NumberPage, StopChange, StopLine, StopPage
from kavle.store.rows import from_ms, to_ms
from kavle.store.sqlite.rows import array

_NUMBER: Final = (
    "SELECT n.msisdn, n.account_id, a.name, n.settings FROM number AS n"
    " JOIN account AS a ON a.id = n.account_id"
)
_LIST: Final = (
    f"{_NUMBER} WHERE n.msisdn > ?1 AND n.account_id = coalesce(?2, n.account_id) ORDER BY n.msisdn LIMIT ?3"
)
_ADD: Final = (
    "INSERT INTO number (msisdn, account_id, host, created_at, settings) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
_CHANGE: Final = (
    "UPDATE number SET account_id = ?, host = ?, settings = ?"
    " WHERE msisdn = ? AND account_id = coalesce(?, account_id)"
)

_STOPPED: Final = "SELECT msisdn FROM json_each(?) CROSS JOIN stop ON account_id = ? AND msisdn = value"


def add(db: apsw.Connection, wanted: Sequence[NewNumber]) -> list[bool]:
    """False where the number is somebody's already."""
    return [_changed(db, _ADD, (*_key(one), to_ms(one.at), _json(one.settings))) for one in wanted]


def change(db: apsw.Connection, wanted: Sequence[NumberChange]) -> list[bool]:
    return [
        _changed(db, _CHANGE, (one.account_id, one.host, _json(one.settings), one.msisdn, one.owner))
        for one in wanted
    ]


def remove(db: apsw.Connection, wanted: Sequence[str]) -> list[bool]:
    return [_changed(db, "DELETE FROM number WHERE msisdn = ?", (one,)) for one in wanted]


def find(db: apsw.Connection, msisdn: str) -> Number | None:
    row = db.execute(f"{_NUMBER} WHERE n.msisdn = ?", (msisdn,)).get
    return _number(*row) if row else None


def listing(db: apsw.Connection, page: NumberPage) -> list[Number]:
    rows = db.execute(_LIST, (page.after, page.account_id, page.limit))
    return [_number(*row) for row in rows]


def stop(db: apsw.Connection, wanted: Sequence[StopChange]) -> list[bool]:
    """False where the phone was on the list already."""
    sql = "INSERT OR IGNORE INTO stop (account_id, msisdn, at) VALUES (?, ?, ?)"
    return [_changed(db, sql, (one.account_id, one.msisdn, to_ms(one.at))) for one in wanted]


def unstop(db: apsw.Connection, wanted: Sequence[StopChange]) -> list[bool]:
    sql = "DELETE FROM stop WHERE account_id = ? AND msisdn = ?"
    return [_changed(db, sql, (one.account_id, one.msisdn)) for one in wanted]


def stopped(db: apsw.Connection, account_id: int, recipients: Sequence[str]) -> frozenset[str]:
    """Those of `recipients` that are on the account's stop list."""
    return frozenset(row[0] for row in db.execute(_STOPPED, (array(recipients), account_id)))


def stops(db: apsw.Connection, page: StopPage) -> list[StopLine]:
    sql = "SELECT msisdn, at FROM stop WHERE account_id = ? AND msisdn > ? ORDER BY msisdn LIMIT ?"
    rows = db.execute(sql, (page.account_id, page.after, page.limit))
    return [StopLine(msisdn, from_ms(at)) for msisdn, at in rows]


def _changed(db: apsw.Connection, sql: str, values: tuple[object, ...]) -> bool:
    db.execute(sql, values)
    return db.changes() > 0


def _key(one: NewNumber) -> tuple[str, int, str]:
    return one.msisdn, one.account_id, one.host


def _json(settings: NumberSettings) -> str:
    return msgspec.json.encode(settings).decode()


def _number(msisdn: str, account_id: int, account: str, settings: str) -> Number:
    return Number(msisdn, account_id, account, msgspec.json.decode(settings, type=NumberSettings))
