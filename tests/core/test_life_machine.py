"""A message's whole life, in every order that hypothesis can think of, on a real database: accept, bundle,
schedule, cancel, lease, outcome, receipt, expiry and crash, of SMS and MMS, against the small model of
support/model.py."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kavle.clock import SetClock
from kavle.model.message import Lease, Result
from kavle.model.money import UNIT
from kavle.model.service import Service
from kavle.model.status import Status
from kavle.store.types import CarrierTerms, Decision, Verdict
from support.mms import mms_draft, mms_world
from support.model import Model
from support.postgres import fresh_database, release
from support.world import LOST, RECIPIENT, REFUSED, THROTTLED, Accepted, Place, Unsent, World, open_world

RESULTS: dict[str, Result] = {"refused": REFUSED, "retry": THROTTLED, "unsure": LOST, "unsent": Unsent()}
LEASE = 60.0
CANCELLED = int(Status.CANCELLED)


class Life(RuleBasedStateMachine):
    """On either engine."""

    place: Place
    one_engine: bool  # whoever opens the database is alone with it, and ends all leases that it finds

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = SetClock()
        self.start = self.clock.now()
        self.model = Model(credits=100)
        self.leases: dict[int, Lease] = {}
        self.ended: list[Lease] = []
        self.world: World
        self.mms: World  # the same, by its carrier of MMS

    def now(self) -> float:
        return (self.clock.now() - self.start).total_seconds()

    def do(self, what: Any) -> Any:
        return self.loop.run_until_complete(what)

    @initialize(hold=st.booleans(), whole=st.booleans())
    def open(self, hold: bool, whole: bool) -> None:
        self.place = self.do(self.make_place())
        self.terms = CarrierTerms("telia", hold, whole)
        self.reopen()
        self.model.hold, self.model.whole = hold, whole

    @rule(total=st.integers(1, 3), priority=st.integers(1, 3))
    def accept(self, total: int, priority: int) -> None:
        id = self.do(self.world.store.accept(self.world.draft("x" * (total * 152), priority=priority)))
        assert (id is not None) == (self.model.credits >= total)
        if id is not None:
            assert id not in self.model.messages, "an id was used again"
            self.model.accept(id, total, priority, self.now())

    @rule(priority=st.integers(1, 3))
    def accept_mms(self, priority: int) -> None:
        id = self.do(self.mms.store.accept(mms_draft(self.mms, priority=priority)))
        assert (id is not None) == (self.model.credits >= 1)
        if id is not None:
            assert id not in self.model.messages, "an id was used again"
            self.model.accept(id, 1, priority, self.now(), mms=True)

    @rule(total=st.integers(1, 3), hours=st.sampled_from([1, 30]))
    def schedule(self, total: int, hours: int) -> None:
        draft = self.world.draft("x" * (total * 152), due=self.world.later(hours=hours))
        id = self.do(self.world.store.accept(draft))
        assert (id is not None) == (self.model.credits >= total)
        if id is not None:
            self.model.schedule(id, total, self.now() + hours * 3600)

    @rule(good=st.lists(st.booleans(), min_size=1, max_size=4), hours=st.sampled_from([None, 1, 30]))
    def bundle(self, good: list[bool], hours: int | None) -> None:
        due = None if hours is None else self.world.later(hours=hours)
        draft = self.world.bundle_draft([RECIPIENT if leads else "hej" for leads in good], due=due)
        id = self.do(self.world.store.accept_bundle(draft))
        assert (id is not None) == (self.model.credits >= sum(good))
        if id is not None:
            ids = self.do(self.world.bundle(id))
            assert not {id, *ids} & {*self.model.messages, *self.model.bundles}, "an id was used again"
            due_in = None if hours is None else self.now() + hours * 3600
            self.model.bundle(id, 1, due_in, dict(zip(ids, good, strict=True)), self.now())

    @rule()
    def advance(self) -> None:
        self.do(self.world.store.advance(self.clock.now()))

    @precondition(lambda self: self.model.messages)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.model.messages)))
        can = self.model.cancellable(id, self.now())
        assert self.do(self.world.cancel(id)) == can
        self.model.cancel([id] if can else [])

    @precondition(lambda self: self.model.bundles)
    @rule(data=st.data())
    def cancel_bundle(self, data: st.DataObject) -> None:
        bundle = data.draw(st.sampled_from(sorted(self.model.bundles)))
        ids = [id for id in self.model.bundles[bundle] if self.model.cancellable(id, self.now())]
        assert self.do(self.world.cancel_bundle(bundle)) == bool(ids)
        self.model.cancel(ids)

    @rule(
        room=st.integers(1, 6),
        kept=st.integers(0, 6),
        owed=st.dictionaries(st.integers(1, 2), st.integers(1, 3)),
        mms=st.booleans(),
    )
    def lease(self, room: int, kept: int, owed: dict[int, int], mms: bool) -> None:
        self.do(self.world.advance())
        self.sweep()
        self.expire()
        may = {p: self.model.ready(self.now(), p, mms=mms) for p in ((1, 2, 3) if kept < room else (3,))}
        leased = self.do((self.mms if mms else self.world).lease(room, LEASE, kept, owed))
        taken = dict.fromkeys((1, 2, 3), 0)
        for message in leased:
            lease = message.lease
            assert (message.service is Service.MMS) == mms
            assert set(message.unsent) == self.model.messages[lease.message_id].unsent
            self.model.lease(lease.message_id, self.now() + LEASE)
            self.leases[lease.message_id] = lease
            assert lease.message_id in may[message.priority]
            taken[message.priority] += len(message.unsent)
        # What is owed may end with a message that is longer than it, of each priority that is owed some.
        over = 2 * len(owed) if len(leased) > 1 else 2
        assert sum(taken.values()) <= room + over
        assert taken[1] + taken[2] <= max(0, room - kept) + over
        assert bool(leased) == any(may.values())
        if (least := min(owed, default=0)) in may and len(owed) == 1:
            assert taken[least] or not may[least]

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), kind=st.sampled_from(["accepted", "accepted", "accepted", *RESULTS]))
    def outcome(self, data: st.DataObject, kind: str) -> None:
        id = data.draw(st.sampled_from(sorted(self.leases)))
        part = data.draw(st.sampled_from(sorted(self.model.messages[id].handed)))
        network_id = self.network_id(id, part)
        result = Accepted(network_id) if kind == "accepted" else RESULTS[kind]
        assert self.do(self.world.answer(self.leases[id], result, first=part)) == 1
        self.model.outcome(id, part, kind, network_id, self.now())
        if not self.model.messages[id].handed:
            self.ended.append(self.leases.pop(id))

    @precondition(lambda self: self.ended)
    @rule(data=st.data())
    def outcome_of_an_ended_lease(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from(self.ended))
        assert self.do(self.world.answer(lease, Accepted("late"))) == 0

    @precondition(lambda self: self.model.open)
    @rule(data=st.data(), status=st.sampled_from([Status.DELIVERED, Status.DELIVERED, Status.PHONE_FAILED]))
    def receipt(self, data: st.DataObject, status: Status) -> None:
        network_id = data.draw(st.sampled_from(sorted(self.model.open)))
        assert self.do(self.network_of(self.model.open[network_id][0]).receipt(network_id, status)) == 1
        self.model.receipt(network_id, int(status), self.now())

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def receipt_before_its_response(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.leases)))
        part = data.draw(st.sampled_from(sorted(self.model.messages[id].handed)))
        network_id = self.network_id(id, part)
        if network_id not in self.model.early:
            assert self.do(self.network_of(id).receipt(network_id)) == 0
            self.model.receipt(network_id, 22, self.now())

    @rule(seconds=st.sampled_from([0.1, 1, 5, 40, 3600]))
    def wait(self, seconds: float) -> None:
        self.clock.forward(seconds=seconds)
        self.sweep()

    @rule()
    def expiry(self) -> None:
        self.clock.forward(hours=25)
        self.sweep()
        self.expire()

    @rule()
    def crash(self) -> None:
        """The process dies with its leases (kill -9 itself is for the chaos harness). Among many nodes nobody
        knows that it did: there its leases last until they end."""
        self.do(self.world.store.close())
        if self.one_engine:
            for id in sorted(self.leases):
                self.model.lose(id, self.now())
            self.ended += self.leases.values()
            self.leases.clear()
        self.reopen()

    @precondition(lambda self: self.model.waiting_for_an_operator())
    @rule(data=st.data(), verdict=st.sampled_from(Verdict))
    def verdict(self, data: st.DataObject, verdict: Verdict) -> None:
        id = data.draw(st.sampled_from(self.model.waiting_for_an_operator()))
        assert self.do(self.world.store.decide(Decision((id,), verdict, self.clock.now()))) == [id]
        getattr(self.model, verdict)(id, self.now())

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        if not hasattr(self, "world"):
            return
        messages = self.model.messages
        rows = dict(self.do(self.world.rows("SELECT id, status FROM message")))
        ending = self.ending(rows)
        told = dict(rows)
        for bundle in self.model.bundles:
            told |= dict(self.do(self.world.store.bundle(bundle)))
        assert told.keys() == messages.keys()
        for id in messages.keys() - ending:
            assert told[id] == messages[id].status
        services = dict(self.do(self.world.rows("SELECT id, service FROM message")))
        assert services == {id: messages[id].mms for id in rows}
        files = self.do(self.world.rows("SELECT message_id FROM file"))
        assert sorted(files) == sorted(2 * [(id,) for id in rows if messages[id].mms])
        jobs = dict(self.do(self.world.rows("SELECT message_id, unsent FROM job")))
        assert set(jobs) == {id for id in rows if messages[id].queued or id in ending}
        credits = self.model.credits - sum(messages[id].total for id in ending)
        assert self.do(self.world.credits()) == credits
        assert self.do(self.world.rows("SELECT sum(amount) FROM ledger")) == [(credits * UNIT,)]

    def teardown(self) -> None:
        if hasattr(self, "world"):
            for id in self.model.messages:
                self.do(self.world.story(id))  # its last line is the status
            self.do(self.world.store.close())
            self.do(self.drop_place())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    async def make_place(self) -> Place:
        raise NotImplementedError

    async def drop_place(self) -> None:
        raise NotImplementedError

    def reopen(self) -> None:
        self.world = self.do(open_world(self.place, self.clock, self.terms))
        self.mms = self.do(mms_world(self.world, self.terms))

    def network_of(self, id: int) -> World:
        return self.mms if self.model.messages[id].mms else self.world

    def network_id(self, id: int, part: int) -> str:
        return f"{id}.{part}.{self.model.messages[id].attempt}"

    def ending(self, rows: dict[int, int]) -> set[int]:
        """Messages of cancelled bundles that `advance` has yet to end and to refund."""
        return {
            id
            for bundle, ids in self.model.bundles.items()
            if self.do(self.world.store.cancelling(bundle))
            for id in ids
            if self.model.messages[id].status == CANCELLED and rows.get(id) != CANCELLED
        }

    def sweep(self) -> None:
        self.do(self.world.sweep())
        for id in [id for id in self.leases if self.model.messages[id].until <= self.now()]:
            self.model.lose(id, self.now())
            self.ended.append(self.leases.pop(id))

    def expire(self) -> None:
        self.do(self.world.advance())
        self.do(self.world.expire(self.clock.now()))
        self.model.expire(self.now())


class LifeOnSqlite(Life):
    one_engine = True

    async def make_place(self) -> Place:
        return Path(tempfile.mkdtemp()) / "kavle.db"

    async def drop_place(self) -> None:
        shutil.rmtree(Path(self.place).parent)


class LifeOnPostgres(Life):
    one_engine = False

    async def make_place(self) -> Place:
        return await fresh_database()

    async def drop_place(self) -> None:
        await release(str(self.place))


TestLifeOnSqlite = LifeOnSqlite.TestCase
TestLifeOnPostgres = LifeOnPostgres.TestCase
TestLifeOnSqlite.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLifeOnPostgres.settings = settings(TestLifeOnSqlite.settings, max_examples=30)
