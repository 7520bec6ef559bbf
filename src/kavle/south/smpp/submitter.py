"""What goes out by a carrier's link, and what the network says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol, cast

from kavle.clock import Clock
from kavle.core.carrier import CarrierEvents
from kavle.model.message import Accepted, Outcome, Parcel, Refused, Unsure
from kavle.south.smpp.client import Client
from kavle.south.smpp.governor import TELLING, Governor
from kavle.south.smpp.outcomes import THROTTLES, result_of
from kavle.south.smpp.rate import Rate
from kavle.south.smpp.retry import Retries
from kavle.south.smpp.settings import SmppSettings
from kavle.south.smpp.submit import payload_submit_sm, submit_sm, validity_period
from kavle.south.smpp.window import Ended, Handed, Window
from kavle.south.sparse import SparseLog
from kavle.wire.smpp.events import Response, Unanswered
from kavle.wire.smpp.pdus import SubmitSm


class Way(Protocol):
    """To the network."""

    @property
    def open(self) -> Client | None:
        """Whose session may be asked to submit now."""

    def flush(self) -> None:
        """Write what was submitted."""


class Submitter:
    """Fills the window at the rate that the network bears. Every segment that is `put` gets one outcome."""

    def __init__(
        self,
        settings: SmppSettings,
        way: Way,
        events: CarrierEvents,
        clock: Clock,
        log: Any,
        on_response_seconds: Callable[[float], None],
    ) -> None:
        self._settings = settings
        self._form = settings.form
        self._ids = settings.ids
        self._retries = Retries(settings.retry)
        self._way = way
        self._events = events
        self._clock = clock
        self._log = log
        self._sparse = SparseLog(log)
        self._on_response_seconds = on_response_seconds
        self._rate = Rate(settings.rate or None)
        self._governor = Governor(self._rate)
        # A crash would put what was leased ahead before an operator, though no network can have it.
        ahead = settings.unsure != "hold"
        self._window = Window(settings.window, self._rate, settings.payload, ahead)
        self._pacing: asyncio.TimerHandle | None = None  # until the rate lets out the next

    @property
    def lot(self) -> int:
        return self._window.lot

    @property
    def submits(self) -> int:
        """submit_sm sent, of all links."""
        return self._window.submits

    @property
    def rate(self) -> float | None:
        """submit_sm a second, at present; None: as fast as it goes."""
        self._governor.adjust(_now())
        return self._rate.per_second

    @property
    def slowed(self) -> bool:
        """By the network."""
        return self._governor.slowed

    def free(self) -> int:
        client = self._way.open
        return 0 if client is None else self._window.room(client.session, _now())

    def kept(self) -> int:
        client = self._way.open
        return 0 if client is None else self._window.kept(client.session, _now())

    def put(self, parcels: Sequence[Parcel]) -> None:
        self._window.put(parcels, _now())

    def withdraw(self) -> None:
        """What waits, waits no more."""
        self._report(self._window.withdraw(), self._clock.now())

    def ended(self, events: Sequence[Response | Unanswered], now: float, at: datetime) -> None:
        self._refill(now, [self._ended(event, now) for event in events], at)

    def fill(self) -> None:
        """As many as the window allows, in one write."""
        self._refill(_now(), [], self._clock.now())
        self._way.flush()

    def close(self) -> None:
        if self._pacing is not None:
            self._pacing.cancel()

    def _refill(self, now: float, ended: list[Ended], at: datetime) -> None:
        """Fill the window, then tell what has ended: by then its place is taken."""
        client = self._way.open
        if client is not None:
            self._governor.adjust(now)
            ended.extend(self._window.fill(client.session, now, partial(self._submit_sm, at)))
            self._pace(client, now)
        self._report(ended, at)

    def _pace(self, client: Client, now: float) -> None:
        pause = self._window.pause(client.session, now)
        if pause is not None and self._pacing is None:
            self._pacing = asyncio.get_running_loop().call_later(pause, self._next)

    def _next(self) -> None:
        self._pacing = None
        self.fill()

    def _report(self, ended: Sequence[Ended], at: datetime) -> None:
        if ended:
            self._events.outcomes(
                [
                    Outcome(handed.parcel.lease, segment.number, result, at)
                    for handed, result in ended
                    for segment in handed.segments
                ]
            )
        if self.free() > 0:
            self._events.room()

    def _submit_sm(self, at: datetime, handed: Handed) -> SubmitSm:
        parcel = handed.parcel
        validity = validity_period(self._settings.validity, parcel.expires_at, at)
        if len(handed.segments) > 1:
            return payload_submit_sm(parcel, validity, self._form)
        return submit_sm(parcel, handed.segments[0], validity, self._form)

    # --- answers --------------------------------------------------------------------------------------

    def _ended(self, event: Response | Unanswered, now: float) -> Ended:
        if isinstance(event, Response):
            return self._responded(event, now)
        return self._unsure(event.token, event.reason, now)

    def _responded(self, response: Response, now: float) -> Ended:
        handed = cast(Handed, response.token)
        throttled = response.status in THROTTLES
        self._window.answered(handed, now, throttled=throttled)
        self._on_response_seconds(now - handed.at)
        result = result_of(response.status, response.body, self._ids)
        if isinstance(result, Refused):
            result = self._retries.over(response.status, result, handed.parcel.lease.attempt)
        self._govern(throttled, handed, now)
        if not isinstance(result, Accepted):
            if not throttled:
                self._log_result("the network refused a segment", handed, result)
        elif not result.network_id:
            self._sparse.warning("accepted without a usable message_id: no receipt can match it")
        return handed, result

    def _govern(self, throttled: bool, handed: Handed, now: float) -> None:
        if not throttled or handed.parcel.lease.attempt <= TELLING:
            self._governor.answered(throttled, handed.at, now)
        if throttled:
            rate = self._rate.per_second
            self._sparse.warning("the network asks for less", rate=rate and round(rate, 1))

    def _unsure(self, token: object, reason: str, now: float) -> Ended:
        handed = cast(Handed, token)
        self._window.answered(handed, now)
        result = Unsure(reason)
        self._log_result("a segment is unsure", handed, result)
        return handed, result

    def _log_result(self, event: str, handed: Handed, result: Refused | Unsure) -> None:
        message_id = handed.parcel.lease.message_id
        self._log.warning(event, message_id=message_id, segment=handed.segments[0].number, error=result.error)


def _now() -> float:
    return asyncio.get_running_loop().time()
