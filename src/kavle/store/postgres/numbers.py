"""Customers' numbers, and the phones that they send nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from kavle.model.number import Number, NumberSettings
from kavle.store.inbox import NewNumber, NumberChange, NumberPage, StopChange, StopLine, StopPage
from kavle.store.postgres.rows import Db
from kavle.store.rows import from_ms, to_ms

_NUMBER: Final = (
    "SELECT n.msisdn, n.account_id, a.name, n.settings FROM number AS n"
    " JOIN account AS a ON a.id = n.account_id"
)
_FIND: Final = f"{_NUMBER} WHERE n.msisdn = $1"
_LIST: Final = (
    f"{_NUMBER} WHERE n.msisdn > $1 AND n.account_id = coalesce($2, n.account_id) ORDER BY n.msisdn LIMIT $3"
)
_ADD: Final = (
    "INSERT INTO number (msisdn, account_id, host, created_at, settings) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT DO NOTHING RETURNING 1"
)
_CHANGE: Final = (
    "UPDATE number SET account_id = $1, host = $2, settings = $3"
    " WHERE msisdn = $4 AND account_id = coalesce($5, account_id) RETURNING 1"
)
_REMOVE: Final = "DELETE FROM number WHERE msisdn = $1 RETURNING 1"
_STOP: Final = (
    "INSERT INTO stop (account_id, msisdn, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1"
)
_UNSTOP: Final = "DELETE FROM stop WHERE account_id = $1 AND msisdn = $2 RETURNING 1"
_STOPPED: Final = "SELECT msisdn FROM stop WHERE account_id = $1 AND msisdn = ANY($2::text[])"
_STOPS: Final = "SELECT msisdn, at FROM stop WHERE account_id = $1 AND msisdn > $2 ORDER BY msisdn LIMIT $3"


async def add(db: Db, wanted: Sequence[NewNumber]) -> tuple[list[bool], None]:
    """False where the number is somebody's already."""
    return [
        await _changed(db, _ADD, one.msisdn, one.account_id, one.host, to_ms(one.at), _json(one.settings))
        for one in wanted
    ], None


async def change(db: Db, wanted: Sequence[NumberChange]) -> tuple[list[bool], None]:
    return [
        await _changed(db, _CHANGE, one.account_id, one.host, _json(one.settings), one.msisdn, one.owner)
        for one in wanted
    ], None


async def remove(db: Db, wanted: Sequence[str]) -> tuple[list[bool], None]:
    return [await _changed(db, _REMOVE, one) for one in wanted], None


async def find(db: Db, msisdn: str) -> Number | None:
    row = await db.fetchrow(_FIND, msisdn)
    return _number(*row) if row else None


async def listing(db: Db, page: NumberPage) -> list[Number]:
    return [_number(*row) for row in await db.fetch(_LIST, page.after, page.account_id, page.limit)]


async def stop(db: Db, wanted: Sequence[StopChange]) -> tuple[list[bool], None]:
    """False where the phone was on the list already."""
    return [await _changed(db, _STOP, one.account_id, one.msisdn, to_ms(one.at)) for one in wanted], None


async def unstop(db: Db, wanted: Sequence[StopChange]) -> tuple[list[bool], None]:
    return [await _changed(db, _UNSTOP, one.account_id, one.msisdn) for one in wanted], None


async def stopped(db: Db, account_id: int, recipients: Sequence[str]) -> frozenset[str]:
    """Those of `recipients` that are on the account's stop list."""
    return frozenset(row[0] for row in await db.fetch(_STOPPED, account_id, list(recipients)))


async def stops(db: Db, page: StopPage) -> list[StopLine]:
    rows = await db.fetch(_STOPS, page.account_id, page.after, page.limit)
    return [StopLine(msisdn, from_ms(at)) for msisdn, at in rows]


async def _changed(db: Db, sql: str, *values: object) -> bool:
    return await db.fetchrow(sql, *values) is not None


def _json(settings: NumberSettings) -> str:
    return msgspec.json.encode(settings).decode()


def _number(msisdn: str, account_id: int, account: str, settings: str) -> Number:
    return Number(msisdn, account_id, account, msgspec.json.decode(settings, type=NumberSettings))
