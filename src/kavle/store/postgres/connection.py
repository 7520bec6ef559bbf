"""Connections: how each is opened, what of the server is refused, and one that is made anew when lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from kavle.store.errors import StoreError
from kavle.store.postgres.address import servers
from kavle.store.postgres.arrays import know_arrays_by_type
from kavle.store.postgres.rows import Db

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]

OLDEST: Final = 140_000
"""PostgreSQL 14: the first that plans an UPDATE of a partitioned table as one."""
_CONNECT: Final = 5.0  # seconds, for all the servers of an address
_COMMAND: Final = 15.0  # seconds, here; above statement_timeout, for a server that says nothing at all

SETTINGS: Final = {
    "application_name": "kavle",
    # An answered id is on disk, whatever the role's or the database's default says.
    "synchronous_commit": "on",
    "default_transaction_isolation": "read committed",
    "timezone": "UTC",
    # Nobody holds a lock or a snapshot for long: one old snapshot takes a queue from 1,000 to 64 leases/s.
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",
    "idle_session_timeout": "0",
    # A machine that is gone without a word keeps its dozen connections no longer than two minutes.
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "6",
    # Few statements, run for ever, over arrays: planning them anew costs more than it could find.
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
}
READING: Final = {
    # A table that was empty when it was last analyzed is planned to be read whole, and the plan is kept while
    # it grows: 100 statuses among 50,000 messages took 327 ms, and take 0.7.
    "enable_seqscan": "off",
}
BY_INDEX: Final = {
    # A batch of keys, each by index: that is every plan of the commits. The planner's statistics of a queue
    # are old, and for `LIMIT $1` it reckons with a tenth of the table: with 300,000 messages ready, a lease
    # took 124 ms by hash join, and takes 2.
    **READING,
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}

LOST: Final = (
    OSError,  # with it TimeoutError
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server's last word came while nothing was asked
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,  # it is the primary no longer: another server may be by now
)
"""The connection is gone or of no use, or can't be had now."""
BUSY: Final = (
    asyncpg.LockNotAvailableError,  # somebody's VACUUM FULL
    asyncpg.InsufficientResourcesError,
)
"""The connection is there, but what was asked for can't be had now."""

Standby = asyncpg.TargetServerAttributeNotMatched
"""The server is there, and takes no writes."""

_HOW: Final[dict[str, Any]] = {"command_timeout": _COMMAND, "max_cached_statement_lifetime": 0}

_DURABLE: Final = (
    ("fsync", ("on",), "what it calls written may be in no disk when the power goes"),
    ("full_page_writes", ("on",), "a page torn by a power cut can't be mended"),
    ("synchronous_commit", ("on", "remote_apply"), "it answers before what it was told is on disk"),
)


know_arrays_by_type()


async def connect(url: str, settings: dict[str, str] | None = None) -> Connection:
    """To the server of this address that takes writes."""
    return await _to_the_primary(url, **_HOW, server_settings={**SETTINGS, **(settings or {})})


async def _to_the_primary(url: str, **how: Any) -> Connection:
    """Each server in turn, within a time of its own: one that is starting, full, or does not answer at all is
    no reason not to ask the next. Raises one of `LOST` when none of them is to be had."""
    addresses, failed = servers(url), list[Exception]()
    how = {**how, "timeout": _CONNECT / len(addresses), "target_session_attrs": SessionAttribute.read_write}
    for address in addresses:
        try:
            return await asyncpg.connect(address, **how)
        except LOST as error:
            failed.append(error)
    raise next((error for error in failed if not isinstance(error, Standby)), failed[0])


async def first_connection(url: str) -> Connection:
    """Raises `StoreError` that says why the server can't be reached, with no password in it."""
    try:
        return await connect(url)
    except (*LOST, asyncpg.PostgresError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise StoreError(f"the PostgreSQL database can't be reached: {reason}{_advice(error)}") from error


def _advice(error: Exception) -> str:
    match error:
        case asyncpg.InvalidCatalogNameError():
            return "; make it, as by `createdb -E UTF8 NAME`, or name another by `database` in the settings"
        case asyncpg.InvalidAuthorizationSpecificationError():
            return (
                "; look at user and password in `database` in the settings, and at the server's pg_hba.conf"
            )
        case Standby():
            return (
                "; this is a standby, which takes no writes: name the primary in `database` in the settings,"
                " or all its servers, as postgresql://user@one,other/name"
            )
        case OSError():
            return "; is the server up, and are host and port in `database` in the settings right?"
        case ValueError():
            return "; look at `database` in the settings"
    return ""


async def check_server(db: Db) -> None:
    """Raises `StoreError` for a server that would not keep what it says it keeps."""
    version = int(await db.fetchval("SELECT current_setting('server_version_num')"))
    if version < OLDEST:
        raise StoreError(
            f"Kavle needs PostgreSQL {OLDEST // 10_000} or newer; this one is {version // 10_000}"
        )
    if (encoding := await db.fetchval("SHOW server_encoding")) != "UTF8":
        raise StoreError(f"the database is in {encoding}; texts need one made with ENCODING 'UTF8'")
    for name, good, why in _DURABLE:
        value = await db.fetchval("SELECT current_setting($1)", name)
        if value not in good:
            raise StoreError(f"the PostgreSQL server has {name} = {value}: {why}. Set it to {good[0]}")


async def open_pool(url: str, size: int) -> Pool:
    """For reads. A connection goes back as it came: nothing that reads changes its settings. None is made
    before it is wanted: asyncpg would restore a least number behind our back, and log each failure whole."""
    return await asyncpg.create_pool(
        url,
        connect=cast(Any, _to_the_primary),
        min_size=0,
        max_size=size,
        max_inactive_connection_lifetime=0,
        server_settings={**SETTINGS, **READING},
        reset=_keep,
        **_HOW,
    )


async def _keep(db: Any) -> None:
    return None


class Backend(NamedTuple):
    """The server's process behind a connection; process numbers come again."""

    pid: int
    since: datetime | None


_BACKEND = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"


class Link:
    """One connection for transactions that come one after another; made anew when it was lost."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._db: Connection | None = None
        self._backend = Backend(0, None)
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def use(self) -> AsyncIterator[tuple[Connection, Backend]]:
        """Raises one of `LOST`, or a PostgresError, when there is no connection to be had."""
        async with self._turn:
            if self._db is None or self._db.is_closed():
                self._db = await connect(self.url, BY_INDEX)
                self._backend = Backend(*(await self._db.fetch(_BACKEND))[0])
            try:
                yield self._db, self._backend
            except LOST as error:
                if not isinstance(error, ValueError):  # asyncpg's own, for what it can't encode
                    self._db.terminate()  # it may be alive, but not where we think it is
                raise

    async def close(self) -> None:
        if self._db is not None and not self._db.is_closed():
            with suppress(*LOST):
                await self._db.close(timeout=_CONNECT)
