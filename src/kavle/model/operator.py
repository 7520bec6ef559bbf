"""Those who run the gateway, as people: each with a name, which what they change bears, and a password."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kavle.model.account import LONGEST_NAME, Operator, Role


class OperatorAccount(msgspec.Struct, frozen=True):
    """How one of them logs in to the pages. `password_hash` is argon2id's encoded form."""

    name: str
    password_hash: str
    role: Role
    disabled: bool
    created_at: datetime

    def __repr__(self) -> str:  # so that no log ever shows the hash
        return f"OperatorAccount(name={self.name!r}, role={self.role!r})"

    @property
    def viewer(self) -> Operator:
        """For whom queries answer."""
        return Operator(self.name, self.role)


def check_operator_name(name: str) -> str:
    """`name` itself. Raises ValueError unless it is 1-64 printable characters without space or colon."""
    if not 1 <= len(name) <= LONGEST_NAME:
        raise ValueError(f"an operator's name has 1 to {LONGEST_NAME} characters")
    if not name.isprintable() or " " in name or ":" in name:
        raise ValueError("an operator's name holds no spaces, colons or control characters")
    return name


SYSTEM: Final = "system:"
"""Before the name of a system user who ran a command: no operator's name holds a colon."""
CUSTOMER: Final = "customer:"
"""Before the name of an account that changed something of its own."""
