"""Dumps with data of each schema step, from which the upgrade tests start. `make dumps` writes those of the
newest step, by the verbs of the day; what was once written is never written again, for no later Kavle can."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Final

import apsw
import apsw.shell
from msgspec.structs import replace

from kavle.clock import SetClock
from kavle.model.account import AccountSettings
from kavle.model.audit import AuditEnd, AuditNote, Came
from kavle.model.callback import CallbackTry
from kavle.model.callback import Verdict as Called
from kavle.model.incoming import IncomingState, Piece
from kavle.model.link import LinkReport
from kavle.model.message import Accepted
from kavle.model.money import UNIT
from kavle.model.number import NumberSettings
from kavle.model.operator import OperatorAccount
from kavle.model.status import Status
from kavle.model.why import Why
from kavle.store.inbox import CallbackRequest, NewNumber, StopChange
from kavle.store.sqlite.connection import open_reader
from kavle.store.types import AccountChange, CarrierTerms, LinkTurn, NewAccount
from support.mms import accept_mms, incoming_mms, mms_world
from support.postgres import fetch, fresh_database, server
from support.world import LOST, RECIPIENT, REFUSED, TELIA, THROTTLED, Place, World, open_world

ENGINES: Final = ("sqlite", "postgres")
FOLDER: Final = Path(__file__).parent.parent / "store" / "dumps"
COMMAND: Final = "make dumps"

EXPIRED, DELIVERED, FAILED, REFUSED_ONE = "expired", "delivered", "failed", "refused"
OPEN, DEFERRED, UNSURE, LEASED, QUEUED = "open", "deferred", "unsure", "leased", "queued"
HELD = "held"
SCHEDULED, CANCELLED = "scheduled", "cancelled"
MADE, MADE_TIMED, MADE_ENDING = "made", "made-timed", "made-ending"
UNMADE, UNMADE_TIMED, UNMADE_ENDING = "unmade", "unmade-timed", "unmade-ending"
EARLY: Final = "early"
"""The network id of a receipt that waits for its message."""
TOLD: Final = {
    EXPIRED: [10, 43],
    DELIVERED: [10, 21, 22],
    FAILED: [10, 21, 52],
    REFUSED_ONE: [10, 51],
    OPEN: [10, 21],
    DEFERRED: [10, 11],
    UNSURE: [10, 11],
    LEASED: [10],
    QUEUED: [10],
}
"""The story so far of the messages in a dump, by the first word of their texts."""
TOLD_OF_BUNDLES: Final = {
    SCHEDULED: [11],
    CANCELLED: [11, 12],
    MADE: [10],
    MADE_TIMED: [11],
    MADE_ENDING: [11, 12],
    UNMADE: [10],
    UNMADE_TIMED: [11],
    UNMADE_ENDING: [11, 12],
}
"""And since there are bundles, once all of their work is done."""
TOLD_OF_NETWORKS: Final = {HELD: [10, 21]}
"""And since carriers may hold what is unsure."""
CALLED, GIVEN_UP, CALLED_AGAIN, WAITING, UNOWNED = "called", "given up", "called again", "waiting", "unowned"
NUMBER: Final = "46737494123"
PARTS: Final = ("en ", "två")
"""Of an incoming message whose second part is yet to come."""
INCOMING: Final = {
    CALLED: IncomingState.DONE,
    GIVEN_UP: IncomingState.FAILED,
    CALLED_AGAIN: IncomingState.WAITING,
    WAITING: IncomingState.WAITING,
    UNOWNED: IncomingState.KEPT,
}
"""The incoming messages in a dump, by their texts, since there are any."""


PICTURED, PICTURE_QUEUED = "pictured", "picture-queued"
TOLD_OF_MMS: Final = {PICTURED: [10, 21, 22], PICTURE_QUEUED: [10]}
"""And since there are MMS."""
PICTURE_IN: Final = "Semester"
"""The subject of one that came in."""

OPERATOR: Final = "anna"
"""Since there are operators."""

SETTINGS: Final = AccountSettings(sender="ip1", charset="latin-1")
"""Of the other account, since there are settings."""


def steps(engine: str) -> list[str]:
    """`0001_main_road` and so on."""
    files = resources.files(f"kavle.store.{engine}").joinpath("migrations").iterdir()
    return sorted(entry.name.removesuffix(".sql") for entry in files if entry.name.endswith(".sql"))


def dump_of(engine: str, step: str) -> Path:
    return FOLDER / engine / f"{step}.sql"


async def fill(world: World) -> None:
    """One message of every fate, on two accounts. Each is alone in the queue when it is leased."""
    await world.accept(EXPIRED)
    world.clock.forward(hours=49)
    await world.expire(world.clock.now())
    for fate, receipt in ((DELIVERED, Status.DELIVERED), (FAILED, Status.PHONE_FAILED)):
        await world.send(fate, fate)
        await world.receipt(fate, receipt)
    await world.send(f"{OPEN} {'x' * 160}", f"{OPEN}.1", f"{OPEN}.2")
    await world.receipt(f"{OPEN}.1")
    for fate, result in ((REFUSED_ONE, REFUSED), (DEFERRED, THROTTLED), (UNSURE, LOST)):
        await world.accept(fate)
        (leased,) = await world.lease()
        await world.answer(leased.lease, result)
    await world.accept(f"{LEASED} {'x' * 400}")
    (leased,) = await world.lease(seconds=120)
    await world.answer(leased.lease, Accepted(f"{LEASED}.1"))  # and two of it are on their way
    await world.receipt(EARLY)
    turn = LinkTurn(1, {world.carrier_id: 2}, timedelta(seconds=15), world.clock.now())
    await world.store.share_links(turn)
    told = LinkReport("bound as transceiver", world.clock.now(), 100, 0, 1, 0, node="gateway:1")
    await world.store.share_links(replace(turn, reports={(world.carrier_id, 1): told}))
    await _fill_held(world)
    other = await world.store.create_account(NewAccount("other", "no hash", 5 * UNIT, world.clock.now()))
    await world.store.change_account(AccountChange("other", settings=SETTINGS))
    for priority in (1, 2, 3):
        await world.accept(f"{QUEUED} å", account=other, priority=priority)
        await world.accept(f"{QUEUED} ä", priority=priority)
    await _fill_bundles(world)
    await _fill_incoming(world)
    await _fill_office(world)
    await _fill_mms(world)
    await world.store.see(world.clock.now())
    for book in await world.store.books.books(0):
        await world.store.books.close(book.account_id)


async def _fill_held(world: World) -> None:
    account = await world.store.create_account(NewAccount("held", "no hash", UNIT, world.clock.now()))
    await world.store.carrier_ids([CarrierTerms("telia", hold=True)])
    await world.accept(HELD, account=account)
    (leased,) = await world.lease()
    await world.answer(leased.lease, LOST)
    await world.store.carrier_ids([TELIA])


async def _fill_bundles(world: World) -> None:
    """What is not due yet, and bundles at every stage of their way, on an account of their own."""
    account = await world.store.create_account(NewAccount("timed", "no hash", 50 * UNIT, world.clock.now()))
    due = world.later(hours=1, minutes=1)

    async def bundle(text: str, at: datetime | None = due) -> int:
        return await world.accept_bundle([RECIPIENT, "hej", RECIPIENT], text=text, account=account, due=at)

    await world.accept(SCHEDULED, account=account, due=due)
    await world.cancel(await world.accept(CANCELLED, account=account, due=due), account)
    await bundle(MADE, None)
    await bundle(MADE_TIMED)
    ending = await bundle(MADE_ENDING)
    await world.advance()
    await world.cancel_bundle(ending, account)
    await bundle(UNMADE, None)
    await bundle(UNMADE_TIMED)
    await world.cancel_bundle(await bundle(UNMADE_ENDING), account)


async def _fill_incoming(world: World) -> None:
    """Messages from phones at every stage of their way, parts of one that are to become one, and a phone that
    wants no more."""
    inbox, now, account_id = world.store.inbox, world.clock.now(), world.account.id
    address = NumberSettings("https://example.com/in?from=kavle")
    await inbox.add_number(NewNumber(NUMBER, account_id, "example.com", address, now))
    await inbox.stop(StopChange(account_id, RECIPIENT, now))
    texts = CALLED, GIVEN_UP, CALLED_AGAIN, WAITING
    await inbox.take([Piece(world.carrier_id, RECIPIENT, NUMBER, text, now) for text in texts])
    await inbox.take([Piece(world.carrier_id, RECIPIENT, "46737000000", UNOWNED, now)])
    await inbox.take([Piece(world.carrier_id, RECIPIENT, NUMBER, PARTS[0], now, 7, 1, 2)])
    request = CallbackRequest(
        3, 3, 1, token=1, per_host=3, per_account=3, now=now, until=world.later(seconds=60)
    )
    done, failed, again = (await inbox.lease(request)).taken
    await inbox.record(
        [
            CallbackTry(done.lease, Called.DONE, now, 12, 200, "OK"),
            CallbackTry(failed.lease, Called.FAILED, now, 12, 500, "", Why("the answer is no OK")),
            CallbackTry(
                again.lease, Called.AGAIN, now, 12, error=Why("refused"), again_at=world.later(minutes=30)
            ),
        ]
    )


async def _fill_office(world: World) -> None:
    """An operator, and what he has changed."""
    office, now = world.store.office, world.clock.now()
    await office.add(OperatorAccount(OPERATOR, "no hash", "admin", disabled=False, created_at=now))
    line = await office.note(AuditNote(now, OPERATOR, "Account disabled", "timed"))
    await office.end(AuditEnd(line, Came.DONE, {"log-in": "enabled"}, {"log-in": "disabled"}))


async def _fill_mms(world: World) -> None:
    """One that was delivered, one that waits, and one from a phone, on an account of their own."""
    account = await world.store.create_account(NewAccount("mms", "no hash", 5 * UNIT, world.clock.now()))
    mms = await mms_world(world)
    await accept_mms(mms, PICTURED, account=account)
    (leased,) = await mms.lease()
    await mms.answer(leased.lease, Accepted("mm7"))
    await mms.receipt("mm7")
    await accept_mms(mms, PICTURE_QUEUED, account=account)
    await world.store.inbox.take_mms(incoming_mms(mms.carrier_id, world.clock.now()))


async def _filled(place: Place) -> None:
    world = await open_world(place, SetClock())
    await fill(world)
    await world.store.close()


def _dump_sqlite() -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kavle.db"
        asyncio.run(_filled(path))
        db, out = open_reader(path), io.StringIO()
        apsw.shell.Shell(stdout=out, db=db).process_command(".dump")
        db.close()
    return f"PRAGMA auto_vacuum = incremental;\n{out.getvalue()}"


def _dump_postgres() -> str:
    async def fill_one() -> str:
        url = await fresh_database()
        await _filled(url)
        for expire in ("UPDATE link SET expires_at", "UPDATE contender SET expires_at"):
            await fetch(url, f"{expire} = 1767445215000")  # of the dump's clock, not of this machine's
        return url

    url = asyncio.run(fill_one())
    pg_dump = server().bin_path / "pg_dump"
    how = "--no-owner", "--no-privileges", "--inserts", "--rows-per-insert=100"
    return subprocess.run([pg_dump, *how, url], check=True, capture_output=True, text=True).stdout


DUMP: Final[dict[str, Callable[[], str]]] = {"sqlite": _dump_sqlite, "postgres": _dump_postgres}


def _plain(dump: str) -> str:
    """Without what tells of the machine, and what only psql understands."""
    lines = [line for line in dump.splitlines() if line and not line.startswith(("--", "\\"))]
    return "\n".join(lines) + "\n"


def main() -> None:
    for engine in ENGINES:
        path = dump_of(engine, steps(engine)[-1])
        if path.exists():
            sys.stdout.write(f"{path} is there already; take it away to have it made anew\n")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_plain(DUMP[engine]()), "utf-8")
        sys.stdout.write(f"{path} is made\n")


if __name__ == "__main__":
    main()
