"""The incoming road's second half: lease what is to be called for, call, record. One for each process."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Final

import msgspec
import structlog

from kavle.clock import Clock
from kavle.core.caller import Answer, Caller
from kavle.core.outage import Outage
from kavle.core.steps import Steps
from kavle.core.tries import RETRY_STORE, Tries
from kavle.logs import telling
from kavle.metrics import Metrics
from kavle.model.callback import CallbackTry, LeasedCallback, Verdict
from kavle.store.errors import StoreUnavailable
from kavle.store.inbox import CallbackRequest
from kavle.store.store import Store

POLL: Final = 0.25
"""Seconds between looks for what is due or new: the truth, which being woken only hurries."""
LEASE: Final = timedelta(seconds=150)
PROMPT: Final = 30.0
"""Seconds for which a number is served by one lease: with the longest call behind it, and one more commit,
all is over well before LEASE ends."""
EACH: Final = 25
"""Calls of one number in one lease: a commit costs the same for one as for many."""
MOST: Final = 1000
"""Calls in one lease."""
SETTLE: Final = 10.0
"""Seconds that a stop waits for the calls under way."""

_log = structlog.get_logger("kavle.callbacks")


class Limits(msgspec.Struct, frozen=True):
    """How often, and how many at once."""

    interval: timedelta = timedelta(minutes=30)  # the manual's
    tries: int = 10  # the manual's, the first one counted
    connections: int = 200
    per_host: int = 10
    per_account: int = 50
    per_number: int = 1


class Callbacks:
    """`run` until it is cancelled, after `stop`. A number's messages are called for in the order in which
    they came, one after another: the next one when the one before it has had its try, whatever came of that.
    Numbers do not wait for each other, nor hosts, nor accounts; a host that is silent has one call at a time
    until it speaks again."""

    def __init__(self, store: Store, clock: Clock, metrics: Metrics, caller: Caller, limits: Limits) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._caller = caller
        self._limits = limits
        self._steps = Steps(clock, LEASE)
        self._woken = asyncio.Event()
        self._stopping = False
        self._idle = asyncio.Event()  # nothing is leased any more
        self._bug: BaseException | None = None
        self._served_last = ""  # the number behind which the next round of leases begins
        self._serving: set[asyncio.Task[None]] = set()
        self._busy: Counter[str] = Counter()  # calls under way, by host
        self._accounts: Counter[int] = Counter()  # and by account
        self._silent: set[str] = set()  # hosts that did not answer the last call
        self._tries = Tries(store, clock, metrics, self.wake)
        self._telling = telling()
        self._outage = Outage(_log, "callbacks have to wait")

    def wake(self) -> None:
        """Something came, or is to be called for again."""
        self._woken.set()

    async def run(self) -> None:
        """Raises what a part of it died of, which is a bug."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._lease())
            group.create_task(self._promote())
            group.create_task(self._tries.run())

    async def stop(self) -> None:
        """In this order: nothing more is leased, what has not begun goes back, calls under way are awaited up
        to a limit; what was made is recorded, and what was cut short goes back as well. Then `run` may be
        cancelled."""
        self._stopping = True
        self._woken.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE):
                await self._idle.wait()
        if self._serving:
            await asyncio.wait(self._serving, timeout=SETTLE)
        for task in self._serving:
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving)
        if not await self._tries.recorded():
            _log.warning("callbacks that were made are not recorded, and will be made again")
        self._caller.close()

    # --- leases -----------------------------------------------------------------------------------------

    async def _lease(self) -> None:
        while not self._stopping:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self._woken.wait()
            self._woken.clear()
            if self._bug is not None:
                raise self._bug
            try:
                await self._round()
            except StoreUnavailable as error:
                self._outage.began(error)
                await asyncio.sleep(RETRY_STORE)
            else:
                self._outage.over()
        self._idle.set()

    async def _round(self) -> None:
        """Once round all numbers, from behind the last one that was served: else those in front would be
        served again and again, for as long as there is less room than there are numbers."""
        begun = self._served_last
        await self._from(begun)
        if begun:
            await self._from("")

    async def _from(self, after: str) -> None:
        """Lease what there is room for, of the numbers behind this one, and begin with it."""
        while (request := self._request(after)) is not None:
            leases = await self._store.inbox.lease(request)
            if leases.taken:
                self._served_last = leases.taken[-1].recipient
            until = asyncio.get_running_loop().time() + PROMPT
            self._serve([list(calls) for _, calls in groupby(leases.taken, lambda one: one.recipient)], until)
            after = leases.after
            if not after:
                return

    def _request(self, after: str) -> CallbackRequest | None:
        numbers = self._limits.connections - len(self._serving)
        if numbers <= 0 or self._stopping:
            return None
        now = self._clock.now()
        return CallbackRequest(
            room=min(MOST, numbers * EACH),
            numbers=numbers,
            each=EACH,
            per_host=self._limits.per_host,
            per_account=self._limits.per_account,
            token=secrets.randbits(62),
            now=now,
            until=now + LEASE,
            busy=self._taken(),
            accounts=self._accounts.copy(),
            after=after,
        )

    def _taken(self) -> Counter[str]:
        """Calls under way, by host; as if more where a host is silent, so that there is room for one."""
        taken = self._busy.copy()
        for host in self._silent:
            taken[host] += self._limits.per_host - 1
        return taken

    async def _promote(self) -> None:
        """What is due again, and what a dead process had begun."""
        while True:
            try:
                while await self._store.inbox.promote(self._clock.now()):
                    self.wake()
                while ended := await self._end_leases():
                    _log.warning("callbacks are made again: whoever had begun is gone", calls=ended)
                    self.wake()
            except StoreUnavailable as error:
                self._outage.began(error)
            await asyncio.sleep(POLL)

    async def _end_leases(self) -> int:
        now = self._clock.now()
        return await self._store.inbox.end_leases(now) if self._steps.calm(now) else 0

    # --- calls ------------------------------------------------------------------------------------------

    def _serve(self, numbers: list[list[LeasedCallback]], until: float) -> None:
        """Each number's calls, one after another; or as many at once as the settings say, where that leaves
        none of these numbers waiting."""
        waiting = [iter(calls) for calls in numbers]
        for nth in range(self._limits.per_number):
            for calls, rest in zip(numbers, waiting, strict=True):
                if nth == 0 or (nth < len(calls) and self._has_room(calls[0])):
                    self._begin(calls[0], rest, until)

    def _has_room(self, call: LeasedCallback) -> bool:
        limits = self._limits
        return (
            len(self._serving) < limits.connections
            and self._busy[call.host] < limits.per_host
            and self._accounts[call.account_id] < limits.per_account
        )

    def _begin(self, first: LeasedCallback, waiting: Iterator[LeasedCallback], until: float) -> None:
        host, account_id = first.host, first.account_id
        self._busy[host] += 1
        self._accounts[account_id] += 1
        task = asyncio.create_task(self._in_order(waiting, until), name="callback")
        self._serving.add(task)
        task.add_done_callback(partial(self._served, host, account_id))

    def _served(self, host: str, account_id: int, task: asyncio.Task[None]) -> None:
        self._serving.discard(task)
        self._busy -= Counter((host,))
        self._accounts -= Counter((account_id,))
        if not task.cancelled() and (bug := task.exception()) is not None:
            self._bug = bug
            self._woken.set()

    async def _in_order(self, waiting: Iterator[LeasedCallback], until: float) -> None:
        now = asyncio.get_running_loop().time
        try:
            for callback in waiting:
                await self._call(callback)
                if self._stopping or now() >= until:
                    break
        finally:
            self._tries.give_back(waiting)

    async def _call(self, callback: LeasedCallback) -> None:
        public_id = self._store.public_ids.public(callback.lease.incoming_id)
        at, now = self._clock.now(), asyncio.get_running_loop().time
        began = now()
        try:
            answer = await self._caller.call(callback, public_id)
        except asyncio.CancelledError:
            self._tries.give_back([callback])
            raise
        seconds = now() - began
        if answer.status is None:
            self._silent.add(callback.host)
        else:
            self._silent.discard(callback.host)
        self._metrics.callback_seconds.observe(seconds)
        self._tries.tell(self._judged(callback, answer, at, round(seconds * 1000)))
        if self._telling:
            _log.debug("called", message_id=callback.lease.incoming_id, ok=answer.ok, status=answer.status)

    def _judged(
        self, callback: LeasedCallback, answer: Answer, at: datetime, milliseconds: int
    ) -> CallbackTry:
        verdict, again = Verdict.DONE, None
        if not answer.ok:
            last = callback.lease.round >= self._limits.tries
            verdict, again = (Verdict.FAILED, None) if last else (Verdict.AGAIN, at + self._limits.interval)
        return CallbackTry(
            callback.lease, verdict, at, milliseconds, answer.status, answer.head, answer.error, again
        )
