"""How a command reaches the data: by opening the database itself, or, while a gateway has it, through the
gateway, over a Unix socket beside the file that only its owner may use."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from kavle.cli.database import file_of, open_store
from kavle.clock import Clock
from kavle.core.accounts import (
    Accounts,
    AdmitAccount,
    ChangeAccount,
    CreateAccount,
    ListAccounts,
    SetPassword,
    SetPortalPassword,
    ShowAccount,
    TopUpAccount,
)
from kavle.core.accounts import Command as AccountCommand
from kavle.core.carriers import Carriers, CarriersView, ShowCarriers
from kavle.core.held import DecideHeld, Held, HeldCommand, HeldMessage, ListHeld
from kavle.core.inbox import (
    Inbox,
    IncomingCommand,
    IncomingMessage,
    IncomingWhole,
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
from kavle.model.errors import OperatorError, OutcomeUnknown
from kavle.model.number import Number
from kavle.store.errors import DatabaseInUse, RowRefused, StoreError, StoreUnavailable
from kavle.store.inbox import StopLine
from kavle.store.sqlite.store import SqliteStore
from kavle.store.store import Store
from kavle.store.types import AccountLine

_LONGEST: Final = 64 * 1024
_PATIENCE: Final = 10.0


Command = AccountCommand | HeldCommand | ShowCarriers | NumberCommand | StopCommand | IncomingCommand


class Desk(NamedTuple):
    """Who carries commands out."""

    accounts: Accounts
    held: Held
    carriers: Carriers
    numbers: Numbers
    stop_lists: StopLists
    inbox: Inbox

    @classmethod
    def of(
        cls,
        store: Store,
        clock: Clock,
        region: str,
        *,
        accounts: Accounts | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> Desk:
        """`region`: of numbers in national form. `accounts`: where others are to be told of changes. `wake`
        is told that there is something to send."""
        return cls(
            accounts or Accounts(store, clock),
            Held(store, clock, wake),
            Carriers(store, clock),
            Numbers(store, clock),
            StopLists(store, clock, region),
            Inbox(store, clock),
        )


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


_encode = msgspec.json.Encoder().encode
_read_command = msgspec.json.Decoder(Command)
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
)


async def execute(desk: Desk, command: Command) -> Reply:
    try:
        return await _done(desk, command)
    except OperatorError as error:
        return Reply(error=str(error))
    except (StoreUnavailable, RowRefused) as error:
        return Reply(error=f"nothing was done: {error}")
    except OutcomeUnknown:
        return Reply(error=f"it may have been done or not: {_before_repeating(command)}")


def _before_repeating(command: Command) -> str:
    listing = next((name for kind, name in _LISTINGS if isinstance(command, kind)), "account list")
    return f"look at `kavle {listing}` before you repeat it"


async def _done(desk: Desk, command: Command) -> Reply:
    accounts, held, carriers, numbers, stop_lists, inbox = desk
    match command:
        case CreateAccount():
            await accounts.create(command)
        case TopUpAccount():
            return Reply(balance=await accounts.top_up(command))
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
    return Reply()


async def run(database: str, clock: Clock, region: str, command: Command) -> Reply:
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
            return await _ask(socket_path(path), command)
    try:
        return await execute(Desk.of(store, clock, region), command)
    finally:
        await store.close()


async def _ask(path: Path, command: Command) -> Reply:
    try:
        async with asyncio.timeout(_PATIENCE):
            with _short(path) as address:
                reader, writer = await asyncio.open_unix_connection(address)
            writer.write(_encode(command) + b"\n")
            line = await reader.readline()
            writer.close()
        return _read_reply.decode(line)
    except (TimeoutError, msgspec.DecodeError) as error:
        raise StoreError(
            f"the gateway gave no answer; it may have done this or not: {_before_repeating(command)}"
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
            command = _read_command.decode(line)
        except msgspec.DecodeError as error:
            return Reply(error=f"not a command of this version: {error}")
        return await execute(self._desk, command)
