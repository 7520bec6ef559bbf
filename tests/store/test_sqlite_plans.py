"""How SQLite would run what reads the queue and the bundles: by index. A plan that reads a table whole would
only be felt under load."""

from __future__ import annotations

import re
from pathlib import Path

import apsw
import pytest

from kavle.store.sqlite import (
    books,
    bundles,
    callbacks,
    files,
    held,
    incoming,
    incoming_mms,
    incoming_reads,
    lease,
    moves,
    numbers,
    persons,
    reads,
    recipients,
    retention,
    schedule,
    sweep,
)
from kavle.store.sqlite.connection import open_writer

STATEMENTS = {
    "finds ready jobs": lease._READY._sql,
    "finds ended leases": sweep._ENDED,
    "finds the end of a stretch of open segments": sweep._END,
    "finds stale ones in a stretch of open segments": sweep._STALE,
    "counts a stretch of the queue": reads._BACKLOG,
    "looks which books are not closed": books._BOOKS,
    "finds the last closing": books._LAST,
    "finds what was entered since": books._ENTERED,
    "finds what is due": schedule._DUE,
    "looks whether bundles are cancelled": schedule._ANY_CANCELLED,
    "finds those of cancelled bundles": schedule._OF_CANCELLED,
    "makes ready what is due": schedule._PROMOTE,
    "finds what can be cancelled": schedule._CANCELLABLE,
    "finds a bundle that can be cancelled": schedule._CANCELLABLE_BUNDLE,
    "flags a bundle": schedule._FLAG,
    "takes a part": bundles._NEXT,
    "finds a part by its message": bundles._UNEXPANDED,
    "makes messages": bundles._MESSAGES,
    "makes jobs": bundles._JOBS,
    "adds up a part": bundles._PRICE,
    "finds what waits of a part": bundles._NEVER_TRIED,
    "finds a bundle's parts": bundles._FIRSTS,
    "reads a part's statuses": bundles._STATUSES._sql,
    "looks whether a bundle is being cancelled": bundles._CANCELLING,
    "reads statuses": reads._KNOWN._sql,
    "reads a recipient": reads._PENDING,
    "reads a time": reads._DUE,
    "reads an owner": reads._OWNER,
    "reads a page of a queue": moves._PAGE._sql,
    "moves": moves._MOVE,
    "lists what is held": held._LIST,
    "counts what is held": held._COUNTS,
    "finds what is held": held._HELD._sql,
    "releases what is held": held._RELEASE,
    "looks for parts": incoming._PARTS,
    "takes parts away": incoming._GONE,
    "marks parts": incoming._MARK,
    "looks whose numbers these are": incoming.OWNERS,
    "finds parts that wait too long": incoming._LATE,
    "finds parts over the limit": incoming._NEWER,
    "forgets parts": incoming._FORGET,
    "forgets MMS": incoming_mms._FORGET,
    "reads files": files._ALL,
    "reads what files there are": files._LINES,
    "reads texts among files": files._TEXTS,
    "reads a file that goes out": files._OUTGOING,
    "reads a file that came in": files._INCOMING,
    "finds numbers with calls": callbacks._LANES._sql,
    "finds ready calls": callbacks._READY._sql,
    "leases calls": callbacks._TAKE,
    "finds leased calls": callbacks._LEASED,
    "puts calls off": callbacks._AGAIN,
    "gives calls back": callbacks._UNTRIED,
    "makes calls ready": callbacks._READY_AGAIN,
    "ends calls": callbacks._END,
    "says what became of incoming messages": callbacks._STATE,
    "finds calls that are due": callbacks._DUE,
    "finds calls that nobody told of": callbacks._ENDED,
    "finds what can be replayed": callbacks._REPLAYABLE,
    "reads tries": incoming_reads._TRIES,
    "looks at a stop list": numbers._STOPPED,
    "forgets recipients": recipients._FORGET,
    "looks what is queued": persons._QUEUED,
    "counts files": persons._FILES,
    "looks for waiting parts of a person": persons._PARTS,
    "finds what is erased of what was sent": persons._SENT,
    "finds what is erased of what came": persons._RECEIVED,
    "erases the texts of bundles": persons._BUNDLE_TEXTS,
    "forgets parts of a person": persons._PARTS_DONE,
    **{f"erases of what was sent: {sql}": sql for sql in persons._OF_SENT},
    **{f"erases of what came: {sql}": sql for sql in persons._OF_RECEIVED},
    **{f"finds old {kind} of an account": retention._LOOK_OF_ACCOUNT[kind] for kind in retention._ROW},
}


@pytest.fixture
def db(tmp_path: Path) -> apsw.Connection:
    return open_writer(tmp_path / "kavle.db")


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_table_is_read_whole(db: apsw.Connection, name: str) -> None:
    sql = STATEMENTS[name]
    numbered = {int(number) for number in re.findall(r"\?(\d)", sql)}
    bindings = (None,) * (max(numbered) if numbered else sql.count("?"))
    plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", bindings)]
    assert any("USING" in step for step in plan)
    for step in plan:
        # j, p, q, lane, free, call, page and subqueries are the few rows of an inner query; what is read in
        # an index's order, a LIMIT cuts off.
        few = r"CONSTANT ROW|[jpq]$|(lane|free|call|page)$|\(subquery-\d+\)$|.*(VIRTUAL TABLE|USING INDEX)"
        assert re.match(rf"SCAN (?!{few})", step) is None, f"{name}\n" + "\n".join(plan)


def test_what_is_bound_compiles_no_statement_anew(db: apsw.Connection) -> None:
    asked: list[str | None] = []

    def authorised(code: int, table: str | None, *_: str | None) -> int:
        asked.append(table)
        return apsw.SQLITE_OK

    db.authorizer = authorised  # who is asked when a statement is compiled
    lease._READY(db, 1, 1, 1, 0, 0)
    assert "job" in asked
    asked.clear()
    lease._READY(db, 1, 1, 2, 0, 0)
    assert asked == []
