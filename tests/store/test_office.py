"""Operators and the audit log in the store, on both engines; and the ledger entry that takes credits back."""

from __future__ import annotations

from kavle.model.audit import AuditEnd, AuditLine, AuditNote, Came
from kavle.model.listing import Booked, Keys
from kavle.model.money import UNIT
from kavle.model.operator import OperatorAccount
from kavle.store.office import OperatorChange
from kavle.store.types import AccountPage, NewAccount, TopUp
from support.world import World


def operator(world: World, name: str = "anna") -> OperatorAccount:
    return OperatorAccount(name, "a hash", "admin", disabled=False, created_at=world.clock.now())


async def test_an_operator_is_made_changed_and_removed(world: World) -> None:
    office = world.store.office
    assert await office.add(operator(world))
    assert not await office.add(operator(world)), "the name is taken"
    assert await office.operator("anna") == operator(world)
    assert await office.change(OperatorChange("anna", disabled=True))
    found = await office.operator("anna")
    assert (found.disabled, found.password_hash, found.role) == (True, "a hash", "admin")
    assert await office.change(OperatorChange("anna", "another", "viewer", disabled=False))
    found = await office.operator("anna")
    assert (found.disabled, found.password_hash, found.role) == (False, "another", "viewer")
    assert await office.remove("anna")
    assert await office.operator("anna") is None
    assert not await office.remove("anna")
    assert not await office.change(OperatorChange("anna", disabled=True))


async def test_operators_are_listed_by_name(world: World) -> None:
    for name in ("karin", "anna"):
        assert await world.store.office.add(operator(world, name))
    assert [one.name for one in await world.store.office.operators()] == ["anna", "karin"]


async def test_a_line_of_the_audit_log_is_open_until_it_is_told_what_came(world: World) -> None:
    office, now = world.store.office, world.clock.now()
    done = await office.note(AuditNote(now, "anna", "Account disabled", "test"))
    refused = await office.note(AuditNote(now, "system:root", "Number given", "46737494123"))
    open_ = await office.note(AuditNote(now, "anna", "Credits given", "å"))
    await office.end(AuditEnd(done, Came.DONE, {"log-in": "enabled"}, {"log-in": "disabled"}))
    await office.end(AuditEnd(refused, Came.REFUSED, {}, {}))
    assert (await office.audit(Keys(10))).lines == [
        AuditLine(open_, now, "anna", "Credits given", "å", Came.OPEN, {}, {}),
        AuditLine(refused, now, "system:root", "Number given", "46737494123", Came.REFUSED, {}, {}),
        AuditLine(
            done, now, "anna", "Account disabled", "test", Came.DONE,
            {"log-in": "enabled"}, {"log-in": "disabled"},
        ),
    ]  # fmt: skip


async def test_the_audit_log_is_walked_by_key(world: World) -> None:
    office = world.store.office
    ids = [await office.note(AuditNote(world.clock.now(), "anna", "x", str(one))) for one in range(5)]
    first = await office.audit(Keys(2))
    second = await office.audit(Keys(2, before=first.older))
    last = await office.audit(Keys(2, before=second.older))
    assert [line.id for page in (first, second, last) for line in page.lines] == ids[::-1]
    assert (first.newer, last.older) == (None, None)
    assert (await office.audit(Keys(2, after=last.newer))).lines == second.lines


async def test_accounts_are_listed_by_key(world: World) -> None:
    for name in ("b", "a", "c"):
        await world.store.create_account(NewAccount(name, "hash", UNIT, world.clock.now()))
    read = world.store.listing.accounts
    first = await read(AccountPage(2))
    assert [(line.name, line.balance) for line in first] == [("a", UNIT), ("b", UNIT)]
    assert [line.name for line in await read(AccountPage(5, after="b"))] == ["c", world.account.name]
    assert [line.name for line in await read(AccountPage(1, since="b"))] == ["b"]


async def test_credits_are_taken_back_as_far_as_there_are_any(world: World) -> None:
    now = world.clock.now()
    account = await world.store.create_account(NewAccount("a", "hash", 3 * UNIT, now))
    assert await world.store.correct(TopUp("a", -2 * UNIT, now)) == UNIT
    assert await world.store.correct(TopUp("a", -2 * UNIT, now)) is None
    assert await world.store.correct(TopUp("nobody", -1, now)) is None
    assert await world.store.balance(account.id) == UNIT
    lines = (await world.store.listing.ledger(account.id, Keys(5))).lines
    assert [(line.kind, line.amount, line.balance) for line in lines] == [
        (Booked.CORRECTION, -2 * UNIT, UNIT),
        (Booked.TOP_UP, 3 * UNIT, 3 * UNIT),
    ]
