"""How PostgreSQL would run the statements of the commits on tables of some size: by index, a batch of keys at
a time. A plan that reads a table whole would only be felt under load."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from support.postgres import fetch, fresh_database, release

pytest.importorskip("asyncpg", reason="PostgreSQL's driver is not installed")

from kavle.store.postgres import accept, accounts, bell, expire, front, lease, outcomes, receipts, sweep
from kavle.store.postgres.connection import Link

FILL = """
INSERT INTO message SELECT i, 1, 1, 10000, 0, 0, 0, 10, 1, 2, 0, false, '46701740605', 'ip1'
  FROM generate_series(1, 20000) AS i;
INSERT INTO body SELECT i, 'Testar' FROM generate_series(1, 20000) AS i;
INSERT INTO job SELECT i, 1, i, 1, 0, 0, 0, 0, 0, 0, 2, i % 3 FROM generate_series(1, 20000) AS i;
INSERT INTO awaiting SELECT 1, i, 0, 1, 1, i::text, '46701740605' FROM generate_series(1, 20000) AS i;
INSERT INTO waiting (domain, at, network_id, recipient, raw)
  SELECT 1, 0, i::text, '46701740605', '' FROM generate_series(1, 20000) AS i;
INSERT INTO account (created_at, name, password_hash) SELECT 0, i::text, ''
  FROM generate_series(1, 5000) AS i;
INSERT INTO balance SELECT id, 0 FROM account;
ANALYZE
"""

STATEMENTS = {
    "reads funds": accept._FUNDS,
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
    "locks unsent jobs": expire._UNSENT,
    "locks the messages": expire._HOLD,
    "sets statuses": expire._STATUS,
    "promotes": sweep._PROMOTE,
    "finds ended leases": sweep._DUE,
    "finds the first ended lease": sweep._FIRST_ENDED,
    "calls the others": bell._RING,
    "forgets": sweep._FORGET,
    "drops old receipts": sweep._OLD_WAITING,
}

INDEXES = {
    "looks where jobs are ready": ("job_ready", "job_fresh"),
    "finds ready jobs": ("job_ready",),
    "calls the others": ("job_ready",),
    "finds ended leases": ("job_due",),
}
"""Without which a queue's dead entries would be read again and again."""


@pytest.fixture(params=[FILL, "ANALYZE"], ids=["full", "empty"])
async def url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    url = await fresh_database()
    for statement in request.param.split(";"):
        await fetch(url, statement)
    yield url
    await release(url)


async def test_every_statement_of_the_commits_goes_by_index(url: str) -> None:
    link = Link(url)
    async with link.use() as (db, _):
        for name, sql in STATEMENTS.items():
            await db.execute(f"PREPARE one AS {sql}")
            nulls = ", ".join(["NULL"] * len(set(re.findall(r"\$[0-9]+", sql))))
            plan = "\n".join(row[0] for row in await db.fetch(f"EXPLAIN EXECUTE one({nulls})"))
            await db.execute("DEALLOCATE one")
            for slow in ("Seq Scan", "Hash Join", "Merge Join", "Bitmap"):
                assert slow not in plan, f"{name}\n{plan}"
            for index in INDEXES.get(name, ()):
                assert index in plan, f"{name}\n{plan}"
    await link.close()
