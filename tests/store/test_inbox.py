"""Incoming messages and their calls in the store: parts put together, leases, tries, replays, numbers and
stop lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace

from kavle.model.account import Account, AccountSettings
from kavle.model.callback import CallbackTry, LeasedCallback, Verdict
from kavle.model.incoming import SIXTEEN_BIT, IncomingState, Piece
from kavle.model.number import Number, NumberSettings
from kavle.model.why import Why, why
from kavle.store.calling import LANES, Choice, Lane, choose
from kavle.store.inbox import (
    CallbackLeases,
    CallbackRequest,
    IncomingPage,
    NewNumber,
    NumberChange,
    NumberPage,
    PartWait,
    StopChange,
    StopLine,
    StopPage,
    Taken,
)
from kavle.store.types import AccountChange, NewAccount
from support.mms import incoming_mms
from support.world import World, open_store

PHONE = "46701740605"
NUMBER = "46737494123"
OTHER = "467374941239876"
URL = NumberSettings("https://example.com/in")
ALL = IncomingPage()
REFUSED = why("no connection: {reason}", reason=Why("Connection refused"))


class Inbox:
    """Short words for what comes in."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.store = world.store.inbox
        self._tokens = count(1)

    def piece(self, text: str, **how: Any) -> Piece:
        given = {"sender": PHONE, "recipient": NUMBER} | how
        return Piece(self.world.carrier_id, text=text, at=self.world.clock.now(), **given)

    def parts(self, *texts: str, reference: int = SIXTEEN_BIT + 7) -> list[Piece]:
        return [
            self.piece(text, reference=reference, number=number, total=len(texts))
            for number, text in enumerate(texts, start=1)
        ]

    async def take(self, *pieces: Piece) -> Taken:
        return await self.store.take(pieces)

    async def texts(self) -> list[str]:
        """Of all messages, the oldest first."""
        lines = await self.store.incoming(ALL)
        return [(await self.store.story(line.id)).text for line in reversed(lines)]

    async def mms(self, *recipients: str) -> None:
        """One to each."""
        now = self.world.clock.now()
        for recipient in recipients:
            mms = incoming_mms(self.world.carrier_id, now, f"t{next(self._tokens)}")
            assert await self.store.take_mms(replace(mms, recipient=recipient))

    async def number(
        self,
        msisdn: str = NUMBER,
        host: str = "example.com",
        account: Account | None = None,
        settings: NumberSettings = URL,
    ) -> bool:
        new = NewNumber(msisdn, (account or self.world.account).id, host, settings, self.world.clock.now())
        return await self.store.add_number(new)

    async def lease(self, room: int = 100, **how: Any) -> list[LeasedCallback]:
        return (await self.leases(room, **how)).taken

    async def leases(self, room: int = 100, **how: Any) -> CallbackLeases:
        now = self.world.clock.now()
        given: dict[str, Any] = {"each": 10, "numbers": 100, "per_host": 10, "per_account": 100} | how
        request = CallbackRequest(
            room, token=next(self._tokens), now=now, until=now + timedelta(seconds=60), **given
        )
        return await self.store.lease(request)

    async def tell(self, calls: Sequence[LeasedCallback], verdict: Verdict, **how: Any) -> int:
        at = self.world.clock.now()
        return await self.store.record([CallbackTry(one.lease, verdict, at, **how) for one in calls])

    async def again(self, calls: Sequence[LeasedCallback], at: datetime) -> int:
        return await self.tell(calls, Verdict.AGAIN, status=500, again_at=at)

    async def end_parts(self, most: int = 100_000, **wait: float) -> int:
        now = self.world.clock.now()
        return await self.store.end_parts(PartWait(now, now - timedelta(**(wait or {"minutes": 30})), most))


@pytest.fixture
def inbox(world: World) -> Inbox:
    return Inbox(world)


# --- what comes in -----------------------------------------------------------------------------------------


async def test_a_message_is_kept_as_it_came_and_wants_its_call(inbox: Inbox) -> None:
    await inbox.number()
    assert await inbox.take(inbox.piece("Hallå där € 😀")) == Taken(1, 0)
    (line,) = await inbox.store.incoming(ALL)
    assert (line.account, line.carrier, line.sender, line.recipient) == ("test", "telia", PHONE, NUMBER)
    assert (line.state, line.complete) == (IncomingState.WAITING, True)
    assert line.received_at == line.state_at == inbox.world.clock.now()
    assert await inbox.texts() == ["Hallå där € 😀"]
    assert await inbox.store.uncalled() == 1
    message = await inbox.world.accept()
    assert message > line.id, "one counter for all: no id names two things"
    assert await inbox.world.store.newest_id() >= line.id


async def test_a_message_to_a_number_of_nobodys_is_kept_for_the_operator(inbox: Inbox) -> None:
    await inbox.number(OTHER)
    await inbox.take(inbox.piece("hej"), inbox.piece("hopp", recipient=OTHER))
    (line,) = await inbox.store.incoming(IncomingPage(unowned=True))
    assert (line.account, line.recipient, line.state) == (None, NUMBER, IncomingState.KEPT)
    assert [call.recipient for call in await inbox.lease()] == [OTHER]


async def test_parts_wait_for_each_other_in_any_order_and_over_commits(inbox: Inbox) -> None:
    one, two, three = inbox.parts("en ", "två ", "tre")
    assert await inbox.take(three) == Taken(0, 0)
    inbox.world.clock.forward(seconds=2)
    assert await inbox.take(one) == Taken(0, 0)
    assert await inbox.store.incoming(ALL) == []
    assert await inbox.take(two) == Taken(1, 0)
    (line,) = await inbox.store.incoming(ALL)
    assert (line.parts, line.got) == (3, 3)
    assert line.received_at == inbox.world.later(seconds=-2)
    assert await inbox.texts() == ["en två tre"]


async def test_a_character_cut_in_two_at_a_seam_is_whole_again(inbox: Inbox) -> None:
    await inbox.take(*inbox.parts("hej \ud83d", "\ude00 hopp"))
    assert await inbox.texts() == ["hej 😀 hopp"]


async def test_a_part_that_comes_again_is_known_before_and_after_the_message_is_whole(inbox: Inbox) -> None:
    one, two = inbox.parts("en ", "två")
    assert await inbox.take(one) == Taken(0, 0)
    assert await inbox.take(one, one) == Taken(0, 2)
    assert await inbox.take(two, two, one) == Taken(1, 2)
    assert await inbox.take(one) == Taken(0, 1)
    assert await inbox.take(two) == Taken(0, 1)
    assert await inbox.end_parts(minutes=-1) == 0
    assert await inbox.texts() == ["en två"]


async def test_a_reference_is_used_again_for_another_message(inbox: Inbox) -> None:
    await inbox.take(*inbox.parts("en ", "två"))
    await inbox.take(*inbox.parts("tre ", "fyra"))
    assert await inbox.texts() == ["en två", "tre fyra"]


async def test_a_reference_used_again_ends_a_message_that_never_became_whole(inbox: Inbox) -> None:
    await inbox.take(inbox.parts("en ", "två")[0])
    new = inbox.parts("tre ", "fyra")
    assert await inbox.take(new[0]) == Taken(0, 0)
    assert await inbox.texts() == ["en [...]"]
    assert await inbox.take(new[1]) == Taken(1, 0)
    assert await inbox.texts() == ["en [...]", "tre fyra"]
    assert [line.complete for line in await inbox.store.incoming(ALL)] == [True, False]


async def test_the_same_message_again_much_later_is_another_one(inbox: Inbox) -> None:
    """An alarm sender whose reference is always the same."""
    await inbox.take(*inbox.parts("larm ", "1"))
    inbox.world.clock.forward(minutes=11)
    await inbox.take(*inbox.parts("larm ", "1"))
    assert await inbox.texts() == ["larm 1", "larm 1"]


@pytest.mark.parametrize(
    "other",
    [
        {"sender": "46701740606"},
        {"recipient": OTHER},
        {"reference": 7},
        {"total": 3},
    ],
    ids=lambda other: next(iter(other)),
)
async def test_parts_of_different_messages_are_not_mixed(inbox: Inbox, other: dict[str, Any]) -> None:
    one, two = inbox.parts("en ", "två")
    assert await inbox.take(one, replace(two, **other)) == Taken(0, 0)
    assert await inbox.take(two) == Taken(1, 0)
    assert await inbox.texts() == ["en två"]


async def test_what_came_is_delivered_marked_when_the_rest_does_not_come(inbox: Inbox) -> None:
    await inbox.number()
    parts = inbox.parts("en ", "två ", "tre ", "fyra")
    await inbox.take(parts[0], parts[3])
    inbox.world.clock.forward(minutes=20)
    await inbox.take(inbox.parts("ny ", "text", reference=9)[0])
    inbox.world.clock.forward(minutes=11)
    assert await inbox.end_parts() == 1
    assert await inbox.end_parts() == 0
    assert await inbox.texts() == ["en [...]fyra"]
    (line,) = await inbox.store.incoming(ALL)
    assert (line.parts, line.got, line.complete) == (4, 2, False)
    (call,) = await inbox.lease()
    assert call.text == "en [...]fyra"


async def test_more_parts_than_are_kept_waiting_become_messages_the_oldest_first(inbox: Inbox) -> None:
    for number in range(5):
        await inbox.take(inbox.parts(f"{number}", "aldrig", reference=number)[0])
        inbox.world.clock.forward(seconds=1)
    assert await inbox.end_parts(most=2) == 3
    assert await inbox.texts() == ["0[...]", "1[...]", "2[...]"]


async def test_the_parts_of_whole_messages_are_forgotten_in_time(inbox: Inbox) -> None:
    await inbox.take(*inbox.parts("en ", "två"))
    await inbox.take(inbox.parts("väntar ", "", reference=3)[0])
    assert await inbox.store.forget_parts(inbox.world.clock.now()) == 0
    assert await inbox.store.forget_parts(inbox.world.later(minutes=11)) == 2
    assert await inbox.store.forget_parts(inbox.world.later(minutes=11)) == 0
    assert await inbox.world.rows("SELECT text FROM incoming_part WHERE incoming_id IS NOT NULL") == []


async def test_a_row_that_no_database_takes_sinks_no_other(inbox: Inbox) -> None:
    good = inbox.store.take([inbox.piece("hej")])
    bad = inbox.store.take([inbox.piece("\ud83d hej")])
    with pytest.raises(Exception, match="refused"):
        await bad
    assert await good == Taken(1, 0)
    assert await inbox.texts() == ["hej"]


# --- calls -------------------------------------------------------------------------------------------------


async def test_a_call_bears_all_that_it_needs_and_is_leased_once(inbox: Inbox) -> None:
    await inbox.number()
    await inbox.take(inbox.piece("hej"))
    (call,) = await inbox.lease()
    assert (call.sender, call.recipient, call.text) == (PHONE, NUMBER, "hej")
    assert (call.account_id, call.host, call.settings) == (inbox.world.account.id, "example.com", URL)
    assert call.received_at == inbox.world.clock.now()
    assert (call.lease.number, call.lease.round) == (1, 1)
    assert await inbox.lease() == []


async def test_ok_ends_it(inbox: Inbox) -> None:
    await inbox.number()
    await inbox.take(inbox.piece("hej"))
    calls = await inbox.lease()
    told = {"milliseconds": 12, "status": 200, "head": "OK"}
    assert await inbox.tell(calls, Verdict.DONE, **told) == 1
    assert await inbox.tell(calls, Verdict.DONE, **told) == 0, "once"
    story = await inbox.store.story(calls[0].lease.incoming_id)
    assert story.line.state is IncomingState.DONE
    assert [(one.number, one.status, one.head, one.milliseconds) for one in story.tries] == [
        (1, 200, "OK", 12)
    ]
    assert story.due is None
    assert await inbox.store.uncalled() == 0


async def test_a_failed_try_comes_again_when_it_is_due(inbox: Inbox) -> None:
    await inbox.number()
    await inbox.take(inbox.piece("hej"))
    calls = await inbox.lease()
    due = inbox.world.later(minutes=30)
    await inbox.again(calls, due)
    story = await inbox.store.story(calls[0].lease.incoming_id)
    assert (story.line.state, story.due) == (IncomingState.WAITING, due)
    assert await inbox.store.promote(inbox.world.later(minutes=29)) == 0
    inbox.world.clock.forward(minutes=30)
    assert await inbox.store.promote(inbox.world.clock.now()) == 1
    (call,) = await inbox.lease()
    assert (call.lease.number, call.lease.round) == (2, 2)
    assert call.lease.incoming_id == calls[0].lease.incoming_id


async def test_the_last_try_fails_it_and_a_replay_begins_anew(inbox: Inbox) -> None:
    await inbox.number()
    await inbox.take(inbox.piece("hej"))
    calls = await inbox.lease()
    await inbox.tell(calls, Verdict.FAILED, error=REFUSED)
    id = calls[0].lease.incoming_id
    (line,) = await inbox.store.incoming(IncomingPage(failed=True))
    assert (line.id, line.state) == (id, IncomingState.FAILED)
    now = inbox.world.clock.now()
    assert await inbox.store.replay([id, id + 1], now) == [id]
    assert await inbox.store.incoming(IncomingPage(failed=True)) == []
    (call,) = await inbox.lease()
    assert (call.lease.number, call.lease.round) == (2, 1)
    assert await inbox.store.replay([id], now) == [id], "it is being called: nothing to change"
    assert await inbox.lease() == []
    await inbox.tell([call], Verdict.DONE, status=200, head="OK")
    story = await inbox.store.story(id)
    assert [(one.number, one.error) for one in story.tries] == [
        (1, REFUSED),
        (2, None),
    ]


async def test_what_waits_for_its_next_try_has_it_now_when_replayed(inbox: Inbox) -> None:
    await inbox.number()
    await inbox.take(inbox.piece("hej"))
    calls = await inbox.lease()
    await inbox.again(calls, inbox.world.later(minutes=30))
    await inbox.store.replay([calls[0].lease.incoming_id], inbox.world.clock.now())
    (call,) = await inbox.lease()
    assert (call.lease.number, call.lease.round) == (2, 1)


async def test_what_was_nobodys_is_its_new_owners_once_replayed(inbox: Inbox) -> None:
    await inbox.take(inbox.piece("hej"))
    (line,) = await inbox.store.incoming(ALL)
    assert await inbox.store.replay([line.id], inbox.world.clock.now()) == []
    await inbox.number()
    assert await inbox.store.replay([line.id], inbox.world.clock.now()) == [line.id]
    assert [call.text for call in await inbox.lease()] == ["hej"]
    assert await inbox.store.incoming(IncomingPage(unowned=True)) == []


async def test_what_one_account_received_is_not_replayed_to_another(inbox: Inbox) -> None:
    await inbox.number()
    await inbox.take(inbox.piece("hej"))
    await inbox.tell(await inbox.lease(), Verdict.FAILED)
    other = await inbox.world.store.create_account(NewAccount("other", "", 0, inbox.world.clock.now()))
    await inbox.store.change_number(NumberChange(NUMBER, other.id, "other.example", URL))
    (line,) = await inbox.store.incoming(ALL)
    assert await inbox.store.replay([line.id], inbox.world.clock.now()) == []


async def test_a_lease_that_is_given_back_was_no_try(inbox: Inbox) -> None:
    await inbox.number()
    await inbox.take(inbox.piece("hej"))
    await inbox.tell(await inbox.lease(), Verdict.UNTRIED)
    (call,) = await inbox.lease()
    assert (call.lease.number, call.lease.round) == (1, 1)
    assert (await inbox.store.story(call.lease.incoming_id)).tries == []


async def test_a_lease_that_ends_untold_is_recorded_and_gives_nothing_up(inbox: Inbox) -> None:
    await inbox.number()
    await inbox.take(inbox.piece("hej"))
    (call,) = await inbox.lease()
    assert await inbox.store.end_leases(inbox.world.later(seconds=59)) == 0
    inbox.world.clock.forward(seconds=60)
    assert await inbox.store.end_leases(inbox.world.clock.now()) == 1
    (again,) = await inbox.lease()
    assert (again.lease.number, again.lease.round) == (2, 1)
    assert await inbox.tell([call], Verdict.DONE) == 0, "fenced"
    assert await inbox.tell([again], Verdict.DONE) == 1
    story = await inbox.store.story(call.lease.incoming_id)
    assert [(one.number, bool(one.error)) for one in story.tries] == [(1, True), (2, False)]


async def test_a_numbers_messages_are_called_in_their_order_and_wait_for_those_under_way(
    inbox: Inbox,
) -> None:
    await inbox.number()
    await inbox.take(*[inbox.piece(str(number)) for number in range(5)])
    first = await inbox.lease(each=2)
    assert [call.text for call in first] == ["0", "1"]
    assert await inbox.lease() == []
    await inbox.tell(first[:1], Verdict.DONE)
    assert await inbox.lease() == [], "one is still under way"
    await inbox.again(first[1:], inbox.world.later(minutes=30))
    later = await inbox.lease(each=2)
    assert [call.text for call in later] == ["2", "3"], "they do not wait for a retry"


async def test_one_customers_many_do_not_stand_before_another_ones_one(inbox: Inbox) -> None:
    await inbox.number()
    await inbox.number(OTHER, "other.example")
    await inbox.take(*[inbox.piece(str(number)) for number in range(50)])
    await inbox.take(inbox.piece("en", recipient=OTHER))
    assert {call.recipient for call in await inbox.lease(room=3, each=2)} == {NUMBER, OTHER}


async def test_the_next_lease_begins_behind_the_last_one(inbox: Inbox) -> None:
    numbers = [f"4673749{number:04}" for number in range(6)]
    for number in numbers:
        await inbox.number(number)
        await inbox.take(inbox.piece("hej", recipient=number))
    found, after = [], ""
    while True:
        leases = await inbox.leases(room=2, after=after)
        found += [call.recipient for call in leases.taken]
        after = leases.after
        if not after:
            break
    assert found == numbers


async def test_a_host_has_no_more_numbers_called_at_once_than_allowed(inbox: Inbox) -> None:
    numbers = [f"4673749{number:04}" for number in range(4)]
    for number in numbers:
        await inbox.number(number, "slow.example")
        await inbox.take(inbox.piece("hej", recipient=number), inbox.piece("hopp", recipient=number))
    await inbox.number(OTHER, "quick.example")
    await inbox.take(inbox.piece("hej", recipient=OTHER))
    calls = await inbox.lease(per_host=3, busy={"slow.example": 1})
    assert [call.recipient for call in calls] == [*[n for n in numbers[:2] for _ in "ab"], OTHER]
    assert await inbox.lease(per_host=3, busy={"slow.example": 3}) == []


async def test_an_mms_counts_at_the_host_of_its_own_address(inbox: Inbox) -> None:
    """And an SMS of the same number, whose host has no room, holds none of it."""
    urls = NumberSettings("https://sms.example/in", mms_callback="https://mms.example/in?who=me")
    numbers = [f"4673749{number:04}" for number in range(4)]
    for number in numbers:
        await inbox.number(number, "sms.example:443", settings=urls)
    await inbox.mms(*numbers[:3])
    await inbox.take(inbox.piece("hej", recipient=numbers[3]))
    calls = await inbox.lease(per_host=2, busy={"mms.example:443": 1, "sms.example:443": 1})
    assert [(call.recipient, call.host) for call in calls] == [
        (numbers[0], "mms.example:443"),
        (numbers[3], "sms.example:443"),
    ]
    calls = await inbox.lease(per_host=2, busy={"sms.example:443": 2})
    assert [(call.recipient, call.host) for call in calls] == [(n, "mms.example:443") for n in numbers[1:3]]


async def test_a_lease_of_a_number_leads_to_one_host_and_keeps_the_order(inbox: Inbox) -> None:
    urls = NumberSettings("https://sms.example/in", mms_callback="https://mms.example/in")
    await inbox.number(host="sms.example:443", settings=urls)
    await inbox.take(inbox.piece("ett"), inbox.piece("två"))
    await inbox.mms(NUMBER, NUMBER)
    await inbox.take(inbox.piece("tre"))
    leased = []
    while calls := await inbox.lease():
        leased.append((calls[0].host, [call.text for call in calls]))
        await inbox.tell(calls, Verdict.DONE, status=200)
    assert leased == [
        ("sms.example:443", ["ett", "två"]),
        ("mms.example:443", ["Semester", "Semester"]),
        ("sms.example:443", ["tre"]),
    ]


async def test_an_mms_whose_number_has_one_address_for_all_counts_with_its_sms(inbox: Inbox) -> None:
    await inbox.number(host="sms.example:443")
    await inbox.mms(NUMBER)
    await inbox.take(inbox.piece("hej"))
    assert await inbox.lease(per_host=1, busy={"sms.example:443": 1}) == []
    assert [call.host for call in await inbox.lease()] == ["sms.example:443"] * 2


async def test_an_account_has_no_more_numbers_called_at_once_than_allowed(inbox: Inbox) -> None:
    """Though each has a host of its own."""
    other = await inbox.world.store.create_account(NewAccount("other", "", 0, inbox.world.clock.now()))
    for number in range(4):
        await inbox.number(f"4673749{number:04}", f"{number}.example")
        await inbox.take(inbox.piece("hej", recipient=f"4673749{number:04}"))
    await inbox.number(OTHER, "quick.example", other)
    await inbox.take(inbox.piece("hej", recipient=OTHER))
    under_way = {inbox.world.account.id: 1}
    calls = await inbox.lease(per_account=3, accounts=under_way)
    assert [call.recipient for call in calls] == ["46737490000", "46737490001", OTHER]
    assert await inbox.lease(per_account=3, accounts={inbox.world.account.id: 3}) == []


def test_what_there_is_no_room_for_is_not_chosen() -> None:
    """So its calls are not locked and their texts not read, which would cost the other customers."""
    lane = Lane(NUMBER, 1, "slow.example")
    now = datetime.now(UTC)
    request = CallbackRequest(10, 10, 10, 1, 10, 1, now, now, busy={"slow.example": 1})
    assert choose(request, [lane] * LANES) == Choice([], NUMBER)


async def test_a_lease_that_is_full_goes_on_behind_what_it_took(inbox: Inbox) -> None:
    numbers = [f"4673749{number:04}" for number in range(3)]
    for number in numbers:
        await inbox.number(number)
        await inbox.take(*[inbox.piece(text, recipient=number) for text in "abc"])
    first = await inbox.leases(room=4)
    assert [(call.recipient, call.text) for call in first.taken] == [
        *[(numbers[0], text) for text in "abc"],
        (numbers[1], "a"),
    ]
    second = await inbox.leases(room=4, after=first.after)
    assert [(call.recipient, call.text) for call in second.taken] == [(numbers[2], text) for text in "abc"]


async def test_a_lease_is_for_so_many_numbers_at_most(inbox: Inbox) -> None:
    numbers = [f"4673749{number:04}" for number in range(4)]
    for number in numbers:
        await inbox.number(number)
        await inbox.take(inbox.piece("hej", recipient=number), inbox.piece("hopp", recipient=number))
    leases = await inbox.leases(numbers=3)
    assert [call.recipient for call in leases.taken] == [n for n in numbers[:3] for _ in "ab"]
    assert [call.recipient for call in await inbox.lease(after=leases.after)] == [numbers[3]] * 2


async def test_a_changed_number_is_called_where_it_says_now(inbox: Inbox) -> None:
    await inbox.number()
    await inbox.take(inbox.piece("hej"))
    new = NumberSettings("http://new.example/", charset="utf-8", verify_tls=False)
    assert await inbox.store.change_number(NumberChange(NUMBER, inbox.world.account.id, "new.example", new))
    (call,) = await inbox.lease()
    assert (call.host, call.settings) == ("new.example", new)


async def test_what_waits_for_a_number_that_is_taken_away_fails(inbox: Inbox) -> None:
    await inbox.number()
    await inbox.take(inbox.piece("hej"))
    assert await inbox.store.remove_number(NUMBER)
    assert not await inbox.store.remove_number(NUMBER)
    assert await inbox.lease() == []
    (line,) = await inbox.store.incoming(IncomingPage(failed=True))
    assert line.account == "test"
    assert await inbox.store.uncalled() == 0


async def test_what_was_leased_when_the_process_died_is_called_again(inbox: Inbox, place: Any) -> None:
    await inbox.number()
    await inbox.take(inbox.piece("hej"))
    (call,) = await inbox.lease()
    await inbox.world.store.close()
    world = inbox.world
    world.store = await open_store(place, world.clock)
    world.clock.forward(seconds=60)  # on a database of several nodes; on a file at once
    after = Inbox(world)
    assert await after.store.end_leases(world.clock.now()) == 1
    (again,) = await after.lease()
    assert again.lease.incoming_id == call.lease.incoming_id
    assert again.lease.number == 2


# --- lists, numbers, stop lists --------------------------------------------------------------------------


async def test_messages_are_listed_by_pages_the_newest_first_and_by_what_is_asked(inbox: Inbox) -> None:
    await inbox.number()
    await inbox.take(*[inbox.piece(str(number)) for number in range(5)])
    await inbox.take(inbox.piece("hej", recipient=OTHER))
    seen: list[int] = []
    page = IncomingPage(account_id=inbox.world.account.id, limit=2)
    while lines := await inbox.store.incoming(page):
        seen += [line.id for line in lines]
        page = replace(page, before=seen[-1])
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5
    assert len(await inbox.store.incoming(IncomingPage(recipient=OTHER))) == 1
    assert await inbox.store.incoming(IncomingPage(recipient=OTHER, failed=True)) == []
    assert await inbox.store.story(1_000_000) is None


async def test_of_a_list_the_beginnings_of_the_texts_are_read_at_once(inbox: Inbox) -> None:
    await inbox.number()
    await inbox.take(*[inbox.piece(text) for text in ("åäö😀€", "hej", "")])
    ids = sorted(line.id for line in await inbox.store.incoming(ALL))
    assert await inbox.store.texts([*ids, 1_000_000], 4) == dict(zip(ids, ("åäö😀", "hej", ""), strict=True))
    assert await inbox.store.texts([], 4) == {}


async def test_numbers_are_each_of_one_account(inbox: Inbox) -> None:
    assert await inbox.number()
    assert not await inbox.number()
    await inbox.number(OTHER)
    account = inbox.world.account
    one = Number(NUMBER, account.id, "test", URL)
    assert await inbox.store.number(NUMBER) == one
    assert await inbox.store.number("46000000000") is None
    assert await inbox.store.numbers(NumberPage(limit=1)) == [one]
    assert [n.msisdn for n in await inbox.store.numbers(NumberPage(after=NUMBER))] == [OTHER]
    assert await inbox.store.numbers(NumberPage(account_id=account.id + 1)) == []
    assert not await inbox.store.change_number(NumberChange("46000000000", account.id, "a", URL))
    mine, others = (NumberChange(NUMBER, account.id, "a", URL, owner=account.id + away) for away in (0, 1))
    assert await inbox.store.change_number(mine)
    assert not await inbox.store.change_number(others), "it is no longer whose it was"


async def test_stop_from_a_phone_puts_it_on_the_list_of_an_account_that_has_one(inbox: Inbox) -> None:
    await inbox.number()
    account_id = inbox.world.account.id
    page = StopPage(account_id)
    await inbox.take(inbox.piece("STOP"))
    assert await inbox.store.stops(page) == [], "it has none"
    settings = AccountSettings(stop_list=True)
    await inbox.world.store.change_account(AccountChange("test", settings=settings))
    await inbox.take(inbox.piece("Stop it"), inbox.piece("STOP", recipient=OTHER))
    assert await inbox.store.stops(page) == []
    assert await inbox.take(inbox.piece(" stopp\n"), inbox.piece("STOP")) == Taken(2, 0)
    assert await inbox.store.stops(page) == [StopLine(PHONE, inbox.world.clock.now())]
    assert await inbox.store.stopped(account_id, [PHONE, OTHER]) == {PHONE}
    assert await inbox.store.stopped(account_id + 1, [PHONE]) == set()
    assert len(await inbox.lease()) == 4, "the customer is told of them as of any"


async def test_an_operator_changes_a_stop_list(inbox: Inbox) -> None:
    change = StopChange(inbox.world.account.id, PHONE, inbox.world.clock.now())
    assert await inbox.store.stop(change)
    assert not await inbox.store.stop(change)
    assert await inbox.store.unstop(change)
    assert not await inbox.store.unstop(change)
    assert await inbox.store.stops(StopPage(inbox.world.account.id)) == []
