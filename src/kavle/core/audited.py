"""What the audit log says of a command, and of what it changes: neither passwords, texts nor whole numbers of
phones."""

from __future__ import annotations

from typing import Any, Final

from kavle.core.accounts import (
    AccountError,
    Accounts,
    AdmitAccount,
    ChangeAccount,
    CorrectAccount,
    CreateAccount,
    SetPassword,
    SetPortalPassword,
    TopUpAccount,
)
from kavle.core.held import DecideHeld
from kavle.core.inbox import ReplayIncoming
from kavle.core.numbers import AddNumber, ChangeNumber, ChangeStopList, RemoveNumber
from kavle.core.operators import (
    AdmitOperator,
    CreateOperator,
    Operators,
    RemoveOperator,
    SetOperatorPassword,
)
from kavle.core.persons import ErasePerson, ExportPerson
from kavle.core.restoring import ConfirmRestored
from kavle.model.account_change import shown
from kavle.model.audit import State
from kavle.model.callback_url import without_query
from kavle.model.masking import masked
from kavle.model.money import format_balance
from kavle.model.number import Number
from kavle.store.inbox import Inbox
from kavle.store.types import Verdict

_LONGEST: Final = 200

_MONEY: Final = (CreateAccount, TopUpAccount, CorrectAccount)
_ACCOUNT: Final = (*_MONEY, ChangeAccount, AdmitAccount, SetPassword, SetPortalPassword)
_NUMBER: Final = (AddNumber, ChangeNumber, RemoveNumber)
_OPERATOR: Final = (CreateOperator, SetOperatorPassword, AdmitOperator, RemoveOperator)

_WHAT: Final[dict[type, str]] = {
    CreateAccount: "Account made",
    TopUpAccount: "Credits given",
    CorrectAccount: "Credits taken back",
    ChangeAccount: "Account's settings changed",
    SetPassword: "Account's password changed",
    SetPortalPassword: "Account's password to the pages changed",
    AddNumber: "Number given",
    ChangeNumber: "Number changed",
    RemoveNumber: "Number taken away",
    ReplayIncoming: "Incoming messages called again",
    CreateOperator: "Operator made",
    SetOperatorPassword: "Operator's password changed",
    RemoveOperator: "Operator removed",
    ConfirmRestored: "Restored copy confirmed",
    ErasePerson: "Person's data erased",
    ExportPerson: "Person's data exported",
}
_ADMITTED: Final = {True: "Account enabled", False: "Account disabled"}
_OPERATOR_ADMITTED: Final = {True: "Operator enabled", False: "Operator disabled"}
_STOPPED: Final = {True: "Phone put on the stop list", False: "Phone taken off the stop list"}
_DECIDED: Final = {
    Verdict.RELEASE: "Held messages released",
    Verdict.FAIL: "Held messages failed",
    Verdict.KEEP: "Held messages kept",
}
WHAT: Final = (
    *_WHAT.values(),
    *_ADMITTED.values(),
    *_OPERATOR_ADMITTED.values(),
    *_STOPPED.values(),
    *_DECIDED.values(),
)
"""All that may stand there, for whoever says it in another language."""


def what(command: Any) -> str:
    match command:
        case AdmitAccount(admitted=admitted):
            return _ADMITTED[admitted]
        case AdmitOperator(admitted=admitted):
            return _OPERATOR_ADMITTED[admitted]
        case ChangeStopList(listed=listed):
            return _STOPPED[listed]
        case DecideHeld(verdict=verdict):
            return _DECIDED[verdict]
    return _WHAT[type(command)]


def subject(command: Any) -> str:
    """Its name, number or ids."""
    match command:
        case DecideHeld(ids=ids) | ReplayIncoming(ids=ids):
            found = " ".join(ids)
        case ChangeStopList():
            found = f"{command.account} {_masked(command.recipient)}"
        case ErasePerson() | ExportPerson():
            found = _masked(command.number)
        case ConfirmRestored():
            found = ""
        case AddNumber() | ChangeNumber() | RemoveNumber():
            found = command.msisdn
        case _:
            found = command.name
    return found if len(found) <= _LONGEST else f"{found[:_LONGEST]} …"


class States:
    """How a command's subject is at the moment."""

    def __init__(self, accounts: Accounts, operators: Operators, inbox: Inbox) -> None:
        self._accounts = accounts
        self._operators = operators
        self._inbox = inbox

    async def of(self, command: Any) -> State:
        """Empty for what there is not, and for what has no state to tell. Raises `StoreUnavailable`."""
        if isinstance(command, _ACCOUNT):
            return await self._account(command.name)
        if isinstance(command, _NUMBER):
            number = await self._inbox.number(command.msisdn)
            return _number(number) if number else {}
        if isinstance(command, _OPERATOR):
            return await self._operator(command.name)
        return {}

    async def _account(self, name: str) -> State:
        try:
            line = await self._accounts.show(name)
        except AccountError:
            return {}
        told = {"log-in": _log_in(line.settings.disabled), "credits": format_balance(line.balance)}
        return {**told, **shown(line.settings)}

    async def _operator(self, name: str) -> State:
        line = await self._operators.find(name)
        return {"role": line.role, "log-in": _log_in(line.disabled)} if line else {}


def _masked(written: str) -> str:
    """However it was written: with spaces and hyphens it is the same number."""
    return masked("".join(letter for letter in written if letter.isdigit()))


def _log_in(disabled: bool) -> str:
    return "disabled" if disabled else "enabled"


def _number(number: Number) -> State:
    settings = number.settings
    return {
        "account": number.account,
        **{name: without_query(url) for name, url in settings.addresses.items()},
        "charset": settings.charset,
        "delivered": "yes" if settings.delivered else "no",
        "verify_tls": "yes" if settings.verify_tls else "no",
    }
