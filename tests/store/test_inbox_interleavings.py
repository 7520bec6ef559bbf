"""Incoming messages on two nodes of PostgreSQL at once: each pair of transactions in every order of its named
points."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from kavle.clock import SetClock
from kavle.model.callback import CallbackTry, Verdict
from kavle.model.incoming import IncomingState, Piece
from kavle.model.number import NumberSettings
from kavle.store.calling import Choice
from kavle.store.inbox import CallbackRequest, NewNumber
from kavle.store.rows import to_ms
from support.mms import incoming_mms as incoming_mms_of
from support.world import World, open_world

pytest.importorskip("asyncpg", reason="PostgreSQL's driver is not installed")

from kavle.store.postgres import callbacks, incoming, incoming_mms
from support.steps import Stage, orders

PHONE, NUMBER = "46701740605", "46737494123"
POINTS = {
    incoming._HOLD: "locks the message",
    incoming._PARTS: "looks for parts",
    incoming._KEEP: "keeps parts",
    incoming_mms.SEEN: "looks whether it is here",
    incoming_mms._INSERT: "keeps an MMS",
    callbacks._HOLD: "locks numbers",
    callbacks._READY: "finds ready calls",
    callbacks._TAKE: "leases",
    callbacks._LEASED: "locks calls",
    callbacks._DUE: "finds ended leases",
    callbacks._REPLAY: "replays",
}
TEXTS = "SELECT text FROM incoming JOIN body ON message_id = id ORDER BY id"


@pytest.fixture
async def world(url: str) -> AsyncIterator[World]:
    world = await open_world(url, SetClock())
    address = NumberSettings("https://example.com/")
    number = NewNumber(NUMBER, world.account.id, "example.com", address, world.clock.now())
    await world.store.inbox.add_number(number)
    yield world
    await world.store.close()


def part(world: World, text: str, number: int, total: int, reference: int) -> list[list[Piece]]:
    return [[Piece(world.carrier_id, PHONE, NUMBER, text, world.clock.now(), reference, number, total)]]


def request(world: World, token: int) -> CallbackRequest:
    now = world.clock.now()
    return CallbackRequest(
        room=10,
        numbers=10,
        each=1,
        per_host=10,
        per_account=10,
        token=token,
        now=now,
        until=now + timedelta(seconds=60),
    )


def wanted(world: World, token: int) -> list[tuple[CallbackRequest, Choice]]:
    return [(request(world, token), Choice([NUMBER], ""))]


async def test_two_nodes_are_told_one_part_each(world: World, stage: Stage) -> None:
    takes = incoming.Take(world.store._ids), incoming.Take(world.store._ids)
    for reference, order in enumerate(orders(4, 4)):
        first, second = part(world, "en ", 1, 2, reference), part(world, "två", 2, 2, reference)
        (one,), (other,) = await stage.play(order, (takes[0], first), (takes[1], second))
        assert one.messages + other.messages == 1, stage.said
    assert Counter(await world.rows(TEXTS)) == Counter({("en två",): reference + 1})


async def test_two_nodes_are_told_the_same_part(world: World, stage: Stage) -> None:
    """The link died before the answer, and the network sends it by the other one."""
    takes = incoming.Take(world.store._ids), incoming.Take(world.store._ids)
    for reference, order in enumerate(orders(4, 4)):
        first, last = part(world, "en ", 1, 2, reference), part(world, "två", 2, 2, reference)
        await takes[0](world.store._pool, first)
        (one,), (other,) = await stage.play(order, (takes[0], last), (takes[1], last))
        assert {(one.messages, one.doubles), (other.messages, other.doubles)} == {(1, 0), (0, 1)}, stage.said
    assert Counter(await world.rows(TEXTS)) == Counter({("en två",): reference + 1})


async def test_the_last_part_comes_when_it_is_waited_for_no_longer(world: World, stage: Stage) -> None:
    """One message, whole or marked; then the late part is another one's."""
    take, end = incoming.Take(world.store._ids), incoming.EndParts(world.store._ids)
    for reference, order in enumerate(orders(4, 4)):
        first, last = part(world, "en ", 1, 2, reference), part(world, "två", 2, 2, reference)
        await take(world.store._pool, first)
        key = PHONE, NUMBER, world.carrier_id, reference, 2
        before = len(await world.rows(TEXTS))
        await stage.play(order, (take, last), (end, [([key], to_ms(world.clock.now()))]))
        texts = [text for (text,) in await world.rows(TEXTS)][before:]
        assert texts in (["en två"], ["en [...]"]), stage.said
        waiting = await world.rows("SELECT number FROM incoming_part WHERE incoming_id IS NULL")
        assert waiting == ([] if texts == ["en två"] else [(2,)]), stage.said
        await world.store._pool.execute("DELETE FROM incoming_part")


async def test_two_nodes_are_told_the_same_mms(world: World, stage: Stage) -> None:
    """As where the first answer was lost: its TransactionID is the same, and so is all that is in it."""
    take = incoming_mms.TakeMms(world.store._ids)
    for number, order in enumerate(orders(3, 3)):
        told = [incoming_mms_of(world.carrier_id, world.clock.now(), f"t{number}")]
        (one,), (other,) = await stage.play(order, (take, told), (take, told))
        assert {one, other} == {True, False}, stage.said
    kept = await world.rows("SELECT id FROM incoming")
    files = await world.rows("SELECT DISTINCT message_id FROM file")
    calls = await world.rows("SELECT incoming_id FROM callback")
    assert sorted(kept) == sorted(files) == sorted(calls)
    assert len(kept) == number + 1


async def test_no_call_is_leased_by_two_nodes(world: World, stage: Stage) -> None:
    for number, order in enumerate(orders(4, 4)):
        await world.store.inbox.take(part(world, str(number), 1, 1, 0)[0])
        (one,), (other,) = await stage.play(
            order, (callbacks.lease, wanted(world, 1)), (callbacks.lease, wanted(world, 2))
        )
        assert len(one.taken) + len(other.taken) == 1, stage.said
        (call,) = [*one.taken, *other.taken]
        await world.store.inbox.record([CallbackTry(call.lease, Verdict.DONE, world.clock.now())])


async def test_a_numbers_calls_are_not_shared_out_to_two_nodes(world: World, stage: Stage) -> None:
    """Each lease takes one call of a number. The other node may not begin with the second, which would
    overtake the first."""
    for order in orders(4, 4):
        await world.store.inbox.take([*part(world, "1", 1, 1, 0)[0], *part(world, "2", 1, 1, 0)[0]])
        (one,), (other,) = await stage.play(
            order, (callbacks.lease, wanted(world, 1)), (callbacks.lease, wanted(world, 2))
        )
        assert [call.text for call in [*one.taken, *other.taken]] == ["1"], stage.said
        await world.store._pool.execute("DELETE FROM callback")


async def test_a_lease_ends_while_its_outcome_comes(world: World, stage: Stage) -> None:
    """Either the call counts and the message is done, or it is made again; never both."""
    for number, order in enumerate(orders(2, 3)):
        await world.store.inbox.take(part(world, str(number), 1, 1, 0)[0])
        (call,) = (await world.store.inbox.lease(request(world, 1))).taken
        world.clock.forward(seconds=61)
        tried = [CallbackTry(call.lease, Verdict.DONE, world.clock.now())]
        (counted,), (ended,) = await stage.play(
            order, (callbacks.record, [tried]), (callbacks.end_leases, [world.clock.now()])
        )
        assert counted + ended == 1, stage.said
        story = await world.store.inbox.story(call.lease.incoming_id)
        assert len(story.tries) == 1, stage.said
        await world.store._pool.execute("DELETE FROM callback")


async def test_a_replay_while_the_last_try_is_recorded(world: World, stage: Stage) -> None:
    """It is brought anew, or it had just ended; it never waits without a call."""
    for number, order in enumerate(orders(2, 2)):
        await world.store.inbox.take(part(world, str(number), 1, 1, 0)[0])
        (call,) = (await world.store.inbox.lease(request(world, 1))).taken
        id = call.lease.incoming_id
        tried = [CallbackTry(call.lease, Verdict.FAILED, world.clock.now())]
        await stage.play(order, (callbacks.record, [tried]), (callbacks.replay, [([id], world.clock.now())]))
        state = (await world.store.inbox.story(id)).line.state
        queued = await world.rows("SELECT incoming_id FROM callback")
        assert (state is IncomingState.WAITING) == bool(queued), stage.said
        await world.store._pool.execute("DELETE FROM callback")
