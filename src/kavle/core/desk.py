"""Where operators' commands are carried out, whether they come from a page or from a command line: by whom he
or she may, and not without a line in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

from kavle.clock import Clock
from kavle.core.accounts import (
    Accounts,
    AdmitAccount,
    ChangeAccount,
    CorrectAccount,
    CreateAccount,
    ListAccounts,
    SetPassword,
    SetPortalPassword,
    ShowAccount,
    TopUpAccount,
)
from kavle.core.accounts import Command as AccountCommand
from kavle.core.audited import States, subject, what
from kavle.core.carriers import Carriers, ShowCarriers
from kavle.core.doubt import Doubt, ShowDoubt
from kavle.core.held import DecideHeld, Held, HeldCommand, ListHeld
from kavle.core.inbox import (
    Inbox,
    IncomingCommand,
    ListIncoming,
    ReplayIncoming,
    ShowIncoming,
)
from kavle.core.numbers import (
    AddNumber,
    ChangeNumber,
    ChangeStopList,
    ListNumbers,
    ListStops,
    NumberCommand,
    Numbers,
    RemoveNumber,
    StopCommand,
    StopLists,
)
from kavle.core.operators import (
    AdmitOperator,
    CreateOperator,
    ListOperators,
    OperatorCommand,
    Operators,
    RemoveOperator,
    SetOperatorPassword,
)
from kavle.core.person_export import PersonExport
from kavle.core.persons import (
    ErasePerson,
    ExportPerson,
    MorePerson,
    PersonCommand,
    Persons,
    ShowPerson,
)
from kavle.core.reply import Reply
from kavle.core.restoring import ConfirmRestored, Restoring, ShowRestored
from kavle.core.veil import may_not_read, veiled
from kavle.model.account import Operator
from kavle.model.audit import AuditEnd, AuditNote, Came, State, difference
from kavle.model.errors import NotAllowed, OperatorError, OutcomeUnknown, Reason, Refusal
from kavle.store.errors import RowRefused, StoreUnavailable
from kavle.store.store import Store

Command = (
    AccountCommand
    | HeldCommand
    | ShowCarriers
    | NumberCommand
    | StopCommand
    | IncomingCommand
    | OperatorCommand
    | PersonCommand
    | ShowRestored
    | ConfirmRestored
    | ShowDoubt
)

_LOOKS: Final = (
    ShowAccount,
    ListAccounts,
    ListHeld,
    ShowCarriers,
    ListNumbers,
    ListStops,
    ListIncoming,
    ShowIncoming,
    ListOperators,
    ShowPerson,
    ShowRestored,
    ShowDoubt,
)
"""They change nothing."""
_GOES_ON: Final = (MorePerson,)
"""Behind one that has its line: for who may change things."""


class _Hands(NamedTuple):
    accounts: Accounts
    held: Held
    carriers: Carriers
    numbers: Numbers
    stop_lists: StopLists
    inbox: Inbox
    operators: Operators
    restoring: Restoring
    persons: Persons
    export: PersonExport
    doubt: Doubt


class Desk:
    def __init__(
        self,
        store: Store,
        clock: Clock,
        region: str,
        *,
        accounts: Accounts | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`region`: of numbers in national form. `accounts`: where others are to be told of changes. `wake`
        is told that there is something to send."""
        self._office = store.office
        self._clock = clock
        self._hands = hands = _Hands(
            accounts or Accounts(store, clock),
            Held(store, clock, wake),
            Carriers(store, clock),
            Numbers(store, clock),
            StopLists(store, clock, region),
            Inbox(store, clock),
            Operators(store, clock),
            Restoring(store, clock),
            Persons(store, clock, region),
            PersonExport(store, region),
            Doubt(store, clock),
        )
        self._states = States(hands.accounts, hands.operators, store.inbox)

    async def carry_out(self, operator: Operator, command: Command) -> Reply:
        """Raises `NotAllowed` for a change by a viewer, `OperatorError` for what can be mended,
        `StoreUnavailable`, `RowRefused` and `OutcomeUnknown` as the store does."""
        if isinstance(command, _LOOKS):
            reply = await _done(self._hands, command)
            return veiled(reply) if may_not_read(operator) else reply
        if not operator.may_change:
            raise NotAllowed
        if isinstance(command, _GOES_ON):
            return await _done(self._hands, command)
        before = await self._states.of(command)
        now = self._clock.now()
        line = await self._office.note(AuditNote(now, operator.name, what(command), subject(command)))
        try:
            reply = await _done(self._hands, command)
        except (OperatorError, StoreUnavailable, RowRefused):
            await self._end(line, Came.REFUSED, {}, {})
            raise
        if _of_none(command, reply):
            await self._end(line, Came.REFUSED, {}, {})
            return reply
        after = {**await self._after(command), **_told(command, reply)}
        await self._end(line, Came.DONE, *difference(before, after))
        return reply

    async def ask(self, operator: Operator, command: Command) -> Reply:
        """For pages: raises `Refusal` where the store can't be had, and `OperatorError` for all else."""
        try:
            return await self.carry_out(operator, command)
        except (StoreUnavailable, RowRefused) as error:
            raise Refusal(Reason.UNAVAILABLE, str(error)) from error
        except OutcomeUnknown as error:
            raise OperatorError("it may have been done or not: look before you repeat it") from error

    async def _after(self, command: Command) -> State:
        try:
            return await self._states.of(command)
        except StoreUnavailable:
            return {}

    async def _end(self, line: int, came: Came, before: State, after: State) -> None:
        """Where that can't be stored the line stays open, as it would if the process died here."""
        with suppress(StoreUnavailable, OutcomeUnknown, RowRefused):
            await self._office.end(AuditEnd(line, came, before, after))


def _told(command: Command, reply: Reply) -> State:
    """What no state tells."""
    match command:
        case SetPassword() | SetPortalPassword() | SetOperatorPassword():
            return {"password": "changed"}
        case DecideHeld() | ReplayIncoming():
            return {"messages": " ".join(reply.done or [])}
        case ErasePerson() if reply.erased is not None:
            return {
                "messages": str(reply.erased.messages),
                "cancelled": str(reply.erased.cancelled),
                "stop_lists": str(reply.erased.stop_lists),
            }
    return {}


def _of_none(command: Command, reply: Reply) -> bool:
    """Whether it was carried out on none of those that it names: who gave it is told of an error."""
    return isinstance(command, DecideHeld | ReplayIncoming) and not reply.done


async def _done(hands: _Hands, command: Command) -> Reply:
    accounts, held, carriers, numbers, stop_lists, inbox, operators, restoring, *_ = hands
    match command:
        case CreateAccount():
            await accounts.create(command)
        case TopUpAccount():
            return Reply(balance=await accounts.top_up(command))
        case CorrectAccount():
            return Reply(balance=await accounts.correct(command))
        case ChangeAccount():
            return Reply(accounts=[await accounts.change(command)])
        case AdmitAccount():
            await accounts.admit(command)
        case SetPassword():
            await accounts.set_password(command)
        case SetPortalPassword():
            await accounts.set_portal_password(command)
        case ShowAccount():
            return Reply(accounts=[await accounts.show(command.name)])
        case ListAccounts():
            return Reply(accounts=await accounts.list())
        case ListHeld():
            return Reply(held=await held.page(command))
        case DecideHeld():
            return Reply(done=await held.decide(command))
        case ShowCarriers():
            return Reply(carriers=await carriers.show())
        case AddNumber():
            return Reply(numbers=[await numbers.add(command)])
        case ChangeNumber():
            return Reply(numbers=[await numbers.change(command)])
        case RemoveNumber():
            await numbers.remove(command)
        case ListNumbers():
            return Reply(numbers=await numbers.list(command))
        case ChangeStopList():
            return Reply(recipient=await stop_lists.change(command))
        case ListStops():
            return Reply(stops=await stop_lists.list(command))
        case ListIncoming():
            return Reply(incoming=await inbox.page(command))
        case ShowIncoming():
            return Reply(message=await inbox.show(command))
        case ReplayIncoming():
            return Reply(done=await inbox.replay(command))
        case CreateOperator():
            await operators.create(command)
        case SetOperatorPassword():
            await operators.set_password(command)
        case AdmitOperator():
            await operators.admit(command)
        case RemoveOperator():
            await operators.remove(command)
        case ListOperators():
            return Reply(operators=await operators.list())
        case ShowRestored():
            return Reply(restored=await restoring.show())
        case ShowDoubt():
            return Reply(doubted=await hands.doubt.since())
        case ConfirmRestored():
            return Reply(restored=await restoring.confirm())
        case ShowPerson():
            return Reply(person=await hands.persons.show(command))
        case ErasePerson():
            return Reply(erased=await hands.persons.erase(command))
        case ExportPerson():
            return Reply(export=await hands.export.begin(command))
        case MorePerson():
            return Reply(export=await hands.export.more(command))
    return Reply()
