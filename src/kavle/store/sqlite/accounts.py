"""Accounts and their money: statements on SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import apsw
import msgspec

from kavle.model.account import Account, AccountSettings
from kavle.store.funds import Owed, gathered
from kavle.store.rows import Entry, from_ms, to_ms
from kavle.store.sqlite.rows import Reader, array, insert
from kavle.store.types import AccountChange, AccountLine, AccountPage, NewAccount, TopUp

Change = tuple[int, int, Entry, int | None]  # account, signed amount, kind, message or bundle

_BALANCES = Reader(
    "SELECT json_group_array(json_array(account_id, amount)) FROM balance"
    " WHERE account_id IN (SELECT value FROM json_each(?))",
    tuple[int, int],
)


def create(db: apsw.Connection, wanted: Sequence[NewAccount]) -> list[Account | None]:
    """None where the name is taken."""
    return [_create(db, new) for new in wanted]


def _create(db: apsw.Connection, new: NewAccount) -> Account | None:
    db.execute(
        "INSERT INTO account (name, password_hash, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (new.name, new.password_hash, to_ms(new.at)),
    )
    if not db.changes():
        return None
    account = Account(id=db.last_insert_rowid(), name=new.name, password_hash=new.password_hash)
    db.execute("INSERT INTO balance (account_id, amount) VALUES (?, 0)", (account.id,))
    if new.credits:
        post(db, [(account.id, new.credits, Entry.TOP_UP, None)], to_ms(new.at))
    return account


def change(db: apsw.Connection, wanted: Sequence[AccountChange]) -> list[Account | None]:
    """The account as it is after; None where there is no such account."""
    return [_change(db, one) for one in wanted]


def _change(db: apsw.Connection, one: AccountChange) -> Account | None:
    settings = None if one.settings is None else msgspec.json.encode(one.settings).decode()
    db.execute(
        "UPDATE account SET password_hash = coalesce(?, password_hash), settings = coalesce(?, settings),"
        " portal_hash = nullif(coalesce(?, portal_hash), '') WHERE name = ?",
        (one.password_hash, settings, one.portal_hash, one.name),
    )
    return find(db, one.name)


def top_up(db: apsw.Connection, wanted: Sequence[TopUp]) -> list[int | None]:
    """The new balance; None where there is no such account."""
    return [_top_up(db, one) for one in wanted]


def _top_up(db: apsw.Connection, one: TopUp) -> int | None:
    account_id: int | None = db.execute("SELECT id FROM account WHERE name = ?", (one.name,)).get
    if account_id is None:
        return None
    return post(db, [(account_id, one.amount, Entry.TOP_UP, None)], to_ms(one.at))[account_id]


def correct(db: apsw.Connection, wanted: Sequence[TopUp]) -> list[int | None]:
    """By an amount below 0: the new balance; None where there is no such account, or not so much on it."""
    return [_correct(db, one) for one in wanted]


def _correct(db: apsw.Connection, one: TopUp) -> int | None:
    row = db.execute(
        "SELECT id, amount FROM account JOIN balance ON account_id = id WHERE name = ?", (one.name,)
    )
    account_id, amount = row.get or (None, 0)
    if account_id is None or amount + one.amount < 0:
        return None
    return post(db, [(account_id, one.amount, Entry.CORRECTION, None)], to_ms(one.at))[account_id]


def post(db: apsw.Connection, changes: Sequence[Change], at: int) -> dict[int, int]:
    """Enter changes in the ledger and move the balances with them; the balances after. A balance that
    would go below 0 fails the transaction: whoever debits looks first."""
    after = dict(_BALANCES(db, array({change[0] for change in changes})))
    entries = []
    for account_id, amount, kind, message_id in changes:
        after[account_id] += amount
        entries.append((account_id, at, int(kind), amount, after[account_id], message_id))
    insert(db, "INSERT INTO ledger (account_id, at, kind, amount, balance, message_id)", entries)
    db.execute(
        "UPDATE balance SET amount = new.value ->> 1 FROM json_each(?) AS new"
        " WHERE account_id = new.value ->> 0",
        (array(after.items()),),
    )
    return after


def refund(db: apsw.Connection, owed: Iterable[Owed], at: int) -> None:
    changes = [(account_id, amount, Entry.REFUND, origin) for account_id, origin, amount in gathered(owed)]
    if changes:
        post(db, changes, at)


def find(db: apsw.Connection, name: str) -> Account | None:
    row = db.execute(
        "SELECT id, name, password_hash, settings, portal_hash FROM account WHERE name = ?", (name,)
    ).get
    return _account(*row) if row else None


def of(db: apsw.Connection, id: int) -> Account | None:
    """The account of that number; None for a message's account that is gone."""
    row = db.execute(
        "SELECT id, name, password_hash, settings, portal_hash FROM account WHERE id = ?", (id,)
    ).get
    return _account(*row) if row else None


def _account(id: int, name: str, password_hash: str, settings: str, portal_hash: str | None) -> Account:
    decoded = msgspec.json.decode(settings, type=AccountSettings)
    return Account(id, name, password_hash, decoded, portal_hash)


def balance(db: apsw.Connection, account_id: int) -> int:
    amount: int = db.execute("SELECT amount FROM balance WHERE account_id = ?", (account_id,)).get
    return amount


_LINES: Final = (
    "SELECT name, amount, created_at, settings FROM account JOIN balance ON account_id = id"
    " WHERE name > ? AND name >= ? ORDER BY name LIMIT ?"
)
_ALL: Final = -1  # no limit


def listing(db: apsw.Connection) -> list[AccountLine]:
    return page_of(db, AccountPage(_ALL))


def page_of(db: apsw.Connection, page: AccountPage) -> list[AccountLine]:
    rows = db.execute(_LINES, (page.after, page.since, page.limit))
    return [
        AccountLine(name, amount, from_ms(at), msgspec.json.decode(settings, type=AccountSettings))
        for name, amount, at, settings in rows
    ]
