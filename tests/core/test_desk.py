"""Where operators' commands are carried out: by whom they may, and each change with its line in the log."""

from __future__ import annotations

from typing import Any

import pytest

from kavle.core.accounts import (
    AdmitAccount,
    ChangeAccount,
    CorrectAccount,
    CreateAccount,
    SetPassword,
    SetPortalPassword,
    ShowAccount,
    TopUpAccount,
)
from kavle.core.audited import WHAT, what
from kavle.core.desk import _GOES_ON, _LOOKS, Command, Desk
from kavle.core.held import DecideHeld
from kavle.core.inbox import ReplayIncoming
from kavle.core.numbers import AddNumber, ChangeNumber, ChangeStopList, ListNumbers, RemoveNumber
from kavle.core.operators import (
    AdmitOperator,
    CreateOperator,
    ListOperators,
    RemoveOperator,
    SetOperatorPassword,
)
from kavle.core.persons import ErasePerson, ExportPerson, MorePerson, ShowPerson
from kavle.core.restoring import ConfirmRestored
from kavle.model.account import Operator
from kavle.model.audit import AuditEnd, AuditLine, Came
from kavle.model.callback_url import without_query
from kavle.model.errors import NotAllowed, OperatorError
from kavle.model.listing import Keys
from kavle.model.money import UNIT
from kavle.model.number import NumberSettings
from kavle.store.errors import StoreUnavailable
from kavle.store.types import Verdict
from support.world import World

ANNA = Operator("anna", "admin")
SECRET = "$argon2id$a-hash"
NUMBER = "46737494123"
PHONE = "46701740605"
ADDRESS = NumberSettings("https://user:hush@example.com/in?password=hush")
CHANGES: list[Command] = [
    CreateAccount("a", SECRET, 5 * UNIT),
    TopUpAccount("a", UNIT),
    CorrectAccount("a", UNIT),
    ChangeAccount("a", {"sender": "Larm"}),
    AdmitAccount("a", admitted=False),
    AdmitAccount("a", admitted=True),
    SetPassword("a", SECRET),
    SetPortalPassword("a", SECRET),
    AddNumber(NUMBER, "a", ADDRESS),
    ChangeNumber(NUMBER, None, {"charset": "utf-8"}),
    ChangeStopList("a", PHONE, listed=True),
    ChangeStopList("a", "070-174 06 05", listed=False),
    RemoveNumber(NUMBER),
    DecideHeld(Verdict.KEEP, ("1234",)),
    DecideHeld(Verdict.FAIL, ("1234",)),
    DecideHeld(Verdict.RELEASE, ("1234",)),
    ReplayIncoming(("1234",)),
    CreateOperator("karin", SECRET, "viewer"),
    SetOperatorPassword("karin", SECRET),
    AdmitOperator("karin", admitted=False),
    AdmitOperator("karin", admitted=True),
    RemoveOperator("karin"),
    ConfirmRestored(),
    ExportPerson(f"+{PHONE}"),
    ErasePerson("070-174 06 05", stop_lists=True),
]
"""One of each, in an order in which each can be made."""


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.store, world.clock, "SE")


async def log(world: World) -> list[AuditLine]:
    lines: list[AuditLine] = (await world.store.office.audit(Keys(100))).lines
    return lines[::-1]


async def test_each_change_leaves_a_line_and_no_secret_in_it(world: World, desk: Desk) -> None:
    await world.store.restoring.mark(world.clock.now(), "a test says so")
    for command in CHANGES:
        await desk.carry_out(ANNA, command)
    lines = await log(world)
    assert [line.what for line in lines] == [what(command) for command in CHANGES]
    assert {line.operator for line in lines} == {"anna"}
    of_none = {what(one) for one in CHANGES if isinstance(one, DecideHeld | ReplayIncoming)}
    assert {line.what for line in lines if line.came is Came.REFUSED} == of_none
    assert Came.OPEN not in {line.came for line in lines}
    written = str(lines)
    for secret in (SECRET, "hush", PHONE, "174 06 05"):
        assert secret not in written
    told = {line.what: (dict(line.before), dict(line.after)) for line in lines}
    assert told["Account's settings changed"] == ({"sender": ""}, {"sender": "Larm"})
    assert told["Credits given"] == ({"credits": "5.00"}, {"credits": "6.00"})
    assert told["Credits taken back"] == ({"credits": "6.00"}, {"credits": "5.00"})
    assert told["Account disabled"] == ({"log-in": "enabled"}, {"log-in": "disabled"})
    assert told["Account's password changed"] == ({}, {"password": "changed"})
    assert told["Number changed"] == ({"charset": "latin-1"}, {"charset": "utf-8"})
    assert told["Number given"][1]["callback"] == "https://example.com/in?…"
    assert told["Person's data erased"] == ({}, {"messages": "0", "cancelled": "0", "stop_lists": "0"})
    assert [line.subject for line in lines if line.what.startswith(("Person", "Phone"))] == [
        "a 4670•••05",
        "a 0701•••05",
        "4670•••05",
        "0701•••05",
    ]
    assert told["Operator removed"] == ({"role": "viewer", "log-in": "enabled"}, {})


def test_every_command_is_among_those() -> None:
    kinds = {type(command) for command in CHANGES}
    assert kinds | set(_LOOKS) | set(_GOES_ON) == set(Command.__args__)  # type: ignore[attr-defined]
    assert {what(command) for command in CHANGES} == set(WHAT)


@pytest.mark.parametrize("command", CHANGES, ids=what)
async def test_a_viewer_changes_nothing(world: World, desk: Desk, command: Any) -> None:
    with pytest.raises(NotAllowed):
        await desk.carry_out(Operator("karin", "viewer"), command)
    assert await log(world) == []
    assert [line.name for line in await world.store.accounts()] == [world.account.name]


async def test_a_viewer_looks(world: World, desk: Desk) -> None:
    viewer = Operator("karin", "viewer")
    assert (await desk.carry_out(viewer, ShowAccount(world.account.name))).accounts
    assert (await desk.carry_out(viewer, ListNumbers())).numbers == []
    assert (await desk.carry_out(viewer, ListOperators())).operators == []


async def test_how_much_there_is_of_a_person_is_told_a_viewer_and_none_of_it(
    world: World, desk: Desk
) -> None:
    viewer = Operator("karin", "viewer")
    await world.accept("hemlig")
    view = (await desk.carry_out(viewer, ShowPerson(PHONE))).person
    assert view is not None
    assert (view.number, view.messages) == ("4670•••05", 1)
    with pytest.raises(NotAllowed):
        await desk.carry_out(viewer, MorePerson(PHONE, "received"))
    page = (await desk.carry_out(ANNA, ExportPerson(PHONE))).export
    assert page is not None
    assert [one.text for one in page.messages] == ["hemlig"]


@pytest.mark.parametrize(
    "command",
    [
        TopUpAccount("nobody", 1),
        CorrectAccount("nobody", 1),
        CreateAccount("two words", SECRET, 0),
        RemoveOperator("nobody"),
        RemoveNumber(NUMBER),
        AddNumber("12", "nobody", ADDRESS),
    ],
    ids=what,
)
async def test_what_was_refused_is_told_as_that(world: World, desk: Desk, command: Any) -> None:
    with pytest.raises(OperatorError):
        await desk.carry_out(ANNA, command)
    (line,) = await log(world)
    assert (line.came, line.before, line.after) == (Came.REFUSED, {}, {})


async def test_a_balance_is_never_corrected_below_0(world: World, desk: Desk) -> None:
    await desk.carry_out(ANNA, CreateAccount("a", SECRET, 3 * UNIT))
    with pytest.raises(OperatorError, match=r"account a has 3\.00 credits"):
        await desk.carry_out(ANNA, CorrectAccount("a", 4 * UNIT))
    assert (await desk.carry_out(ANNA, CorrectAccount("a", 3 * UNIT))).balance == 0


async def test_a_change_whose_end_can_not_be_stored_has_an_open_line(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(end: AuditEnd) -> None:
        raise StoreUnavailable("the database is away")

    monkeypatch.setattr(world.store.office, "end", away)
    await desk.carry_out(ANNA, CreateAccount("a", SECRET, 0))
    (line,) = await log(world)
    assert (line.what, line.came) == ("Account made", Came.OPEN)


async def test_nothing_is_changed_without_a_line(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(note: object) -> int:
        raise StoreUnavailable("the database is away")

    monkeypatch.setattr(world.store.office, "note", away)
    with pytest.raises(StoreUnavailable):
        await desk.carry_out(ANNA, CreateAccount("a", SECRET, 0))
    assert await world.store.account("a") is None


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://example.com/in", "http://example.com/in"),
        ("https://u:p@example.com:8443/in?a=b", "https://example.com:8443/in?…"),
    ],
)
def test_an_address_is_told_without_what_may_be_a_password(address: str, told: str) -> None:
    assert without_query(address) == told
