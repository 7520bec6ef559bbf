"""The outgoing road: lease, hand over, record. One dispatcher for each carrier."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import structlog

from kavle.clock import Clock
from kavle.core.carrier import Carrier
from kavle.core.incoming import Incoming
from kavle.core.outage import Outage
from kavle.core.receipts import Receipts
from kavle.core.shares import Shares
from kavle.logs import telling
from kavle.metrics import Metrics
from kavle.model.errors import Reason, Refusal
from kavle.model.incoming import Piece
from kavle.model.message import LeasedMessage, Outcome, Parcel, Priority, Receipt, Unsent
from kavle.model.mms import IncomingMms, MmsFile
from kavle.model.service import Service
from kavle.sms.segment import Segment, split
from kavle.store.errors import StoreUnavailable
from kavle.store.store import Store
from kavle.store.types import LeaseRequest

POLL: Final = 0.25
"""Seconds between looks at the queue: the truth, which being woken only hurries."""
LEASE: Final = timedelta(seconds=120)
PROMPT: Final = 20.0
"""Seconds within which a lease must be ours: with the longest wait for room on the link and the longest
response time-out behind it, all is still over before LEASE ends."""
LOTS: Final = 4
"""A lease is for a quarter at least of what the carrier takes at once: a commit costs the same for one as for
fifty. What has just come and is urgent, and what the poll finds, does not wait for that."""
URGENT_LOTS: Final = 12
"""Other urgent ones wait for so small a part of it as the slots kept for them always are."""
RETRY_STORE: Final = 1.0

_log = structlog.get_logger("kavle.dispatch")


class Dispatcher:
    """Implements `CarrierEvents` for its carrier."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        carrier_id: int,
        most_segments: int,
        incoming: Incoming | None = None,
    ) -> None:
        """`incoming`: who takes what phones send; without, it is left with the network."""
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._receipts = Receipts(store, metrics)
        self._incoming = incoming
        self._carrier_id = carrier_id
        self._most_segments = most_segments
        self._woken = asyncio.Event()
        self._stopping = asyncio.Event()
        self._more = True  # the last look did not empty the queue
        self._more_urgent = True  # nor that of priority 3
        self._at_once = False  # however little room there is
        self._shares = Shares()
        self._telling = telling()
        self._asked = 0.0  # when the last lease was asked for, by the loop's clock
        self._recording: set[asyncio.Task[None]] = set()
        self._bug: BaseException | None = None
        self._leases_out = Outage(_log, "nothing can be leased")
        self._outcomes_out = Outage(_log, "outcomes wait to be stored")

    # --- what others tell it --------------------------------------------------------------------------

    def wake(self, *, urgent: bool = False) -> None:
        """There is something new in the queue."""
        self._more = True
        self._more_urgent = self._more_urgent or urgent
        self._at_once = self._at_once or urgent
        self._woken.set()

    def room(self) -> None:
        if self._more:
            self._woken.set()

    def outcomes(self, batch: Sequence[Outcome]) -> None:
        task = asyncio.create_task(self._record(batch))
        self._recording.add(task)
        task.add_done_callback(self._recorded)

    async def receipts(self, batch: Sequence[Receipt]) -> None:
        await self._kept(self._receipts.keep(batch))

    async def messages(self, batch: Sequence[Piece]) -> None:
        if self._incoming is None:
            raise Refusal(Reason.UNAVAILABLE, "nothing here takes incoming messages")
        await self._kept(self._incoming.keep(batch))

    async def files(self, message_id: int) -> Sequence[MmsFile]:
        try:
            return await self._store.files.all(message_id)
        except StoreUnavailable as error:
            raise Refusal(Reason.UNAVAILABLE, "the files can't be read now") from error

    async def mms(self, message: IncomingMms) -> None:
        if self._incoming is None:
            raise Refusal(Reason.UNAVAILABLE, "nothing here takes incoming messages")
        await self._kept(self._incoming.mms(message))

    async def _kept(self, keeping: Awaitable[None]) -> None:
        try:
            await keeping
        except Refusal:
            raise
        except Exception as bug:
            self._bug = bug
            self._woken.set()
            raise

    # --- what it does ---------------------------------------------------------------------------------

    async def dispatch(self, carrier: Carrier) -> None:
        """Lease what the carrier has room for and hand it over, until `stop_leasing`. Raises what recording
        died of, which is a bug: without its outcomes a carrier must not go on."""
        polling = asyncio.create_task(self._poll())
        try:
            while not self._stopping.is_set():
                await self._turn(carrier)
        finally:
            polling.cancel()

    def stop_leasing(self) -> None:
        self._stopping.set()
        self._woken.set()

    async def settled(self) -> None:
        """Returns when every outcome so far is on disk."""
        while self._recording:
            await asyncio.wait(self._recording)

    async def _turn(self, carrier: Carrier) -> None:
        await self._woken.wait()
        self._woken.clear()
        lot = 1 if self._at_once else carrier.lot
        self._at_once = False
        if self._bug is not None:
            raise self._bug
        while self._more and not self._stopping.is_set() and (request := self._request(carrier, lot)):
            self._hand_over(carrier, await self._lease(request))

    def _request(self, carrier: Carrier, lot: int) -> LeaseRequest | None:
        """For what there is room for now; None while that is too little."""
        room, kept, owed = carrier.free(), carrier.kept(), self._shares.owed()
        if room - kept < max(1, lot // LOTS):
            if not self._more_urgent or room < max(1, lot // URGENT_LOTS):
                return None
            # What is not urgent waits for more room, but for what it is owed.
            kept = max(kept, room - sum(owed.values()))
        now = self._clock.now()
        token = secrets.randbits(62)
        return LeaseRequest(self._carrier_id, room, token, now, now + LEASE, kept, owed)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL)
            self.wake(urgent=True)

    def _hand_over(self, carrier: Carrier, leased: Sequence[LeasedMessage]) -> None:
        if not leased:
            return
        if self._telling:
            for one in leased:
                _log.debug("handed over", message_id=one.lease.message_id, attempt=one.lease.attempt)
        if asyncio.get_running_loop().time() - self._asked < PROMPT:
            carrier.submit([_parcel(message) for message in leased])
            return
        # The commit took so long that the lease might end while the link still writes.
        now = self._clock.now()
        self.outcomes([Outcome(one.lease, number, Unsent(), now) for one in leased for number in one.unsent])

    async def _lease(self, request: LeaseRequest) -> list[LeasedMessage]:
        self._more = self._more_urgent = False  # unless somebody says otherwise while we look
        self._asked = asyncio.get_running_loop().time()
        try:
            leased = await self._store.lease(request)
        except StoreUnavailable as error:
            self._leases_out.began(error)
            return []
        self._leases_out.over()
        taken = Counter[int]()
        for message in leased:
            taken[message.priority] += len(message.unsent)
        # Whose share was asked for, with room for it, and not found.
        self._shares.took(taken, {one for one in request.owed if request.lower and not taken[one]})
        self._left(request, taken)
        self._metrics.leases += 1
        self._metrics.leased_messages += len(leased)
        return leased

    def _left(self, request: LeaseRequest, taken: Mapping[int, int]) -> None:
        """Whether there may be more. What is left of the room may be less than the next message is long; and
        a lease that takes nothing though it might has seen that there is nothing."""
        longest = self._most_segments
        urgent = taken.get(Priority.URGENT, 0)
        lower = sum(taken.values()) - urgent
        first = lower if request.owed else 0  # what may have gone before the urgent ones
        if urgent + first > max(0, request.room - longest):
            self._more = self._more_urgent = True
        room = min(request.room - urgent, request.lower) - lower
        self._more = self._more or (room < longest and (bool(taken) or request.lower == 0))

    async def _record(self, batch: Sequence[Outcome]) -> None:
        """However long it takes: an outcome that is lost would have its message sent again."""
        while True:
            try:
                counted = await self._store.record(batch)
                break
            except StoreUnavailable as error:
                self._outcomes_out.began(error, outcomes=len(batch))
                await asyncio.sleep(RETRY_STORE)
        self._outcomes_out.over()
        self._metrics.fenced_outcomes += len(batch) - counted
        for outcome in batch:
            self._metrics.outcomes[type(outcome.result).__name__.lower()] += 1
        if self._telling:
            for outcome in batch:
                _log.debug(
                    "outcome",
                    message_id=outcome.lease.message_id,
                    segment=outcome.segment,
                    attempt=outcome.lease.attempt,
                    result=type(outcome.result).__name__.lower(),
                    network_id=getattr(outcome.result, "network_id", None),
                )

    def _recorded(self, task: asyncio.Task[None]) -> None:
        self._recording.discard(task)
        if not task.cancelled() and (bug := task.exception()) is not None:
            self._bug = bug
            self._woken.set()


def _parcel(message: LeasedMessage) -> Parcel:
    segments = _segments(message)
    return Parcel(
        lease=message.lease,
        recipient=message.recipient,
        sender=message.sender,
        text=message.text,
        encoding=message.encoding,
        flash=message.flash,
        priority=message.priority,
        expires_at=message.expires_at,
        segments=tuple(segments[number - 1] for number in message.unsent),
        service=message.service,
    )


def _segments(message: LeasedMessage) -> Sequence[Segment]:
    if message.service is Service.MMS:
        return (Segment(1, 1, b"", b""),)
    # The reference is the same on each try, so that a part sent again joins the parts sent before.
    return split(message.text, message.encoding, message.lease.message_id & 0xFFFF)
