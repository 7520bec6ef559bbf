"""Which parts of the gateway a process is."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from kavle.cli.database import file_of
from kavle.settings import SettingsError


class Role(StrEnum):
    NORTH = "north"  # customers are let in, and what they send is accepted
    SOUTH = "south"  # links to the networks: what is queued is sent, and receipts are taken
    CALLBACKS = "callbacks"  # customers are told what has come for them


ALL: Final = frozenset(Role)
_EVERY: Final = "all"


def roles_of(words: Iterable[str]) -> frozenset[Role]:
    """Of `--role north,south --role callbacks`; all of none. Raises `SettingsError`."""
    named = [name.strip() for word in words for name in word.split(",")]
    if not named or _EVERY in named:
        return ALL
    unknown = [name for name in named if name not in list(Role)]
    if unknown:
        known = ", ".join([*Role, _EVERY])
        raise SettingsError(f'--role: there is no role "{unknown[0]}" (known: {known})')
    return frozenset(map(Role, named))


def check_roles(roles: frozenset[Role], database: str) -> None:
    """Raises `SettingsError` where no other process could do the rest."""
    if roles != ALL and file_of(database) is not None:
        raise SettingsError(
            f"--role: a SQLite database has one process, which must do everything, not {told(roles)} alone;"
            " leave --role out, or name a PostgreSQL database, which several processes share"
        )


def told(roles: frozenset[Role]) -> str:
    return ", ".join(role for role in Role if role in roles)
