"""A long past: finished messages with all that is left of them, made by SQL, as many as are asked for.

Every second message is the first account's, the others are nine other accounts'; they are spread over the
last 90 days. Of each there are its text, its segment, its receipt, what was paid for it, and its place among
those of its recipient: as if each had gone through the gateway."""

# ruff: noqa: S608 -- all SQL here is our own

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import asyncpg

from bench.postgres import Database, postgres
from bench.shapes import ACCOUNT, PASSWORD
from kavle.cli.database import file_of, open_store
from kavle.clock import SystemClock
from kavle.core.accounts import Accounts, CreateAccount
from kavle.model.money import UNIT
from kavle.north.auth import hash_password
from kavle.store.recipients import RUN
from kavle.store.rows import Entry, SegmentOutcome, to_ms
from kavle.store.sqlite.connection import open_writer

DAYS: Final = 90
RARE: Final = "46739999999"
COMMON: Final = "46730000008"
_OTHERS: Final = 9
_CREDITS: Final = 10_000_000 * UNIT

_ACCOUNT: Final = f"CASE WHEN i % 2 = 0 THEN 1 ELSE 2 + (i / 2) % {_OTHERS} END"
_RECIPIENT: Final = f"CASE WHEN i = 2 THEN '{RARE}' ELSE '4673' || {{padded}} END"
_AT: Final = "{start} + i * {step}"
_RAW: Final = (
    "'id:' || i || ' sub:001 dlvrd:001 submit date:2610281205 done date:2610281205"
    " stat:DELIVRD err:000 text:'"
)
_TABLES: Final = {
    "message (id, account_id, carrier_id, recipient, sender, encoding, flash, priority, segments,"
    " segment_price, accepted_at, expires_at, status, status_at)": (
        f"i, {_ACCOUNT}, 1, {_RECIPIENT}, 'Kavle', 0, {{no}}, 2, 1, 10000, {_AT}, {_AT} + 172800000,"
        f" CASE WHEN i % 200 = 0 THEN 52 ELSE 22 END, {_AT} + 2000"
    ),
    "body (message_id, text)": "i, 'Your code is ' || i || '. It is valid for ten minutes.'",
    "segment (message_id, number, attempt, outcome, status, at, network_id)": (
        f"i, 1, 1, {SegmentOutcome.ACCEPTED:d}, 21, {_AT} + 500, 'n' || i"
    ),
    "receipt (message_id, number, attempt, status, at, raw)": (
        f"i, 1, 1, CASE WHEN i % 200 = 0 THEN 52 ELSE 22 END, {_AT} + 2000, {_RAW}"
    ),
    "ledger (account_id, at, kind, amount, balance, message_id)": (
        f"{_ACCOUNT}, {_AT}, {Entry.DEBIT:d}, -10000, {_CREDITS} - i * 10000, i"
    ),
    "recipient_run (run, recipient, account_id, message_id)": (f"i / {RUN}, {_RECIPIENT}, {_ACCOUNT}, i"),
}
"""What stands in each, by the message's number `i`."""
_IN_RUNS: Final = " WHERE i < {until} ORDER BY 1, 2, 3, 4"
_SPENT: Final = (
    "UPDATE balance SET amount ="
    " (SELECT sum(amount) FROM ledger AS one WHERE one.account_id = balance.account_id)"
)


class Past(NamedTuple):
    url: str
    start: datetime
    server: Database | None  # where the engine has one


@contextmanager
def kept(folder: Path, messages: int, *, server: bool) -> Iterator[Past]:
    """What is in the folder of so many messages, on SQLite or on a server; it is made where there is none."""
    place = folder / f"{'postgres' if server else 'sqlite'}-{messages}"
    place.mkdir(exist_ok=True)
    if server:
        with postgres(place) as database:
            yield Past(database.url, _filled(place, database.url, messages), database)
    else:
        url = f"sqlite:///{place / 'kavle.db'}"
        yield Past(url, _filled(place, url, messages), None)


def _filled(place: Path, database: str, messages: int) -> datetime:
    """When it began."""
    done = place / "filled"
    if not done.exists():
        start = datetime.now(UTC) - timedelta(days=DAYS)
        _fill(database, messages, start)
        done.write_text(start.isoformat())
    return datetime.fromisoformat(done.read_text())


def _fill(database: str, messages: int, start: datetime) -> None:
    """Into an empty one. Makes the accounts, too."""
    asyncio.run(_accounts(database))
    path = file_of(database)
    if path is None:
        asyncio.run(_fill_server(database, messages, start))
    else:
        _fill_file(path, messages, start)


async def _accounts(database: str) -> None:
    store = await open_store(database, SystemClock())
    accounts, password = Accounts(store, SystemClock()), hash_password(PASSWORD)
    for name in (ACCOUNT, *(f"other-{number}" for number in range(_OTHERS))):
        await accounts.create(CreateAccount(name, password, _CREDITS))
    await store.close()


def _inserts(series: str, messages: int, start: datetime, padded: str, no: str) -> Iterator[str]:
    """A statement for each table. `series`: what gives the numbers."""
    step = DAYS * 86_400_000 // messages
    for table, row in _TABLES.items():
        values = row.format(padded=padded, no=no, start=to_ms(start), step=step)
        order = _IN_RUNS.format(until=_runs(messages) * RUN) if table.startswith("recipient_run") else ""
        yield f"INSERT INTO {table} SELECT {values} FROM {series}{order}"


def _runs(messages: int) -> int:
    """That are whole."""
    return (messages + 1) // RUN


def _fill_file(path: Path, messages: int, start: datetime) -> None:
    db = open_writer(path)
    db.pragma("journal_mode", "off")  # a crash costs the file, and it is made anew
    db.pragma("synchronous", "off")
    counted = f"SELECT 1 UNION ALL SELECT i + 1 FROM one WHERE i < {messages}"
    numbers = f"(WITH RECURSIVE one(i) AS ({counted}) SELECT i FROM one)"
    for insert in _inserts(numbers, messages, start, "printf('%07d', i * 7919 % 100000)", "0"):
        with db:
            db.execute(insert)
    db.execute("UPDATE gateway SET last_id = ?", (messages,))
    db.execute("UPDATE recipient_runs SET next = ?", (_runs(messages),))
    db.execute(_SPENT)
    db.pragma("synchronous", "full")
    db.pragma("journal_mode", "wal")
    db.close()


async def _fill_server(url: str, messages: int, start: datetime) -> None:
    """A statement for each table, all at once; the log has room for them without a checkpoint."""
    db = await asyncpg.connect(url)
    await db.execute("ALTER SYSTEM SET max_wal_size = '64GB'")
    await db.execute("ALTER SYSTEM SET full_page_writes = off")
    await db.execute("SELECT pg_reload_conf()")
    await db.execute(f"SELECT make_partitions({messages + 10_000_000})")
    numbers = f"generate_series(1, {messages}::bigint) AS one(i)"
    await asyncio.gather(
        *(
            _execute(url, insert)
            for insert in _inserts(
                numbers, messages, start, "lpad((i * 7919 % 100000)::text, 7, '0')", "false"
            )
        )
    )
    await db.execute(f"SELECT setval('message_block', {messages + 1})")
    await db.execute("UPDATE recipient_runs SET next = $1", _runs(messages))
    await db.execute(_SPENT)
    await db.execute("ALTER SYSTEM RESET ALL")
    await db.execute("SELECT pg_reload_conf()")
    await db.execute("VACUUM ANALYZE")
    await db.execute("CHECKPOINT")
    await db.close()


async def _execute(url: str, sql: str) -> None:
    db = await asyncpg.connect(url, server_settings={"synchronous_commit": "off", "work_mem": "256MB"})
    await db.execute(sql)
    await db.close()
