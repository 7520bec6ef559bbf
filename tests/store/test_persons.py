"""All that one phone number has: found, erased and still exact, on both engines."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kavle.clock import SetClock
from kavle.core.persons import MOST, ErasePerson, Persons, ShowPerson
from kavle.model.callback import CallbackTry, Verdict
from kavle.model.errors import OperatorError
from kavle.model.history import Wanted
from kavle.model.incoming import Piece
from kavle.model.number import NumberSettings
from kavle.model.status import Status
from kavle.model.why import Why
from kavle.store import recipients
from kavle.store.inbox import CallbackRequest, NewNumber, StopChange
from kavle.store.postgres import recipients as on_postgres
from kavle.store.sqlite import recipients as on_sqlite
from kavle.store.types import CarrierTerms
from support.closing import closing
from support.mms import PICTURE, accept_mms, incoming_mms, mms_world
from support.world import LOST, RECIPIENT, REFUSED, Accepted, World, open_world

OTHER = "46702617396"
NUMBER = "46737494123"
TABLES = (
    "message",
    "body",
    "file",
    "segment",
    "awaiting",
    "receipt",
    "waiting",
    "recipient_run",
    "job",
    "bundle",
    "bundle_part",
    "incoming",
    "incoming_part",
    "callback_try",
    "callback",
    "audit",
    "erasure",
    "stop",
    "ledger",
)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kavle.core.persons.PAUSE", 0)


class Desk:
    def __init__(self, world: World) -> None:
        self.persons = Persons(world.store, world.clock, "SE")

    async def show(self, number: str = RECIPIENT) -> Any:
        return await self.persons.show(ShowPerson(number))

    async def erase(self, number: str = RECIPIENT, *, stop_lists: bool = False) -> Any:
        return await self.persons.erase(ErasePerson(number, stop_lists))


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


async def everything(world: World, *without: str) -> str:
    """All rows of all tables that messages touch, as text."""
    found = ""
    for table in TABLES:
        if table not in without:
            for row in await world.rows(f"SELECT * FROM {table}"):  # noqa: S608
                found += f"{table} {[bytes(one) if isinstance(one, memoryview) else one for one in row]}\n"
    return found


async def send(world: World, network_id: str, text: str = "hemlig", to: str = RECIPIENT) -> int:
    """One that its network has taken."""
    id = await world.store.accept(replace(world.draft(text), recipient=to))
    (leased,) = await world.lease()
    await world.answer(leased.lease, Accepted(network_id))
    return int(id)


async def own(world: World) -> None:
    settings = NumberSettings("https://example.com/")
    await world.store.inbox.add_number(
        NewNumber(NUMBER, world.account.id, "example.com", settings, world.clock.now())
    )


async def say(world: World, text: str, sender: str = RECIPIENT, **how: Any) -> None:
    await world.store.inbox.take([Piece(world.carrier_id, sender, NUMBER, text, world.clock.now(), **how)])


async def tell(world: World) -> None:
    """Customers are told all that came, and repeat it in their answers."""
    request = CallbackRequest(10, 10, 10, 10, 10, 7, world.clock.now(), world.later(minutes=2))
    for call in (await world.store.inbox.lease(request)).taken:
        said = CallbackTry(call.lease, Verdict.DONE, world.clock.now(), 3, 200, "OK hemlig", Why("hemlig"))
        await world.store.inbox.record([said])


async def test_all_that_a_number_has_is_erased_and_the_books_stay(world: World, desk: Desk) -> None:
    await own(world)
    mine, theirs = await send(world, "a1"), await send(world, "a2", "kvar", OTHER)
    await world.receipts([("a1", Status.DELIVERED)])
    await world.store.receive([])
    mms = await mms_world(world)
    photo = await accept_mms(mms, "hemlig")
    (leased,) = await mms.lease()
    await mms.answer(leased.lease, replace(REFUSED, error=f"hemlig: {RECIPIENT} is unknown"))
    await say(world, "hemlig")
    await world.store.inbox.take_mms(
        incoming_mms(mms.carrier_id, world.clock.now(), "t1", subject="hemlig", sender=RECIPIENT)
    )
    await say(world, "hej", OTHER)
    await tell(world)
    ledger = await world.rows("SELECT * FROM ledger ORDER BY id")
    view = await desk.show()
    assert (view.messages, view.received, view.files, view.over) == (2, 2, 4, True)

    erased = await desk.erase("070-174 06 05")
    assert (erased.messages, erased.cancelled, erased.more) == (4, 0, False)
    left = await everything(world)
    assert RECIPIENT not in left
    assert "hemlig" not in left.replace("'OK hemlig', 'hemlig'", "", 1)  # that of the other's
    assert await world.rows("SELECT * FROM ledger ORDER BY id") == ledger
    assert [await world.story(mine), await mms.story(photo)] == [[10, 21, 22], [10, 51]]
    assert (await world.store.history.message(None, theirs)).line.text == "kvar"
    found = await world.store.history.messages(None, Wanted(limit=10))
    assert {(line.id, line.recipient, line.text) for line in found.lines} == {
        (mine, "", None),
        (theirs, OTHER, "kvar"),
        (photo, "", None),
    }
    view = await desk.show()
    assert (view.messages, view.received, view.files, view.erased_at) == (0, 0, 0, world.clock.now())


async def test_a_receipt_that_comes_later_counts_and_leaves_nothing_behind(world: World, desk: Desk) -> None:
    one, two = await send(world, "a1"), await send(world, "a2")
    await world.receipt("early")  # matches nothing yet
    await desk.erase()
    assert await world.receipt("a1", recipient="0701740605") == 1
    assert await world.receipt("a2", Status.PHONE_FAILED, recipient="") == 1
    assert [await world.story(one), await world.story(two)] == [[10, 21, 22], [10, 21, 52]]
    assert await world.rows("SELECT DISTINCT raw FROM receipt") == [("",)]
    assert await world.rows("SELECT recipient, raw FROM waiting") == [("", "")]
    later = await send(world, "early", to=OTHER)
    assert await world.story(later) == [10, 21, 22]


async def test_what_waits_for_its_time_is_cancelled_and_refunded_first(world: World, desk: Desk) -> None:
    timed = await world.accept("hemlig", due=world.later(days=30))
    bundle = await world.accept_bundle([RECIPIENT, OTHER], text="till alla", due=world.later(days=30))
    with pytest.raises(OperatorError, match="of a bundle; do it again in a while"):
        await desk.erase()
    await world.advance()
    assert len((await desk.show()).scheduled) == 2
    erased = await desk.erase()
    assert (erased.messages, erased.cancelled) == (2, 2)
    assert await world.credits() == 99
    assert await world.store.status(timed) == 12
    assert await world.statuses(bundle) == [12, 11]
    assert RECIPIENT not in await everything(world)
    assert await world.rows(f"SELECT text FROM body WHERE message_id = {bundle}") == [("till alla",)]  # noqa: S608


async def test_nothing_is_erased_while_something_is_to_be_sent_decided_on_or_told(
    world: World, desk: Desk
) -> None:
    await world.store.carrier_ids([CarrierTerms("telia", hold=True)])
    await own(world)
    done = await send(world, "a1")
    held = await world.accept()
    (leased,) = await world.lease()
    await world.answer(leased.lease, LOST)
    queued = await world.accept()
    public = world.store.public_ids.public
    with pytest.raises(OperatorError, match=f"to be decided on .*: {public(queued)}, {public(held)}; do"):
        await desk.erase()
    await world.expire(world.clock.forward(hours=49))
    with pytest.raises(OperatorError, match=f"to be decided on .*: {public(held)}; do"):
        await desk.erase()
    assert (await world.store.history.message(None, done)).line.recipient == RECIPIENT


async def test_nothing_is_erased_while_a_customer_is_to_be_told(world: World, desk: Desk) -> None:
    await own(world)
    await say(world, "en ", reference=7, number=1, total=2)
    with pytest.raises(OperatorError, match="being made of its parts"):
        await desk.erase()
    await say(world, "två", reference=7, number=2, total=2)
    with pytest.raises(OperatorError, match="customers are still to be told of messages from it: "):
        await desk.erase()
    await tell(world)
    assert (await desk.erase()).messages == 1
    assert RECIPIENT not in await everything(world)
    ((id,),) = await world.rows("SELECT id FROM incoming")
    assert await world.store.inbox.replay([int(str(id))], world.clock.now()) == []


async def test_a_bundles_text_goes_with_the_last_of_its_recipients(world: World, desk: Desk) -> None:
    bundle = await world.accept_bundle([RECIPIENT, OTHER, RECIPIENT], text="till alla")
    await world.advance()
    await world.expire(world.clock.forward(days=3))
    assert (await desk.erase()).messages == 2
    assert (await world.rows("SELECT text FROM body")) == [("till alla",)]
    assert (await desk.erase(OTHER)).messages == 1
    assert (await world.rows("SELECT text FROM body")) == []
    assert await world.statuses(bundle) == [43, 43, 43]


async def test_stop_lists_keep_it_unless_they_are_to_lose_it(world: World, desk: Desk) -> None:
    stop = StopChange(world.account.id, RECIPIENT, world.clock.now())
    await world.store.inbox.stop(stop)
    assert (await desk.show()).stop_lists == ["test"]
    assert (await desk.erase()).stop_lists == 0
    assert await world.store.inbox.stopped(world.account.id, [RECIPIENT])
    assert (await desk.erase(stop_lists=True)).stop_lists == 1
    assert not await world.store.inbox.stopped(world.account.id, [RECIPIENT])
    assert (await world.store.persons.erasures()).count == 1


async def test_a_customers_number_is_nobodys_to_erase(world: World, desk: Desk) -> None:
    await own(world)
    with pytest.raises(OperatorError, match="is no person's: phones write to it, and account test has it"):
        await desk.erase(NUMBER)
    with pytest.raises(OperatorError, match="this is no phone number") as refused:
        await desk.erase("0701")
    assert "0701" not in str(refused.value)


async def test_of_many_one_command_erases_some(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kavle.core.persons.MOST", 4)
    monkeypatch.setattr("kavle.core.persons.CHUNK", 2)
    for module in (recipients, on_sqlite, on_postgres):
        monkeypatch.setattr(module, "RUN", 4)
    for number in range(10):
        await send(world, f"a{number}")
    world.clock.forward(minutes=5)
    for number in range(6):
        await send(world, f"b{number}", to=OTHER)
    world.clock.forward(minutes=5)
    while await world.store.keep_runs(world.clock.now()):
        pass
    assert await world.rows(f"SELECT message_id FROM recipient_run WHERE recipient = '{RECIPIENT}'")  # noqa: S608
    told = [await desk.erase() for _ in range(3)]
    assert [(one.messages, one.more) for one in told] == [(4, True), (4, True), (2, False)]
    assert RECIPIENT not in await everything(world)
    assert MOST == 2_000


async def test_no_octet_of_it_is_in_the_file_any_more(tmp_path: Path) -> None:
    file = tmp_path / "kavle.db"
    async with closing(await open_world(file, SetClock())) as world:
        for number in range(20):
            await send(world, f"a{number}", "hemlig" * 20)
        mms = await mms_world(world)
        await accept_mms(mms, "hemlig", replace(PICTURE, data=PICTURE.data + b"hemlig" * 9_000))
        (leased,) = await mms.lease()
        await mms.answer(leased.lease, Accepted("m1"))
        await send(world, "kept", to=OTHER, text="kvar")
        assert (await Desk(world).erase()).messages == 21
    octets = file.read_bytes()
    assert b"kvar" in octets
    assert b"hemlig" not in octets
    assert RECIPIENT.encode() not in octets


async def test_who_was_erased_is_known_by_a_fingerprint_that_another_gateway_has_not(
    world: World, desk: Desk, tmp_path: Path
) -> None:
    await desk.erase()
    world.clock.forward(days=1)
    assert (await desk.show()).erased_at == world.clock.now() - timedelta(days=1)
    assert (await desk.show(OTHER)).erased_at is None
    async with closing(await open_world(tmp_path / "other.db", world.clock)) as other:
        await Desk(other).erase()
        assert await other.rows("SELECT digest FROM erasure") != await world.rows(
            "SELECT digest FROM erasure"
        )
