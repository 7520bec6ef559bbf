"""What an operator is told in answer to a command."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kavle.core.carriers import CarriersView
from kavle.core.held import HeldMessage
from kavle.core.inbox import IncomingMessage, IncomingWhole
from kavle.core.operators import OperatorLine
from kavle.core.restoring import RestoredView
from kavle.model.number import Number
from kavle.model.person import PersonErased, PersonPage, PersonView
from kavle.store.inbox import StopLine
from kavle.store.types import AccountLine


class Reply(msgspec.Struct, frozen=True):
    """One of these, or none of them where there is nothing to say: what was asked for; `done`, the public ids
    of those that it was carried out on."""

    error: str | None = None
    balance: int | None = None
    accounts: list[AccountLine] | None = None
    held: list[HeldMessage] | None = None
    done: list[str] | None = None
    carriers: CarriersView | None = None
    numbers: list[Number] | None = None
    recipient: str | None = None
    stops: list[StopLine] | None = None
    incoming: list[IncomingMessage] | None = None
    message: IncomingWhole | None = None
    operators: list[OperatorLine] | None = None
    restored: RestoredView | None = None
    person: PersonView | None = None
    erased: PersonErased | None = None
    export: PersonPage | None = None
    doubted: datetime | None = None
