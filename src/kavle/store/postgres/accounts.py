"""Accounts and their money: statements on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from kavle.model.account import Account, AccountSettings
from kavle.store.funds import gathered
from kavle.store.postgres.rows import NOTHING_TO_PROVE, Db, Proof, Row, columns
from kavle.store.rows import Entry, from_ms, to_ms
from kavle.store.types import AccountChange, AccountLine, AccountPage, NewAccount, TopUp

_CREATE: Final = (
    "INSERT INTO account (name, password_hash, created_at) VALUES ($1, $2, $3)"
    " ON CONFLICT (name) DO NOTHING RETURNING id"
)
_CHANGE: Final = (
    "UPDATE account SET password_hash = coalesce($1, password_hash), settings = coalesce($2, settings),"
    " portal_hash = nullif(coalesce($3, portal_hash), '') WHERE name = $4"
)
_POST: Final = """
WITH held AS (              -- whoever moves balances locks them in the order of their accounts
  SELECT account_id, amount FROM balance WHERE account_id = ANY($1::bigint[]) ORDER BY account_id FOR UPDATE
), moved AS (
  UPDATE balance AS b SET amount = held.amount + total.change, tag = greatest(b.tag, total.tag)
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS total(account_id, change, tag)
  JOIN held USING (account_id)
  WHERE b.account_id = total.account_id AND held.amount + total.change >= 0
  RETURNING b.account_id, held.amount AS before, b.amount AS after
), entered AS (             -- in the order given, so that each account's entries add up as they stand
  INSERT INTO ledger (account_id, at, kind, amount, message_id, balance)
  SELECT e.account_id, e.at, e.kind, e.amount, e.message_id, moved.before + e.running
  FROM unnest($4::bigint[], $5::bigint[], $6::smallint[], $7::bigint[], $8::bigint[], $9::bigint[])
       WITH ORDINALITY AS e(account_id, at, kind, amount, message_id, running, place)
  JOIN moved USING (account_id) ORDER BY e.place
)
SELECT account_id, after FROM moved
"""
_ENTERED: Final = (
    "SELECT EXISTS (SELECT FROM ledger WHERE id > (SELECT max(id) FROM ledger) - 100000"
    " AND account_id = $1 AND amount = $2 AND at = $3 AND balance = $4)"
)


class Change(NamedTuple):
    """A ledger entry to be."""

    account_id: int
    at: int
    kind: Entry
    amount: int  # signed
    message_id: int | None  # or the bundle's that it came with: the accept that is paid, or refunded


async def post(db: Db, changes: Sequence[Change], tags: Mapping[int, int] | None = None) -> dict[int, int]:
    """Enter changes in the ledger, and move the balances and tags with them: the balances after.
    An account that its changes would take below 0 is missing from these: locked, and left as it was.

    Once in a transaction and last in it: it takes the locks that everybody wants."""
    running: dict[int, int] = {}
    entries: list[Row] = []
    for change in changes:
        total = running[change.account_id] = running.get(change.account_id, 0) + change.amount
        entries.append((*change, total))
    moves = [(id, total, tags[id] if tags else 0) for id, total in running.items()]
    after = await db.fetch(_POST, *columns(moves, 3), *columns(entries, 6))
    return {row[0]: row[1] for row in after}


async def refund(db: Db, changes: Sequence[Change]) -> None:
    """One entry for each accept that some of these refund."""
    at = {(one.account_id, one.message_id): one.at for one in changes}
    owed = gathered((one.account_id, one.message_id, one.amount) for one in changes)
    changes = [
        Change(account, at[account, origin], Entry.REFUND, amount, origin) for account, origin, amount in owed
    ]
    if changes:
        moved = await post(db, changes)
        if len(moved) != len({change.account_id for change in changes}):
            raise RuntimeError("a refund found no balance to go to")


async def create(db: Db, wanted: Sequence[NewAccount]) -> tuple[list[Account | None], Proof]:
    """None where the name is taken."""
    made: list[Account | None] = []
    first: list[Change] = []
    for new in wanted:
        at = to_ms(new.at)
        id: int | None = await db.fetchval(_CREATE, new.name, new.password_hash, at)
        made.append(None if id is None else Account(id, new.name, new.password_hash))
        if id is not None:
            await db.execute("INSERT INTO balance (account_id, amount) VALUES ($1, 0)", id)
            first += [Change(id, at, Entry.TOP_UP, new.credits, None)] if new.credits else []
    if first:
        await post(db, first)
    one = next((account for account in made if account), None)
    if one is None:
        return made, NOTHING_TO_PROVE
    proof = "SELECT EXISTS (SELECT FROM account WHERE id = $1 AND name = $2 AND password_hash = $3)"
    return made, Proof(proof, (one.id, one.name, one.password_hash))


async def change(db: Db, wanted: Sequence[AccountChange]) -> tuple[list[Account | None], None]:
    """The account as it is after; None where there is no such account."""
    for one in wanted:
        settings = None if one.settings is None else msgspec.json.encode(one.settings).decode()
        await db.execute(_CHANGE, one.password_hash, settings, one.portal_hash, one.name)
    return [await find(db, one.name) for one in wanted], None


async def top_up(db: Db, wanted: Sequence[TopUp]) -> tuple[list[int | None], Proof]:
    """The new balance; None where there is no such account."""
    names = [one.name for one in wanted]
    rows = await db.fetch("SELECT name, id FROM account WHERE name = ANY($1::text[])", names)
    ids = {row[0]: row[1] for row in rows}
    known = [one for one in wanted if one.name in ids]
    if not known:
        return [None] * len(wanted), NOTHING_TO_PROVE
    changes = [Change(ids[one.name], to_ms(one.at), Entry.TOP_UP, one.amount, None) for one in known]
    after = await post(db, changes)
    left = dict(after)
    balances: list[int | None] = []
    for one in reversed(wanted):  # each is told the balance that its own entry led to
        id = ids.get(one.name)
        balances.append(None if id is None else left[id])
        if id is not None:
            left[id] -= one.amount
    last = changes[-1]
    return balances[::-1], Proof(_ENTERED, (last.account_id, last.amount, last.at, after[last.account_id]))


async def correct(db: Db, wanted: Sequence[TopUp]) -> tuple[list[int | None], Proof]:
    """By an amount below 0: the new balance; None where there is no such account, or not so much on it."""
    names = [one.name for one in wanted]
    rows = await db.fetch("SELECT name, id FROM account WHERE name = ANY($1::text[])", names)
    ids = {row[0]: row[1] for row in rows}
    done: list[int | None] = [None] * len(wanted)
    proof = NOTHING_TO_PROVE
    # One by one, since each may be too much by itself; the locks in their order all the same.
    for place in sorted((i for i, one in enumerate(wanted) if one.name in ids), key=lambda i: ids[names[i]]):
        one, id = wanted[place], ids[names[place]]
        after = await post(db, [Change(id, to_ms(one.at), Entry.CORRECTION, one.amount, None)])
        done[place] = after.get(id)
        if id in after:
            proof = Proof(_ENTERED, (id, one.amount, to_ms(one.at), after[id]))
    return done, proof


async def find(db: Db, name: str) -> Account | None:
    row = await db.fetchrow(
        "SELECT id, name, password_hash, settings, portal_hash FROM account WHERE name = $1", name
    )
    return _account(*row) if row else None


async def of(db: Db, id: int) -> Account | None:
    """The account of that number; None for a message's account that is gone."""
    row = await db.fetchrow(
        "SELECT id, name, password_hash, settings, portal_hash FROM account WHERE id = $1", id
    )
    return _account(*row) if row else None


def _account(id: int, name: str, password_hash: str, settings: str, portal_hash: str | None) -> Account:
    decoded = msgspec.json.decode(settings, type=AccountSettings)
    return Account(id, name, password_hash, decoded, portal_hash)


async def balance(db: Db, account_id: int) -> int:
    amount: int = await db.fetchval("SELECT amount FROM balance WHERE account_id = $1", account_id)
    return amount


_LINES: Final = (
    "SELECT name, amount, created_at, settings FROM account JOIN balance ON account_id = id"
    " WHERE name > $1 AND name >= $2 ORDER BY name LIMIT $3"
)


async def listing(db: Db) -> list[AccountLine]:
    return await page_of(db, AccountPage(2**31 - 1))


async def page_of(db: Db, page: AccountPage) -> list[AccountLine]:
    return [
        AccountLine(name, amount, from_ms(at), msgspec.json.decode(settings, type=AccountSettings))
        for name, amount, at, settings in await db.fetch(_LINES, page.after, page.since, page.limit)
    ]
