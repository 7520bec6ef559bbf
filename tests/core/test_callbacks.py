"""Callbacks on a real database, with customers that do as they are told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from msgspec.structs import replace

from kavle.core import callbacks as module
from kavle.core.callbacks import Callbacks, Limits
from kavle.core.caller import Answer
from kavle.core.sweep import Sweep
from kavle.metrics import Metrics
from kavle.model.account import Account
from kavle.model.callback import CallbackTry, LeasedCallback
from kavle.model.callback_url import callback_host
from kavle.model.incoming import IncomingState, Piece
from kavle.model.number import NumberSettings
from kavle.model.why import why
from kavle.store.errors import StoreUnavailable
from kavle.store.inbox import IncomingPage, NewNumber
from kavle.store.types import NewAccount
from support.mms import incoming_mms
from support.patience import PATIENCE, until
from support.world import World

OK = Answer(True, 200, "OK")
NO = Answer(False, 500, "no")
SILENCE = Answer(False, error=why("no whole answer within {seconds} s", seconds="30"))
FIRST, SECOND = "46737494001", "46737494002"

Behaviour = Callable[[LeasedCallback], Awaitable[Answer]]


def says(answer: Answer) -> Behaviour:
    async def behave(callback: LeasedCallback) -> Answer:
        return answer

    return behave


async def hangs(callback: LeasedCallback) -> Answer:
    await asyncio.Event().wait()
    return SILENCE


class Customers:
    """A `Caller`. `behaviours` by number; those without one say OK."""

    def __init__(self) -> None:
        self.behaviours: dict[str, Behaviour] = {}
        self.called: list[LeasedCallback] = []
        self.public_ids: list[int] = []
        self.running: Counter[str] = Counter()
        self.most: Counter[str] = Counter()  # at once, by host
        self.closed = False

    async def call(self, callback: LeasedCallback, public_id: int) -> Answer:
        self.called.append(callback)
        self.public_ids.append(public_id)
        self.running[callback.host] += 1
        self.most[callback.host] = max(self.most[callback.host], self.running[callback.host])
        try:
            await asyncio.sleep(0)
            return await self.behaviours.get(callback.recipient, says(OK))(callback)
        finally:
            self.running[callback.host] -= 1

    def close(self) -> None:
        self.closed = True

    def texts(self, number: str = "") -> list[str]:
        return [one.text for one in self.called if not number or one.recipient == number]


async def number(world: World, msisdn: str, host: str = "a.example", account: Account | None = None) -> None:
    url, account_id = f"http://{host}/in", (account or world.account).id
    new = NewNumber(msisdn, account_id, callback_host(url), NumberSettings(url), world.clock.now())
    assert await world.store.inbox.add_number(new)


async def comes(world: World, *texts: str, to: str = FIRST) -> None:
    pieces = [
        Piece(
            carrier_id=world.carrier_id, sender="46701740605", recipient=to, text=text, at=world.clock.now()
        )
        for text in texts
    ]
    await world.store.inbox.take(pieces)


async def states(world: World) -> Counter[str]:
    lines = await world.store.inbox.incoming(IncomingPage(limit=1000))
    return Counter(line.state.name for line in lines)


@asynccontextmanager
async def calling(
    world: World, customers: Customers, limits: Limits | None = None, metrics: Metrics | None = None
) -> AsyncIterator[Callbacks]:
    one = Callbacks(world.store, world.clock, metrics or Metrics(), customers, limits or Limits())
    task = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        await asyncio.wait_for(one.stop(), PATIENCE)
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()


async def settled(world: World, **wanted: int) -> None:
    """Returns when so many messages are in these states, and none in others."""
    async with asyncio.timeout(PATIENCE):
        while await states(world) != wanted:
            await asyncio.sleep(0.01)


@pytest.fixture
def customers() -> Customers:
    return Customers()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL", 0.02)
    monkeypatch.setattr(module, "RETRY_STORE", 0.02)
    monkeypatch.setattr("kavle.core.tries.RETRY_STORE", 0.02)
    monkeypatch.setattr(module, "SETTLE", 0.1)


# --- tries ------------------------------------------------------------------------------------------------


async def test_one_that_says_ok_is_called_once(world: World, customers: Customers) -> None:
    await number(world, FIRST)
    metrics = Metrics()
    async with calling(world, customers, metrics=metrics):
        await comes(world, "hej")
        await settled(world, DONE=1)
    assert customers.texts() == ["hej"]
    (line,) = await world.store.inbox.incoming(IncomingPage())
    assert customers.public_ids == [world.store.public_ids.public(line.id)]
    story = await world.store.inbox.story(line.id)
    assert story is not None
    (told,) = story.tries
    assert (told.number, told.at, told.status, told.head, told.error) == (
        1,
        world.clock.now(),
        200,
        "OK",
        None,
    )
    assert metrics.callbacks == {"ok": 1}
    assert customers.closed


async def test_ten_tries_half_an_hour_apart_and_never_eleven(world: World, customers: Customers) -> None:
    await number(world, FIRST)
    customers.behaviours[FIRST] = says(NO)
    async with calling(world, customers):
        await comes(world, "hej")
        for tries in range(1, 11):
            await until(lambda tries=tries: len(customers.called) == tries)  # type: ignore[misc]
            if tries == 10:
                break
            await recorded(world, tries)
            world.clock.forward(minutes=29, seconds=59)
            for _ in range(3):  # looks for what is due
                await looked(world)
            assert len(customers.called) == tries
            world.clock.forward(seconds=1)
        await settled(world, FAILED=1)
        world.clock.forward(days=30)
        for _ in range(3):
            await looked(world)
    assert len(customers.called) == 10
    assert len(set(customers.public_ids)) == 1
    (line,) = await world.store.inbox.incoming(IncomingPage())
    story = await world.store.inbox.story(line.id)
    assert story is not None
    assert [one.number for one in story.tries] == list(range(1, 11))
    gaps = {later.at - one.at for one, later in zip(story.tries, story.tries[1:], strict=False)}
    assert gaps == {timedelta(minutes=30)}
    assert {(one.status, one.head) for one in story.tries} == {(500, "no")}


async def recorded(world: World, tries: int) -> None:
    (line,) = await world.store.inbox.incoming(IncomingPage())
    async with asyncio.timeout(PATIENCE):
        while True:
            story = await world.store.inbox.story(line.id)
            if story is not None and len(story.tries) == tries:
                return
            await asyncio.sleep(0.005)


async def looked(world: World) -> None:
    """Returns when what is due now has been looked for."""
    looks, promote = 0, world.store.inbox.promote

    async def counted(now: object) -> int:
        nonlocal looks
        looks += 1
        done: int = await promote(now)
        return done

    world.store.inbox.promote = counted
    try:
        await until(lambda: looks >= 2)
    finally:
        world.store.inbox.promote = promote


async def test_how_often_and_how_many_are_settings(world: World, customers: Customers) -> None:
    await number(world, FIRST)
    customers.behaviours[FIRST] = says(NO)
    async with calling(world, customers, Limits(interval=timedelta(minutes=1), tries=2)):
        await comes(world, "hej")
        await until(lambda: len(customers.called) == 1)
        await recorded(world, 1)
        world.clock.forward(minutes=1)
        await settled(world, FAILED=1)
    assert len(customers.called) == 2


async def test_it_goes_on_where_another_life_stopped(world: World, customers: Customers) -> None:
    await number(world, FIRST)
    customers.behaviours[FIRST] = says(NO)
    async with calling(world, customers):
        await comes(world, "hej")
        await until(lambda: len(customers.called) == 1)
        await recorded(world, 1)
    world.clock.forward(minutes=30)
    customers.behaviours.clear()
    async with calling(world, customers):
        await settled(world, DONE=1)
    assert len(set(customers.public_ids)) == 1
    assert [one.lease.round for one in customers.called] == [1, 2]


async def test_what_a_dead_process_had_begun_is_called_for_again_by_the_same_id_and_counts_as_no_try(
    world: World, customers: Customers
) -> None:
    await number(world, FIRST)
    dead = Customers()
    dead.behaviours[FIRST] = hangs
    for _ in range(12):  # however often it dies, it gives no message up
        one = Callbacks(world.store, world.clock, Metrics(), dead, Limits())
        task = asyncio.create_task(one.run())
        if not dead.called:
            await comes(world, "hej", "hopp")
        calls = len(dead.called)
        await until(lambda calls=calls: len(dead.called) > calls)  # type: ignore[misc]
        task.cancel()
        for call in one._serving:
            call.cancel()
        await asyncio.wait([task, *one._serving])
        world.clock.forward(minutes=5)  # its lease ends
    async with calling(world, customers):
        await settled(world, DONE=2)
    assert customers.texts() == ["hej", "hopp"]
    assert customers.called[0].lease.round == 1
    assert set(dead.public_ids) == {customers.public_ids[0]}


# --- who waits for whom -----------------------------------------------------------------------------------


async def test_a_numbers_messages_come_one_after_another_in_their_order(
    world: World, customers: Customers
) -> None:
    await number(world, FIRST)
    texts = [f"{number}" for number in range(100)]
    async with calling(world, customers) as one:
        for text in texts:
            await comes(world, text)
            one.wake()
        await settled(world, DONE=100)
    assert customers.texts() == texts
    assert customers.most["a.example:80"] == 1


async def test_one_that_fails_does_not_hold_those_behind_it(world: World, customers: Customers) -> None:
    await number(world, FIRST)

    async def refuses_the_second(callback: LeasedCallback) -> Answer:
        return NO if callback.text == "två" else OK

    customers.behaviours[FIRST] = refuses_the_second
    async with calling(world, customers):
        await comes(world, "ett", "två", "tre")
        await settled(world, DONE=2, WAITING=1)
        assert customers.texts() == ["ett", "två", "tre"]
        customers.behaviours.clear()
        world.clock.forward(minutes=30)
        await settled(world, DONE=3)
    assert customers.texts() == ["ett", "två", "tre", "två"]


async def test_a_customer_that_hangs_delays_no_other(world: World, customers: Customers) -> None:
    numbers = [f"467374940{number:02}" for number in range(10)]
    for one, msisdn in enumerate(numbers):
        await number(world, msisdn, f"{one}.example")
    customers.behaviours[numbers[3]] = hangs
    async with calling(world, customers) as one:
        for text in range(50):
            for msisdn in numbers:
                await comes(world, f"{text}", to=msisdn)
        one.wake()
        await settled(world, DONE=450, WAITING=50)
        assert len(customers.texts(numbers[3])) == 1


async def test_a_host_has_so_many_at_once_and_one_while_it_is_silent(
    world: World, customers: Customers
) -> None:
    numbers = [f"467374940{number:02}" for number in range(10)]
    for msisdn in numbers:
        await number(world, msisdn)
    go = asyncio.Event()

    async def slow(callback: LeasedCallback) -> Answer:
        await go.wait()
        return SILENCE

    for msisdn in numbers:
        customers.behaviours[msisdn] = slow
    async with calling(world, customers, Limits(per_host=4)) as one:
        for msisdn in numbers:
            await comes(world, "hej", to=msisdn)
        one.wake()
        await until(lambda: customers.running["a.example:80"] == 4)
        await looked(world)
        assert len(customers.called) == 4
        go.set()
        await until(lambda: len(customers.called) == 10)
        await until(lambda: not customers.running["a.example:80"])
        customers.most.clear()
        world.clock.forward(minutes=30)
        await until(lambda: len(customers.called) == 20)
        assert customers.most["a.example:80"] == 1
        for msisdn in numbers:
            customers.behaviours[msisdn] = says(OK)
        world.clock.forward(minutes=30)
        await settled(world, DONE=10)


async def test_a_server_for_mms_alone_that_is_silent_leaves_that_for_sms_its_room(
    world: World, customers: Customers
) -> None:
    urls = NumberSettings("http://sms.example/in", mms_callback="http://mms.example/in")
    numbers = [f"467374941{number:02}" for number in range(6)]
    mms = incoming_mms(world.carrier_id, world.clock.now())
    for msisdn in numbers:
        new = NewNumber(msisdn, world.account.id, callback_host(urls.callback), urls, world.clock.now())
        assert await world.store.inbox.add_number(new)
        assert await world.store.inbox.take_mms(replace(mms, recipient=msisdn, transaction=msisdn))
    go = asyncio.Event()

    async def by_service(callback: LeasedCallback) -> Answer:
        if callback.mms is None:
            return OK
        await go.wait()
        return SILENCE

    customers.behaviours |= dict.fromkeys(numbers, by_service)
    async with calling(world, customers, Limits(per_host=4)) as one:
        await until(lambda: customers.running["mms.example:80"] == 4)
        await looked(world)
        assert len(customers.called) == 4
        await number(world, SECOND, "sms.example")
        await comes(world, "hej", to=SECOND)
        one.wake()
        await until(lambda: customers.texts(SECOND) == ["hej"])
        go.set()
        await until(lambda: len(customers.called) == 7)
        await until(lambda: not customers.running["mms.example:80"])
        customers.most.clear()
        await comes(world, "hej", to=numbers[0])
        await settled(world, WAITING=6, DONE=2)
        world.clock.forward(minutes=30)
        await until(lambda: len(customers.called) == 14)
        assert customers.most == {"sms.example:80": 1, "mms.example:80": 1}, "one call while it is silent"


async def test_all_together_have_so_many_at_once(world: World, customers: Customers) -> None:
    numbers = [f"467374940{number:02}" for number in range(20)]
    for one, msisdn in enumerate(numbers):
        await number(world, msisdn, f"{one}.example")
        customers.behaviours[msisdn] = hangs
    async with calling(world, customers, Limits(connections=7)) as one:
        for msisdn in numbers:
            await comes(world, "hej", "hopp", to=msisdn)
        one.wake()
        await until(lambda: customers.running.total() == 7)
        for _ in range(3):
            await looked(world)
        assert customers.running.total() == 7


async def test_a_number_may_have_several_at_once(world: World, customers: Customers) -> None:
    await number(world, FIRST)
    customers.behaviours[FIRST] = hangs
    async with calling(world, customers, Limits(per_number=3)) as one:
        await comes(world, *map(str, range(10)))
        one.wake()
        await until(lambda: len(customers.called) == 3)
        for _ in range(3):
            await looked(world)
        assert customers.texts() == ["0", "1", "2"]


@pytest.mark.parametrize("limit", ["connections", "per_host", "per_account"])
async def test_with_several_at_once_for_a_number_the_other_limits_hold(
    world: World, customers: Customers, limit: str
) -> None:
    numbers = [f"467374940{number:02}" for number in range(3)]
    for msisdn in numbers:
        await number(world, msisdn)
        customers.behaviours[msisdn] = hangs
        await comes(world, *map(str, range(5)), to=msisdn)
    async with calling(world, customers, Limits(per_number=5, **{limit: 4})):
        await until(lambda: customers.running.total() >= 4)
        for _ in range(3):
            await looked(world)
        assert customers.running.total() == 4
        assert {one.recipient for one in customers.called} == set(numbers)


async def test_an_account_whose_addresses_all_hang_leaves_room_for_others(
    world: World, customers: Customers
) -> None:
    for one in range(20):
        msisdn = f"467374940{one:02}"
        await number(world, msisdn, f"{one}.example")
        customers.behaviours[msisdn] = hangs
        await comes(world, "hej", to=msisdn)
    other = await world.store.create_account(NewAccount("other", "", 0, world.clock.now()))
    await number(world, "46737499999", "quick.example", other)
    async with calling(world, customers, Limits(connections=7, per_account=5)) as one:
        await until(lambda: customers.running.total() == 5)
        await comes(world, "hej", to="46737499999")
        one.wake()
        await settled(world, DONE=1, WAITING=20)
        assert customers.running.total() == 5


async def test_where_an_account_has_less_room_than_numbers_each_number_has_its_turn(
    world: World, customers: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL", 10 * PATIENCE)
    monkeypatch.setattr(module, "EACH", 1)
    for msisdn in (FIRST, SECOND):
        await number(world, msisdn)
    await comes(world, "ett", "två", "tre")
    await comes(world, "hej", to=SECOND)
    async with calling(world, customers, Limits(per_account=1)) as one:
        one.wake()
        await settled(world, DONE=4)
    assert customers.texts() == ["ett", "hej", "två", "tre"]


# --- stop, and a store that can't ---------------------------------------------------------------------------


async def test_at_a_stop_calls_under_way_end_and_what_has_not_begun_goes_back(
    world: World, customers: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SETTLE", PATIENCE)
    await number(world, FIRST)
    go = asyncio.Event()

    async def slow(callback: LeasedCallback) -> Answer:
        await go.wait()
        return OK

    customers.behaviours[FIRST] = slow
    async with calling(world, customers):
        await comes(world, "ett", "två", "tre")
        await until(lambda: len(customers.called) == 1)
        asyncio.get_running_loop().call_later(0.05, go.set)
    assert customers.texts() == ["ett"]
    assert await states(world) == {"DONE": 1, "WAITING": 2}
    async with calling(world, customers):  # without waiting for any lease's end
        await settled(world, DONE=3)
    assert [one.lease.round for one in customers.called] == [1, 1, 1]


async def test_a_call_that_does_not_end_is_cut_and_made_again(world: World, customers: Customers) -> None:
    await number(world, FIRST)
    customers.behaviours[FIRST] = hangs
    async with calling(world, customers):
        await comes(world, "hej")
        await until(lambda: len(customers.called) == 1)
    assert await states(world) == {"WAITING": 1}
    customers.behaviours.clear()
    async with calling(world, customers):
        await settled(world, DONE=1)
    assert [one.lease.round for one in customers.called] == [1, 1]


async def test_while_nothing_can_be_stored_tries_wait_to_be_recorded(
    world: World, customers: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await number(world, FIRST)
    await number(world, SECOND, "b.example")
    record, lease, refusals = world.store.inbox.record, world.store.inbox.lease, 5

    def refuse() -> None:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise StoreUnavailable("the disk is full")

    async def full(tries: Sequence[CallbackTry]) -> int:
        refuse()
        counted: int = await record(tries)
        return counted

    async def busy(request: object) -> object:
        refuse()
        return await lease(request)

    async with calling(world, customers) as one:
        await comes(world, "hej")
        await until(lambda: len(customers.called) == 1)
        monkeypatch.setattr(world.store.inbox, "record", full)
        monkeypatch.setattr(world.store.inbox, "lease", busy)
        await comes(world, "hopp", to=SECOND)
        one.wake()
        await settled(world, DONE=2)
    assert refusals == 0
    assert sorted(customers.texts()) == ["hej", "hopp"]


async def test_a_bug_ends_it(world: World, customers: Customers) -> None:
    await number(world, FIRST)

    async def bug(callback: LeasedCallback) -> Answer:
        raise ZeroDivisionError

    customers.behaviours[FIRST] = bug
    one = Callbacks(world.store, world.clock, Metrics(), customers, Limits())
    task = asyncio.create_task(one.run())
    await comes(world, "hej")
    with pytest.raises(ExceptionGroup) as died:
        await asyncio.wait_for(task, PATIENCE)
    assert died.group_contains(ZeroDivisionError)
    assert await states(world) == {IncomingState.WAITING.name: 1}


async def test_how_many_wait_is_counted(world: World, customers: Customers) -> None:
    await number(world, FIRST)
    await comes(world, "ett", "två")
    metrics = Metrics()
    sweep = Sweep(world.store, world.clock, metrics, lambda: None)
    await sweep.once(look=True)
    assert metrics.uncalled == 2
    async with calling(world, customers):
        await settled(world, DONE=2)
    await sweep.once(look=True)
    assert metrics.uncalled == 0
