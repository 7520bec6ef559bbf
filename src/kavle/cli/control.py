"""How a command reaches the data: by opening the database itself, or, while a gateway has it, through the
gateway, over a Unix socket beside the file that only its owner may use."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from kavle.cli.database import file_of, open_store
from kavle.clock import Clock
from kavle.core.desk import Command, Desk
from kavle.core.held import HeldCommand
from kavle.core.inbox import IncomingCommand
from kavle.core.numbers import NumberCommand, StopCommand
from kavle.core.operators import OperatorCommand
from kavle.core.persons import PersonCommand
from kavle.core.reply import Reply
from kavle.core.restoring import ConfirmRestored
from kavle.model.account import Operator
from kavle.model.errors import OperatorError, OutcomeUnknown
from kavle.model.operator import SYSTEM
from kavle.store.errors import DatabaseInUse, RowRefused, StoreError, StoreUnavailable
from kavle.store.sqlite.store import SqliteStore
from kavle.store.store import Store

_LONGEST: Final = 64 * 1024
_LONGEST_REPLY: Final = 64 * 1024 * 1024  # a page of somebody's messages, with their files
_PATIENCE: Final = 10.0


class Order(msgspec.Struct, frozen=True):
    """A command, and the system user who gave it: whoever may use the database's file is believed."""

    user: str
    command: Command


_encode = msgspec.json.Encoder().encode
_read_order = msgspec.json.Decoder(Order)
_read_reply = msgspec.json.Decoder(Reply)


def socket_path(database: Path) -> Path:
    return database.with_name(database.name + ".sock")


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """An address of a socket file is 107 bytes at most (unix(7)); a folder's open descriptor shortens any."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


_LISTINGS: Final = (
    (HeldCommand, "held list"),
    (NumberCommand, "number list"),
    (StopCommand, "stoplist list"),
    (IncomingCommand, "incoming list"),
    (OperatorCommand, "operator list"),
    (PersonCommand, "person show"),
    (ConfirmRestored, "restore show"),
)


async def execute(desk: Desk, order: Order) -> Reply:
    command = order.command
    try:
        return await desk.carry_out(Operator(SYSTEM + order.user, "admin"), command)
    except OperatorError as error:
        return Reply(error=str(error))
    except (StoreUnavailable, RowRefused) as error:
        return Reply(error=f"nothing was done: {error}")
    except OutcomeUnknown:
        return Reply(error=f"it may have been done or not: {_before_repeating(command)}")


def _before_repeating(command: Command) -> str:
    listing = next((name for kind, name in _LISTINGS if isinstance(command, kind)), "account list")
    return f"look at `kavle {listing}` before you repeat it"


async def run(database: str, clock: Clock, region: str, order: Order) -> Reply:
    """`region`: of numbers in national form. Raises `StoreError` when the database at this address can't be
    reached either way."""
    path = file_of(database)
    store: Store
    if path is None:
        store = await open_store(database, clock)
    else:
        try:
            store = await SqliteStore.open(path, clock.now(), patience=0)
        except DatabaseInUse:
            return await _ask(socket_path(path), order)
    try:
        return await execute(Desk(store, clock, region), order)
    finally:
        await store.close()


async def _ask(path: Path, order: Order) -> Reply:
    try:
        async with asyncio.timeout(_PATIENCE):
            with _short(path) as address:
                reader, writer = await asyncio.open_unix_connection(address, limit=_LONGEST_REPLY)
            writer.write(_encode(order) + b"\n")
            line = await reader.readline()
            writer.close()
        return _read_reply.decode(line)
    except (TimeoutError, msgspec.DecodeError) as error:
        raise StoreError(
            f"the gateway gave no answer; it may have done this or not: {_before_repeating(order.command)}"
        ) from error
    except OSError as error:
        raise StoreError(
            f"a gateway has the database, but can't be spoken to by {path} ({error});"
            " run this as the gateway's user, or once it has ended"
        ) from error


class ControlServer:
    """The gateway's end."""

    def __init__(self, desk: Desk, database: Path) -> None:
        self._desk = desk
        self._path = socket_path(database)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._path.unlink(missing_ok=True)  # a killed gateway's; the engine lock says that none lives
        with _short(self._path) as address:
            self._server = await asyncio.start_unix_server(self._serve, address, limit=_LONGEST)
        self._path.chmod(0o600)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                reply = await self._answer(await reader.readline())
                writer.write(_encode(reply))
                await writer.drain()
        except (OSError, ValueError, TimeoutError):
            pass  # whoever asked has gone, or asked for more than fits
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> Reply:
        try:
            order = _read_order.decode(line)
        except msgspec.DecodeError as error:
            return Reply(error=f"not a command of this version: {error}")
        return await execute(self._desk, order)
