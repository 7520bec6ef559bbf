"""How PostgreSQL would run the statements of the commits on tables of some size: by index, a batch of keys at
a time. A plan that reads a table whole would only be felt under load."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from support.postgres import fetch, fresh_database, release

pytest.importorskip("asyncpg", reason="PostgreSQL's driver is not installed")

from kavle.model.listing import Keys
from kavle.store.listing import BUNDLES, ENTRIES
from kavle.store.office import LINES
from kavle.store.postgres import (
    accept,
    accounts,
    bell,
    books,
    bundles,
    callbacks,
    expire,
    files,
    front,
    held,
    history,
    incoming,
    incoming_mms,
    incoming_reads,
    lease,
    listing,
    moves,
    numbers,
    office,
    outcomes,
    persons,
    reads,
    receipts,
    recipients,
    retention,
    schedule,
    sweep,
)
from kavle.store.postgres.connection import Link, open_pool
from kavle.store.postgres.rows import Db

FOUND = recipients._FOUND.format(whose="account_id = $8", order="DESC")

FILL = """
INSERT INTO message SELECT i, 1, 1, 10000, 0, 0, 0, 10, 1, 2, 0, false, '46701740605', 'ip1'
  FROM generate_series(1, 20000) AS i;
INSERT INTO body SELECT i, 'Testar' FROM generate_series(1, 20000) AS i;
INSERT INTO job SELECT i, 1, i, 1, 0, 0, 0, 0, 0, 0, 2, i % 3 FROM generate_series(1, 20000) AS i;
INSERT INTO awaiting SELECT 1, i, 0, 1, 1, i::text, '46701740605' FROM generate_series(1, 20000) AS i;
INSERT INTO waiting (domain, at, network_id, recipient, raw)
  SELECT 1, 0, i::text, '46701740605', '' FROM generate_series(1, 20000) AS i;
INSERT INTO bundle SELECT i, 1, 0, 0, 0, NULL, 0, 3, 1, 2, 0, 'ip1' FROM generate_series(1, 20000, 4) AS i;
INSERT INTO bundle_part SELECT i + 1, i + 3, i, 1, 2, i % 3, '[["467",1,1]]'
  FROM generate_series(1, 20000, 4) AS i;
INSERT INTO account (created_at, name, password_hash) SELECT 0, i::text, ''
  FROM generate_series(1, 5000) AS i;
INSERT INTO balance SELECT id, 0 FROM account;
INSERT INTO number SELECT 1, 0, i::text, 'example.com', '{}' FROM generate_series(1, 5000) AS i;
INSERT INTO incoming SELECT i, 1, 1, 0, 0, 1, 1, 1, '46701740605', (i % 5000)::text
  FROM generate_series(1, 20000) AS i;
INSERT INTO incoming_part SELECT 1, i, nullif(i % 2, 0), 1, 2, 1, i::text, '46737494123', ''
  FROM generate_series(1, 20000) AS i;
INSERT INTO file SELECT i, 1, 1, 'bild.jpg', 'image/jpeg', '', 'x' FROM generate_series(1, 20000) AS i;
INSERT INTO incoming_seen SELECT i, i::text::bytea FROM generate_series(1, 20000) AS i;
INSERT INTO callback SELECT i, i, 0, 0, 0, i % 3, (i % 5000)::text FROM generate_series(1, 20000) AS i;
INSERT INTO stop SELECT 1, 0, i::text FROM generate_series(1, 20000) AS i;
ANALYZE
"""

STATEMENTS = {
    "reads funds": accept.FUNDS,
    "takes back": accept._TAKE_BACK,
    "moves balances": accounts._POST,
    "looks where jobs are ready": front._LOOK,
    "finds ready jobs": lease._READY,
    "leases": lease._TAKE,
    "locks the jobs": outcomes._JOBS,
    "writes outcomes": outcomes._WRITE,
    "moves jobs on": outcomes._NEXT,
    "looks for open segments": receipts._PLACES,
    "keeps receipts": receipts._KEEP,
    "reads segments": receipts._SEGMENTS,
    "settles whole messages": receipts._SETTLE_WHOLE,
    "finds what is delivered as a whole": receipts._TAKEN_WHOLE,
    "locks unsent jobs": expire._UNSENT,
    "locks the messages": expire._HOLD,
    "sets statuses": expire._STATUS,
    "finds ended leases": sweep._ENDED,
    "finds the end of a stretch of open segments": sweep._END,
    "finds stale ones in a stretch of open segments": sweep._STALE,
    "counts a stretch of the queue": reads._BACKLOG,
    "looks which books are not closed": books._BOOKS,
    "finds the last closing": books._LAST,
    "finds what was entered since": books._ENTERED,
    "finds the first ended lease": sweep._FIRST_ENDED,
    "calls the others": bell._READY,
    "makes ready what is due": schedule._PROMOTE,
    "finds what is due": schedule._DUE,
    "looks whether anything is due": schedule._FIRST_DUE,
    "looks whether bundles have work left": bundles._SOME_WORK,
    "looks whether bundles are cancelled": schedule._ANY_CANCELLED,
    "finds those of cancelled bundles": schedule._OF_CANCELLED,
    "finds what can be cancelled": schedule._CANCELLABLE,
    "finds bundles that can be cancelled": schedule._CANCELLABLE_BUNDLES,
    "locks a bundle": schedule._HOLD_PARTS,
    "flags a bundle": schedule._FLAG,
    "takes back a bundle": bundles._TAKE_BACK,
    "takes a part": bundles._TAKE_PART,
    "locks parts": bundles._HOLD_PARTS,
    "reads parts": bundles._READ_PARTS,
    "finds parts by their messages": bundles._UNEXPANDED,
    "makes messages": bundles._EXPAND,
    "finds what waits of a part": bundles._NEVER_TRIED,
    "reads a part's statuses": bundles._STATUSES,
    "looks whether a bundle is being cancelled": bundles._CANCELLING,
    "reads statuses": reads._KNOWN,
    "reads a recipient": reads._PENDING,
    "reads a time": reads._DUE,
    "reads an owner": reads._OWNER,
    "lists what is held": held._LIST,
    "counts what is held": held._COUNTS,
    "locks what is held": held._HELD,
    "releases what is held": held._RELEASE,
    "reads a page of a queue": moves._PAGE,
    "locks what it moves": moves._HOLD,
    "moves": moves._MOVE,
    "forgets": sweep._FORGET,
    "looks for parts": incoming._PARTS,
    "takes parts away": incoming._GONE,
    "marks parts": incoming._MARK,
    "keeps parts": incoming._KEEP,
    "looks whose numbers these are": incoming.OWNERS,
    "keeps incoming messages": incoming._INSERT,
    "finds parts that wait too long": incoming._LATE,
    "finds parts over the limit": incoming._NEWER,
    "forgets parts": incoming._FORGET,
    "keeps MMS": incoming_mms._INSERT,
    "knows MMS again": incoming_mms.SEEN,
    "forgets MMS": incoming_mms._FORGET,
    "keeps files": files._INSERT,
    "reads files": files._ALL,
    "reads what files there are": files._LINES,
    "reads texts among files": files._TEXTS,
    "reads a file that goes out": files._OUTGOING,
    "reads a file that came in": files._INCOMING,
    "finds numbers with calls": callbacks._LANES,
    "locks numbers with calls": callbacks._HOLD,
    "finds ready calls": callbacks._READY,
    "leases calls": callbacks._TAKE,
    "locks calls": callbacks._LEASED,
    "puts calls off": callbacks._AGAIN,
    "gives calls back": callbacks._UNTRIED,
    "makes calls ready": callbacks._READY_AGAIN,
    "ends calls": callbacks._END,
    "says what became of incoming messages": callbacks._STATE,
    "looks whether calls are due": callbacks._SOME_DUE,
    "finds calls that are due": callbacks._DUE,
    "finds what can be replayed": callbacks._REPLAYABLE,
    "looks at a stop list": numbers._STOPPED,
    "lists a stop list": numbers._STOPS,
    "reads a message": history._MESSAGE,
    "reads attempts": history._ATTEMPTS,
    "counts what a network has of messages": history._KEPT,
    "reads receipts": history._RECEIPTS,
    "reads a recipient of a bundle": history._RECIPIENT,
    "finds an account's messages by recipient": recipients._FOUND.format(
        whose="account_id = $8", order="DESC"
    ),
    "finds the end of a run": recipients._BEHIND,
    "looks whether a run's messages are all made": recipients._UNMADE,
    "makes a run": recipients._MAKE,
    "drops a run": recipients._DROP,
    "reads a bundle": listing._BUNDLE,
    "adds up a part": listing._TALLY,
    "adds up a part's recipients": listing._GROUPS,
    "lists what is to be sent later": listing._SCHEDULED,
    "reads what is to be sent later": listing._WAITING,
    "lists an account's bundles": f"{BUNDLES} {listing._in_order('b', Keys(50))}",
    "lists an account's ledger": f"{ENTRIES} {listing._in_order('l', Keys(50))}",
    "reads an incoming message": incoming_reads._ONE,
    "reads the beginnings of texts": incoming_reads._TEXTS,
    "reads calls": incoming_reads._TRIES,
    "ends a line of the audit log": office._END,
    "lists the audit log": f"{LINES} WHERE id > $1 AND id < $2 ORDER BY id DESC LIMIT $3",
    "drops old receipts": sweep._OLD_WAITING,
    "forgets recipients": recipients._FORGET,
    "looks what is queued": persons._QUEUED,
    "counts files": persons._FILES,
    "looks for waiting parts of a person": persons._PARTS,
    "finds the stop lists of a person": persons._STOPS,
    "takes a person off stop lists": persons._UNSTOP,
    "finds what is erased of what was sent": persons._SENT,
    "finds what is erased of what came": persons._RECEIVED,
    "forgets whose receipts are awaited": persons._AWAITING,
    "erases the texts of bundles": persons._BUNDLE_TEXTS,
    "forgets parts of a person": persons._PARTS_DONE,
    **{f"erases of what was sent: {sql}": sql for sql in persons._OF_SENT},
    **{f"erases of what came: {sql}": sql for sql in persons._OF_RECEIVED},
    **{f"finds old {kind}": sql for kind, sql in retention._LOOK.items()},
    **{f"finds old {kind} of an account": sql for kind, sql in retention._LOOK_OF_ACCOUNT.items()},
}

INDEXES = {
    "looks where jobs are ready": ("job_ready", "job_fresh"),
    "finds ready jobs": ("job_ready",),
    "calls the others": ("job_ready",),
    "reads a page of a queue": ("job_ready",),
    "finds ended leases": ("job_due",),
    "finds what is due": ("job_due",),
    "looks whether anything is due": ("job_due",),
    "looks whether bundles have work left": ("bundle_part_work",),
    "looks whether bundles are cancelled": ("bundle_part_work",),
    "takes a part": ("bundle_part_work",),
    "finds parts that wait too long": ("incoming_part_open",),
    "finds parts over the limit": ("incoming_part_open",),
    "forgets MMS": ("incoming_seen_at",),
    "forgets parts": ("incoming_part_done",),
    "finds numbers with calls": ("callback_ready", "callback_leased"),
    "finds ready calls": ("callback_ready", "callback_leased"),
    "looks whether calls are due": ("callback_due",),
    "finds calls that are due": ("callback_due",),
    "lists an account's bundles": ("bundle_account",),
    "lists an account's ledger": ("ledger_account",),
    "lists what is to be sent later": ("account_id_due_at_id_idx",),
}
"""Without which a queue's dead entries, or all other accounts' rows, would be read again and again."""


@pytest.fixture(params=[FILL, "ANALYZE"], ids=["full", "empty"])
async def url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    url = await fresh_database()
    for statement in request.param.split(";"):
        await fetch(url, statement)
    yield url
    await release(url)


async def plan(db: Db, sql: str) -> str:
    await db.execute(f"PREPARE one AS {sql}")
    nulls = ", ".join(["NULL"] * len(set(re.findall(r"\$[0-9]+", sql))))
    given = f"({nulls})" if nulls else ""
    found = "\n".join(row[0] for row in await db.fetch(f"EXPLAIN EXECUTE one{given}"))
    await db.execute("DEALLOCATE one")
    return found


async def test_every_statement_of_the_commits_goes_by_index(url: str) -> None:
    link = Link(url)
    async with link.use() as (db, _):
        for name, sql in STATEMENTS.items():
            found = await plan(db, sql)
            for slow in ("Seq Scan", "Hash Join", "Merge Join", "Bitmap"):
                assert slow not in found, f"{name}\n{found}"
            for index in INDEXES.get(name, ()):
                assert index in found, f"{name}\n{found}"
    await link.close()


async def test_nothing_that_is_read_reads_a_table_whole(url: str) -> None:
    """Not even one that has only just begun to fill: its plan is kept while it does."""
    pool = await open_pool(url, 1)
    try:
        async with pool.acquire() as db:
            for name, sql in STATEMENTS.items():
                found = await plan(db, sql)
                assert "Seq Scan" not in found, f"{name}\n{found}"
    finally:
        await pool.close()
