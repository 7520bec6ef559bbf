"""What is done with the operators themselves."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kavle.clock import Clock
from kavle.model.account import Role
from kavle.model.errors import OperatorError
from kavle.model.operator import OperatorAccount, check_operator_name
from kavle.store.office import OperatorChange
from kavle.store.store import Store


class CreateOperator(msgspec.Struct, frozen=True, tag="create operator"):
    name: str
    password_hash: str
    role: Role


class SetOperatorPassword(msgspec.Struct, frozen=True, tag="operator password"):
    name: str
    password_hash: str


class AdmitOperator(msgspec.Struct, frozen=True, tag="admit operator"):
    """Whether the operator may log in."""

    name: str
    admitted: bool


class RemoveOperator(msgspec.Struct, frozen=True, tag="remove operator"):
    name: str


class ListOperators(msgspec.Struct, frozen=True, tag="operators"):
    pass


OperatorCommand = CreateOperator | SetOperatorPassword | AdmitOperator | RemoveOperator | ListOperators


class OperatorLine(msgspec.Struct, frozen=True):
    """As one of them is shown."""

    name: str
    role: Role
    disabled: bool
    created_at: datetime


class Operators:
    """Each verb raises `OperatorError` for what can be mended."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, command: CreateOperator) -> None:
        try:
            name = check_operator_name(command.name)
        except ValueError as error:
            raise OperatorError.of(error) from error
        now = self._clock.now()
        new = OperatorAccount(name, command.password_hash, command.role, disabled=False, created_at=now)
        if not await self._store.office.add(new):
            raise OperatorError("there is an operator named {name} already", name=name)

    async def set_password(self, command: SetOperatorPassword) -> None:
        await self._change(OperatorChange(command.name, password_hash=command.password_hash))

    async def admit(self, command: AdmitOperator) -> None:
        await self._change(OperatorChange(command.name, disabled=not command.admitted))

    async def remove(self, command: RemoveOperator) -> None:
        if not await self._store.office.remove(command.name):
            raise _unknown(command.name)

    async def list(self) -> list[OperatorLine]:
        return [_line(one) for one in await self._store.office.operators()]

    async def find(self, name: str) -> OperatorLine | None:
        found = await self._store.office.operator(name)
        return None if found is None else _line(found)

    async def _change(self, change: OperatorChange) -> None:
        if not await self._store.office.change(change):
            raise _unknown(change.name)


def _line(one: OperatorAccount) -> OperatorLine:
    return OperatorLine(one.name, one.role, one.disabled, one.created_at)


def _unknown(name: str) -> OperatorError:
    return OperatorError("there is no operator named {name}; `kavle operator list` shows all", name=name[:64])
