"""A database that was put back: it is known for a copy, gives no id again, and sends nothing by itself."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kavle.clock import SetClock
from kavle.core.restoring import NothingRestored, Restoring
from kavle.store.errors import StoreError
from kavle.store.restoring import A_SECOND, FARTHEST, LEAP, Mark, backup_home, changed, leap
from kavle.store.sqlite.copying import copy
from kavle.store.sqlite.mark import mark_path
from kavle.store.types import Decision, HeldPage, Verdict
from support.closing import closing
from support.world import LOST, Accepted, Place, World, open_world

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ALL = HeldPage((datetime(1970, 1, 1, tzinfo=UTC), 0), None, 1000)
HERE = Mark("a", 7, inode=1)


@pytest.mark.parametrize(
    ("row", "beside", "why"),
    [
        (HERE, HERE, None),
        (Mark("a", 8, inode=1), HERE, None),  # the power went before what is beside it was written
        (Mark("a", 6, inode=1), HERE, "it is older than what was here before"),
        (Mark("a", 7, inode=2), HERE, "it is another file than was here before"),
        (Mark("b", 9, inode=1), HERE, "the .mark beside it is another database's"),
        (HERE, None, "the .mark that was beside it is missing"),
        (
            Mark(backup_home(NOW), 9, inode=1),
            HERE,
            "it was made by `kavle backup` at 2026-01-02 03:04:05 UTC",
        ),
    ],
)
def test_a_file_is_known_by_what_stands_beside_it(row: Mark, beside: Mark | None, why: str | None) -> None:
    assert changed(row, beside) == why


def test_ids_leap_by_the_time_since_and_by_whole_blocks() -> None:
    assert LEAP <= leap(5, NOW, NOW) - 5 < LEAP + 256
    day = leap(0, NOW - timedelta(days=1), NOW)
    assert LEAP + 86_400 * A_SECOND <= day < LEAP + 86_400 * A_SECOND + 256
    assert leap(0, NOW - timedelta(days=3650), NOW) - FARTHEST < 256
    assert leap(10, NOW, NOW, known=1000) >= 1000 + LEAP
    assert all((leap(17, NOW - timedelta(seconds=far), NOW) - 17) % 256 == 0 for far in range(3))
    assert leap(0, NOW + timedelta(days=1), NOW) >= LEAP, "a clock that was set back"


# --- on both engines ------------------------------------------------------------------------------------


async def held(world: World) -> list[int]:
    return [line.message_id for line in await world.store.held(ALL)]


async def decide(world: World, verdict: Verdict, *ids: int) -> list[int]:
    return await world.store.decide(Decision(ids, verdict, world.clock.now()))


async def put_back(world: World) -> None:
    """As an operator says it."""
    await world.store.restoring.mark(world.clock.now(), "a test says so")
    assert await Restoring(world.store, world.clock).settle()


async def test_what_was_served_from_all_along_is_no_copy(world: World) -> None:
    restoring = Restoring(world.store, world.clock)
    for _ in range(3):
        assert not await restoring.settle()
        await world.accept()
        await world.sweep()
    assert len(await world.lease()) == 3
    assert await restoring.show() is None
    with pytest.raises(NothingRestored):
        await restoring.confirm()


async def test_no_id_of_a_copy_is_given_again(world: World, place: Place) -> None:
    before = await world.accept()
    world.clock.forward(hours=1)
    await put_back(world)
    await world.store.close()
    world.store = (await open_world(place, world.clock)).store  # the fixture closes it
    after = await world.accept()
    assert after > before + LEAP + 3600 * A_SECOND
    assert await world.store.newest_id() >= after
    public = world.store.public_ids
    assert public.internal(public.public(before), await world.store.newest_id()) == before
    assert [leased.lease.message_id for leased in await world.lease()] == [after], "what is new is sent"


async def test_all_that_was_not_sent_is_held(world: World) -> None:
    sent = await world.send("sent", "a1")
    ready = await world.accept("ready")
    bundle = await world.accept_bundle(3, text="not yet made into messages")
    later = await world.accept("later", due=world.later(days=1))
    lost = await world.accept("x" * 161)
    (leased,) = [one for one in await world.lease() if one.lease.message_id == lost]
    await world.answer(leased.lease, Accepted("b1"), LOST)  # put off, of one segment of two
    await put_back(world)
    made = await world.bundle(bundle)
    assert sorted(await held(world)) == sorted([ready, later, lost, *made])
    world.clock.forward(hours=100)
    await world.sweep()
    assert await world.expire(world.clock.now()) == 0, "however long it takes to decide"
    while await world.store.promote(world.clock.now()):
        pass
    assert await world.lease() == []
    segments = {line.message_id: line.held for line in await world.store.held(ALL)}
    assert (segments[ready], segments[lost]) == ((1,), (2,))
    await world.receipt("a1")
    assert (await world.story(sent))[-1] == 22, "receipts of what was sent still count"


async def test_it_is_settled_once_and_what_came_after_is_not_held(world: World) -> None:
    await world.accept("before")
    await put_back(world)
    new = await world.accept("after")
    assert await Restoring(world.store, world.clock).settle(), "another process starts, and it waits as well"
    assert new not in await held(world)
    assert [one.lease.message_id for one in await world.lease()] == [new]


async def test_a_copy_of_which_the_holding_was_cut_short_is_held_at_the_next_start(world: World) -> None:
    message = await world.accept()
    await world.store.restoring.mark(world.clock.now(), "a test says so")
    assert await world.store.restoring.hold(world.clock.now()) == 1
    state = await world.store.restoring.state()
    assert state is not None
    assert not state.settled
    assert await Restoring(world.store, world.clock).settle()
    assert await held(world) == [message]


async def test_confirmed_it_is_a_database_like_another(world: World) -> None:
    message = await world.accept()
    await put_back(world)
    restoring = Restoring(world.store, world.clock)
    view = await restoring.confirm()
    assert (view.why, view.until, view.held) == ("a test says so", world.clock.now(), 1)
    assert view.last_id == str(world.store.public_ids.public(view.next_id - view.missing))
    await restoring.confirmed()
    assert not await restoring.settle()
    assert await held(world) == [message], "that is decided on apart"


async def test_what_is_kept_of_a_copy_is_21_and_what_failed_is_paid_back(world: World) -> None:
    kept, failed = await world.accept(), await world.accept("x" * 161)
    await put_back(world)
    assert await world.story(kept) == [10], "nothing is known of it yet"
    assert await decide(world, Verdict.KEEP, kept) == [kept]
    assert await decide(world, Verdict.FAIL, failed) == [failed]
    assert (await world.story(kept), await world.story(failed)) == ([10, 21], [10, 51])
    assert await world.credits() == 99


async def test_what_was_not_due_waits_for_its_time_again_and_can_be_cancelled(world: World) -> None:
    sent, cancelled = [await world.accept(due=world.later(hours=1)) for _ in range(2)]
    await put_back(world)
    assert not await world.cancel(cancelled), "not while nobody knows whether it was cancelled before"
    assert len(await decide(world, Verdict.RELEASE, sent, cancelled)) == 2
    assert await world.lease() == []
    assert await world.cancel(cancelled)
    assert await world.credits() == 99
    world.clock.forward(hours=1)
    assert await world.store.promote(world.clock.now()) == 1
    assert [one.lease.message_id for one in await world.lease()] == [sent]


async def test_what_came_due_while_it_was_held_is_sent_at_once(world: World) -> None:
    message = await world.accept(due=world.later(hours=1))
    await put_back(world)
    world.clock.forward(hours=2)
    await decide(world, Verdict.RELEASE, message)
    assert [one.lease.message_id for one in await world.lease()] == [message]


async def test_what_is_held_of_a_bundle_that_is_then_cancelled_is_not_released(world: World) -> None:
    bundle = await world.accept_bundle(2, due=world.later(hours=1))
    await put_back(world)
    one, other = await world.bundle(bundle)
    await decide(world, Verdict.RELEASE, one)
    assert await world.cancel_bundle(bundle)
    await world.advance()
    assert await world.statuses(bundle) == [12, 11]
    assert await decide(world, Verdict.RELEASE, other) == []
    assert await decide(world, Verdict.FAIL, other) == [other]
    assert await world.credits() == 100


# --- a file ---------------------------------------------------------------------------------------------


class Gateway:
    """What serves from one file, again and again."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "kavle.db"
        self.clock = SetClock()

    async def started(self) -> tuple[World, str | None]:
        """And why it takes itself for a copy."""
        self.clock.forward(seconds=1)
        world = await open_world(self.path, self.clock)
        await Restoring(world.store, self.clock).settle()
        state = await world.store.restoring.state()
        return world, state.why if state else None

    async def lives(self, **how: str) -> str | None:
        """Starts, sends, and stops in order."""
        world, why = await self.started()
        await world.send("a message", f"{self.clock.now()}")
        await world.sweep()
        await world.store.close()
        return why


@pytest.fixture
async def gateway(tmp_path: Path) -> Gateway:
    (tmp_path / "data").mkdir()
    gateway = Gateway(tmp_path / "data")
    assert [await gateway.lives() for _ in range(2)] == [None, None]
    return gateway


OLDER = "it is older than what was here before"


async def test_a_file_that_was_copied_and_put_back_is_known(gateway: Gateway, tmp_path: Path) -> None:
    shutil.copy(gateway.path, tmp_path / "copy")
    assert await gateway.lives() is None
    shutil.copy(tmp_path / "copy", gateway.path)  # into the same file: the same inode
    assert await gateway.lives() == OLDER


async def test_a_copy_of_a_run_that_is_put_back_after_more_of_the_same_run_is_known(
    gateway: Gateway, tmp_path: Path
) -> None:
    world, _ = await gateway.started()
    await world.send("one", "one")
    await world.sweep()
    copy(gateway.path, tmp_path / "copy")  # not said in it: as a snapshot would be
    await world.send("two", "two")
    await world.sweep()
    await world.store.close()
    gateway.path.write_bytes((tmp_path / "copy").read_bytes())
    assert await gateway.lives() == OLDER


async def test_a_crash_makes_no_copy(gateway: Gateway, tmp_path: Path) -> None:
    """What is on disk at any moment is what a kill leaves. Its place on the disk can't be kept here."""
    world, _ = await gateway.started()
    for number in range(3):
        await world.send(f"{number}", f"{number}")
        await world.sweep()
        left = tmp_path / f"crash{number}"
        shutil.copytree(gateway.path.parent, left, ignore=shutil.ignore_patterns("*.lock", "*.sock"))
        mark = left / "kavle.db.mark"
        inode = str((left / "kavle.db").stat().st_ino)
        mark.write_text(mark.read_text().replace(str(gateway.path.stat().st_ino), inode))
        assert await Gateway(left).lives() is None
    await world.store.close()


async def test_a_folder_that_was_copied_whole_is_known(gateway: Gateway) -> None:
    folder = gateway.path.parent
    shutil.copytree(folder, folder.with_name("copy"))
    assert await gateway.lives() is None
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name("copy"), folder)
    # "Another file", where the disk's numbers tell; a file system may give the same number again.
    assert await gateway.lives() in ("it is another file than was here before", None)


async def test_a_file_that_came_alone_is_known(gateway: Gateway) -> None:
    mark_path(gateway.path).unlink()
    assert await gateway.lives() == "the .mark that was beside it is missing"
    world, why = await gateway.started()
    assert why == "the .mark that was beside it is missing", "until somebody confirms it"
    await Restoring(world.store, gateway.clock).confirm()
    await world.store.close()
    assert await gateway.lives() is None


async def test_a_backup_is_known_wherever_it_is_put(gateway: Gateway, tmp_path: Path) -> None:
    world, _ = await gateway.started()
    size = copy(gateway.path, tmp_path / "backup.db", gateway.clock.now())
    await world.store.close()
    assert size == (tmp_path / "backup.db").stat().st_size
    assert (tmp_path / "backup.db").stat().st_mode & 0o777 == 0o600
    other = Gateway(tmp_path / "other")
    other.path.parent.mkdir()
    shutil.copy(tmp_path / "backup.db", other.path)
    why = await other.lives()
    assert why is not None
    assert why.startswith("it was made by `kavle backup` at 20")


async def test_a_new_database_beside_an_old_mark_is_no_copy(gateway: Gateway) -> None:
    gateway.path.unlink()
    assert await gateway.lives() is None


async def test_the_ids_that_the_lost_file_had_given_are_passed_over_too(
    gateway: Gateway, tmp_path: Path
) -> None:
    shutil.copy(gateway.path, tmp_path / "copy")
    world, _ = await gateway.started()
    await world.store.restoring.mark(gateway.clock.now(), "a leap")  # as many messages as that
    newest = await world.accept()
    await world.sweep()
    await world.store.close()
    gateway.path.write_bytes((tmp_path / "copy").read_bytes())
    world, why = await gateway.started()
    assert why == "the .mark beside it is another database's"
    assert await world.accept() > newest + LEAP
    await world.store.close()


@pytest.mark.parametrize("wrong", ["nothing", "text", "foreign", "there"])
async def test_what_is_no_database_of_ours_is_not_copied(
    gateway: Gateway, tmp_path: Path, wrong: str
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    if wrong == "text":
        source.write_text("no database")
    elif wrong == "foreign":
        import sqlite3

        with sqlite3.connect(source) as db:
            db.execute("CREATE TABLE other (x)")
        db.close()
    elif wrong == "there":
        source, target = gateway.path, gateway.path
    with pytest.raises(
        (StoreError, Exception), match=r"can't be opened|not a database|no database|there already"
    ):
        copy(source, target)
    assert not target.with_name("target.part").exists()
    assert not (tmp_path / "target").exists()


# --- a server -------------------------------------------------------------------------------------------


async def test_a_dump_that_was_put_back_is_known(place: Place, tmp_path: Path) -> None:
    if isinstance(place, Path):
        pytest.skip("a file has no server")
    from kavle.cli.dumping import dump, put_back
    from support.postgres import empty_database, programs

    clock = SetClock()
    async with closing(await open_world(place, clock)) as world:
        assert not await Restoring(world.store, clock).settle()
        message = await world.accept()
    with programs():
        dump(place, tmp_path / "dump")
        other = await empty_database()
        put_back(other, tmp_path / "dump")
    async with closing(await open_world(other, clock)) as again:
        assert await Restoring(again.store, clock).settle()
        state = await again.store.restoring.state()
        assert state is not None
        assert state.why.startswith("its dump was put back")
        assert await held(again) == [message]
        assert await again.accept() > message + LEAP
