"""A database of every schema step that there ever was comes up to date with all that is in it, and what was
queued in it is sent. And nodes that run meanwhile go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest

from kavle.clock import SetClock
from kavle.core.books import Bookkeeper
from kavle.core.dispatch import Dispatcher
from kavle.core.road import Road
from kavle.metrics import Metrics
from kavle.model.account import AccountSettings
from kavle.model.bundle import NOWHERE
from kavle.model.incoming import IncomingState, Piece
from kavle.model.listing import Keys
from kavle.model.money import UNIT
from kavle.model.number import NumberSettings
from kavle.model.status import Status
from kavle.store.inbox import CallbackRequest, IncomingPage, NewNumber
from kavle.store.types import Decision, HeldPage, LinkTurn, TopUp, Verdict
from support.books import Place, reading
from support.closing import closing
from support.dumps import (
    CALLED_AGAIN,
    COMMAND,
    DEFERRED,
    EARLY,
    ENGINES,
    HELD,
    INCOMING,
    LEASED,
    MADE,
    MADE_TIMED,
    NUMBER,
    OPEN,
    OPERATOR,
    PARTS,
    PICTURE_IN,
    PICTURE_QUEUED,
    QUEUED,
    SCHEDULED,
    SETTINGS,
    TOLD,
    TOLD_OF_BUNDLES,
    TOLD_OF_MMS,
    TOLD_OF_NETWORKS,
    UNMADE,
    UNMADE_TIMED,
    UNSURE,
    WAITING,
    dump_of,
    steps,
)
from support.invariants import (
    ledger_is_balance,
    no_final_status_regressed,
    no_orphan_job,
    refunds_are_what_no_network_took,
)
from support.mms import CARD, PICTURE, mms_world
from support.patience import PATIENCE
from support.postgres import empty_database, fetch
from support.scripted import Scripted
from support.world import RECIPIENT, World, open_world

STEPS = [(engine, step) for engine in ENGINES for step in steps(engine)]
LATER = datetime(2026, 1, 3, 14, tzinfo=UTC)
"""An hour after the dumps' last word: every lease in them has ended, and nothing has expired."""
SINCE_BUNDLES = {"sqlite": "0004", "postgres": "0005"}
SINCE_NETWORKS = {"sqlite": "0005", "postgres": "0006"}
SINCE_OPERATORS = {"sqlite": "0012", "postgres": "0013"}
SINCE_MMS = {"sqlite": "0013", "postgres": "0014"}
SINCE_INCOMING = {"sqlite": "0008", "postgres": "0009"}

AFTER_THE_LEASES = TOLD | {LEASED: [10, 11]}
IN_THE_END = TOLD | {
    OPEN: [10, 21, 22],
    DEFERRED: [10, 11, 21, 22],
    UNSURE: [10, 11, 21, 22],
    LEASED: [10, 11, 21, 22],
    QUEUED: [10, 21, 22],
}
BUNDLES_IN_THE_END = TOLD_OF_BUNDLES | {
    SCHEDULED: [11, 21, 22],
    MADE: [10, 21, 22],
    MADE_TIMED: [11, 21, 22],
    UNMADE: [10, 21, 22],
    UNMADE_TIMED: [11, 21, 22],
}


@pytest.mark.parametrize(("engine", "step"), STEPS)
def test_every_schema_step_has_its_dump(engine: str, step: str) -> None:
    assert dump_of(engine, step).exists(), (
        f"step {step} of {engine} has no dump to test upgrades from: run `{COMMAND}` while it is the newest"
    )


def test_the_steps_of_an_engine_are_numbered_without_a_gap_or_a_double() -> None:
    """Of two with one number the second would never be made on a database that has the first."""
    for engine in ENGINES:
        numbers = [int(step.partition("_")[0]) for of, step in STEPS if of == engine]
        assert numbers == list(range(1, len(numbers) + 1)), engine


@pytest.fixture(params=STEPS, ids="-".join)
async def step(request: pytest.FixtureRequest) -> tuple[str, str]:
    engine, step = request.param
    return engine, step


@pytest.fixture
async def old(step: tuple[str, str], tmp_path: Path) -> AsyncIterator[Place]:
    """A database as that step's Kavle left it."""
    dump = dump_of(*step).read_text("utf-8")
    if step[0] == "sqlite":
        db = apsw.Connection(str(tmp_path / "kavle.db"))
        db.execute(dump)
        db.close()
        yield tmp_path / "kavle.db"
        return
    url = await empty_database()
    await execute(url, dump)
    yield url


@pytest.fixture
async def world(old: Place) -> AsyncIterator[World]:
    world = await open_world(old, SetClock(LATER))
    yield world
    await world.store.close()


async def execute(url: str, script: str) -> None:
    from kavle.store.postgres.connection import connect

    async with closing(await connect(url)) as db:
        await db.execute(script)


async def stories(world: World) -> dict[str, list[int]]:
    """By the first word of the texts."""
    texts = "SELECT id, text FROM message JOIN body ON message_id = coalesce(bundle_id, id)"
    rows = await world.rows(f"{texts} WHERE carrier_id <> {NOWHERE}")
    told: dict[str, list[int]] = {}
    for message_id, text in rows:
        story = await world.story(message_id)  # type: ignore[arg-type]
        assert told.setdefault(str(text).split()[0], story) == story
    return told


async def check_books(place: Place) -> None:
    read = reading(place)
    for check in (ledger_is_balance, refunds_are_what_no_network_took, no_orphan_job):
        await check(read)
    await no_final_status_regressed(read, {})


async def send_all(world: World) -> None:
    """By both services' carriers."""
    for one in (world, await mms_world(world)):
        await send_all_of(one)


async def send_all_of(world: World) -> None:
    dispatcher = Dispatcher(world.store, world.clock, Metrics(), world.carrier_id, most_segments=10)
    road = Road(Scripted(dispatcher, world.clock, 20), dispatcher)
    deaths: list[BaseException] = []
    road.start(deaths.append)
    async with asyncio.timeout(PATIENCE):
        while (world.carrier_id,) in await world.rows("SELECT carrier_id FROM job"):
            world.clock.forward(seconds=1)
            await world.sweep()
            road.wake(urgent=True)
            await asyncio.sleep(0.02)
    await road.stop()
    assert deaths == []


async def test_it_comes_up_to_date_with_all_that_is_in_it_and_goes_on_sending(
    step: tuple[str, str], old: Place, world: World
) -> None:
    bundled = bool(await world.rows("SELECT id FROM bundle"))
    assert bundled == (step[1] >= SINCE_BUNDLES[step[0]])
    await world.sweep()
    await world.advance()
    held = [
        line.message_id
        for line in await world.store.held(HeldPage((datetime(2026, 1, 1, tzinfo=UTC), 0), None, 10))
    ]
    assert bool(held) == (step[1] >= SINCE_NETWORKS[step[0]])
    pictured = [id for (id,) in await world.rows("SELECT id FROM message WHERE service = 1")]
    assert bool(pictured) == (step[1] >= SINCE_MMS[step[0]])
    for id in pictured:
        assert await world.store.files.all(id) == [PICTURE, CARD]
    since = (TOLD_OF_BUNDLES if bundled else {}) | (TOLD_OF_NETWORKS if held else {})
    since |= TOLD_OF_MMS if pictured else {}
    assert await stories(world) == AFTER_THE_LEASES | since
    assert await world.store.decide(Decision(tuple(held), Verdict.RELEASE, LATER)) == held
    other = await world.store.account("other")
    assert other.settings == (AccountSettings() if step[1] < "0002" else SETTINGS)
    assert (await world.credits(), await world.store.balance(other.id) / UNIT) == (88, 2)

    turn = LinkTurn(2, {world.carrier_id: 2}, timedelta(seconds=15), world.clock.now())
    assert len((await world.store.share_links(turn)).held) == 2, "a dead node's links"

    await send_all(world)
    open_ones = await world.rows("SELECT domain, network_id FROM awaiting")
    mms = await mms_world(world)
    for one in (world, mms):
        told = [(str(id), Status.DELIVERED) for domain, id in open_ones if domain == one.carrier_id]
        assert await one.receipts(told) == len(told)
    since = (BUNDLES_IN_THE_END if bundled else {}) | ({HELD: [10, 21, 22]} if held else {})
    since |= TOLD_OF_MMS | {PICTURE_QUEUED: [10, 21, 22]} if pictured else {}
    assert await stories(world) == IN_THE_END | since
    assert await world.rows("SELECT network_id FROM waiting") == [(EARLY,)]

    message = await world.send("Testar", "new")
    assert message > max(id for (id,) in await world.rows("SELECT id FROM message WHERE id < 15"))
    await world.receipt("new")
    assert await world.story(message) == [10, 21, 22]
    assert await world.credits() == 87
    metrics = Metrics()
    await Bookkeeper(world.store, metrics).once()
    assert metrics.wrong_books == 0
    assert len(await world.rows("SELECT account_id FROM closing")) >= 2
    await check_books(old)


async def test_incoming_messages_go_on_where_they_were(step: tuple[str, str], world: World) -> None:
    inbox = world.store.inbox
    lines = await inbox.incoming(IncomingPage())
    kept = {(await inbox.story(line.id)).text: line.state for line in lines}
    there = step[1] >= SINCE_INCOMING[step[0]]
    pictured = step[1] >= SINCE_MMS[step[0]]
    picture = {PICTURE_IN: IncomingState.WAITING} if pictured else {}
    assert kept == (INCOMING | picture if there else {})
    if not there:
        address = NumberSettings("https://example.com/in")
        await inbox.add_number(NewNumber(NUMBER, world.account.id, "example.com", address, LATER))
    await inbox.promote(LATER)
    await inbox.take([Piece(world.carrier_id, RECIPIENT, NUMBER, PARTS[1], LATER, 7, 2, 2)])
    if not there:
        await inbox.take([Piece(world.carrier_id, RECIPIENT, NUMBER, PARTS[0], LATER, 7, 1, 2)])
    until = LATER + timedelta(seconds=60)
    request = CallbackRequest(10, 10, 1, token=1, per_host=10, per_account=10, now=LATER, until=until)
    calls = [call.text for call in (await inbox.lease(request)).taken]
    assert calls == [*([CALLED_AGAIN, WAITING] if there else []), *picture, "".join(PARTS)]
    stopped = await inbox.stopped(world.account.id, [RECIPIENT, NUMBER])
    assert stopped == ({RECIPIENT} if there else set())
    message = await world.accept()
    assert message > max((line.id for line in lines), default=0)


# --- a step that is made while nodes of the step before run -------------------------------------------------

TABLES = [
    "account",
    "balance",
    "ledger",
    "message",
    "body",
    "segment",
    "receipt",
    "job",
    "awaiting",
    "waiting",
]


async def walk(world: World, network_id: str) -> None:
    """Every statement of a message's life, and of an account's."""
    message = await world.send("Testar", network_id)
    await world.receipt(network_id)
    assert await world.story(message) == [10, 21, 22]
    await world.store.top_up(TopUp("test", UNIT, world.clock.now()))
    await world.store.sweep(world.clock.now())
    assert await world.store.account("test") == world.account


async def test_operators_and_what_they_changed_are_kept(step: tuple[str, str], world: World) -> None:
    there = step[1] >= SINCE_OPERATORS[step[0]]
    assert [one.name for one in await world.store.office.operators()] == ([OPERATOR] if there else [])
    lines = (await world.store.office.audit(Keys(5))).lines
    assert [line.operator for line in lines] == ([OPERATOR] if there else [])


async def test_nodes_of_the_step_before_go_on_while_a_step_is_made_and_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from kavle.store.postgres import migrate
    from kavle.store.postgres.connection import connect

    url = await empty_database()
    async with closing(await open_world(url, SetClock())) as world, closing(await connect(url)) as busy:
        await walk(world, "before")  # from here on its statements are prepared
        expand = ";".join(f"ALTER TABLE {table} ADD COLUMN more TEXT" for table in TABLES)
        scripts = [*migrate._scripts(), ("9999_more", expand)]
        monkeypatch.setattr(migrate, "_scripts", lambda: scripts)
        await busy.execute("BEGIN")
        await busy.fetch("SELECT * FROM waiting")  # the step waits for this one, having locked all the others
        upgrade = asyncio.create_task(migrate.migrate(url))
        for number in range(3):
            await walk(world, f"while {number}")
        assert not upgrade.done()
        await busy.execute("COMMIT")
        assert await upgrade == 1
        await walk(world, "after")


async def test_a_step_and_a_statement_that_wait_for_each_other_both_get_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from kavle.store.postgres import migrate
    from kavle.store.postgres.connection import connect

    url = await empty_database()
    await migrate.migrate(url)
    step = "ALTER TABLE message ADD COLUMN more TEXT; ALTER TABLE job ADD COLUMN more TEXT"
    scripts = [*migrate._scripts(), ("9999_more", step)]
    monkeypatch.setattr(migrate, "_scripts", lambda: scripts)
    async with closing(await connect(url)) as node:
        await node.execute("SET deadlock_timeout = '1min'")  # so that it is the step that has to give way
        await node.execute("BEGIN")
        await node.fetch("SELECT * FROM job")
        upgrade = asyncio.create_task(migrate.migrate(url))
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'job'::regclass"
        while not (await fetch(url, waiting))[0][0]:
            await asyncio.sleep(0)
        await node.fetch("SELECT * FROM message")
        await node.execute("COMMIT")
        assert await upgrade == 1


async def test_a_read_that_had_to_give_way_to_a_step_is_done_again() -> None:
    import asyncpg

    url = await empty_database()
    async with closing(await open_world(url, SetClock())) as world:
        times = iter(range(9))

        async def read(db: object) -> int:
            if next(times) == 0:
                raise asyncpg.DeadlockDetectedError
            return 42

        assert await world.store._read(read) == 42


async def test_who_vanished_in_mid_start_keeps_nobody_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    from kavle.store.postgres import migrate
    from kavle.store.postgres.connection import first_connection

    url = await empty_database()
    assert await migrate.migrate(url) > 0
    monkeypatch.setattr(migrate, "GONE", "1s")
    gone = await first_connection(url)
    await migrate._only_one(gone)  # and its machine is off the network: it says no more, and nobody hears it
    assert await migrate.migrate(url, patience=30) == 0
    gone.terminate()
