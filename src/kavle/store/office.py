"""Operators and the audit log: what a store does with them, on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

import msgspec

from kavle.model.account import Role
from kavle.model.audit import AuditEnd, AuditLine, AuditNote, Came, State
from kavle.model.listing import Keys, Slice
from kavle.model.operator import OperatorAccount
from kavle.store.rows import from_ms


class OperatorChange(msgspec.Struct, frozen=True):
    """None leaves a thing as it is."""

    name: str
    password_hash: str | None = None
    role: Role | None = None
    disabled: bool | None = None


class Office(Protocol):
    """Part of a store, and as that one."""

    async def add(self, new: OperatorAccount) -> bool:
        """False when the name is taken."""

    async def change(self, change: OperatorChange) -> bool:
        """False when there is no such operator."""

    async def remove(self, name: str) -> bool: ...

    async def operator(self, name: str) -> OperatorAccount | None: ...

    async def operators(self) -> list[OperatorAccount]:
        """By name."""

    async def note(self, note: AuditNote) -> int:
        """That a change is about to be made; the id of its line. Told twice where nobody can say whether it
        was stored."""

    async def end(self, end: AuditEnd) -> None:
        """What came of it."""

    async def audit(self, keys: Keys) -> Slice[AuditLine]:
        """The newest first."""


OPERATORS: Final = "SELECT name, password_hash, role, disabled, created_at FROM operator"
LINES: Final = "SELECT id, at, operator, what, subject, came, before, after FROM audit"
NOTHING: Final = "{}"


def operator(row: Sequence[Any]) -> OperatorAccount:
    name, password_hash, role, disabled, created_at = row
    return OperatorAccount(name, password_hash, role, bool(disabled), from_ms(created_at))


def audit_line(row: Sequence[Any]) -> AuditLine:
    id, at, who, what, subject, came, before, after = row
    return AuditLine(id, from_ms(at), who, what, subject, Came(came), state(before), state(after))


def state(written: str) -> State:
    return msgspec.json.decode(written, type=dict[str, str])


def written(state: State) -> str:
    return msgspec.json.encode(state).decode()
