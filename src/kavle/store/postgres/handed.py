"""What a `PostgresStore` hands to its parts: ways to its connections."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from kavle.store.postgres.connection import Link
from kavle.store.postgres.lane import Lane, Verb
from kavle.store.postgres.rows import Db

P = ParamSpec("P")
R = TypeVar("R")
W = TypeVar("W")


class MakeLane(Protocol):
    """A lane of group commits on a connection of the store's."""

    def __call__(self, link: Link, verb: Verb[W, R], *, repeatable: bool = True) -> Lane[W, R]: ...


class Read(Protocol):
    """On one of the store's connections that read."""

    async def __call__(
        self, read: Callable[Concatenate[Db, P], Awaitable[R]], *args: P.args, **kwargs: P.kwargs
    ) -> R: ...
