"""The way from the gateway to the phones.

SubmitReq ──► verdict ──► journal ──► SubmitRsp
                 └──► phone ──► DeliveryReportReq
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from http import HTTPStatus
from typing import Final

import msgspec

from kavle.clock import Clock
from kavle.simulator.ids import IdFormat, MessageIds
from kavle.simulator.later import Later
from kavle.simulator.mmsc.album import Album, MissedMm, Mm
from kavle.simulator.mmsc.counts import MmscCounts
from kavle.simulator.mmsc.deliveries import Deliveries, Delivery
from kavle.simulator.mmsc.faults import Troubles
from kavle.simulator.mmsc.journal import MmEntry, MmSubmission, seen
from kavle.simulator.mmsc.magic import HEAD_START, Behaviour, behaviour_of
from kavle.simulator.mmsc.settings import MmscSettings
from kavle.wire.mm7 import (
    SUCCESS,
    Address,
    CancelReq,
    CancelRsp,
    Code,
    DeliveryReportReq,
    Form,
    ReadReplyReq,
    Status,
    SubmitReq,
    SubmitRsp,
)

REFUSED: Final = "refused by the network"
"""What is said of an MM that never was on its way."""

_REMEMBERED_TRIES: Final = 10_000

Refusal = Code | HTTPStatus


class Reply(msgspec.Struct, frozen=True):
    """How a SubmitReq is answered: by `message` after so many seconds, or by HTTP alone; or it is `lost`, or
    `garbled`, though the MM was taken."""

    message: SubmitRsp | None = None
    http: HTTPStatus = HTTPStatus.OK
    after: float = 0.0
    lost: bool = False
    garbled: bool = False


class _Taken(msgspec.Struct, frozen=True):
    """An MM on its way to a phone."""

    request: SubmitReq
    id: str
    recipient: Address
    does: Behaviour


class Submissions:
    """Takes MMs, shows them on phones, and hands reports to `deliveries`. `on_arrival` is told of each MM
    that a phone got, and `on_missed` of each that none did."""

    def __init__(
        self,
        settings: MmscSettings,
        clock: Clock,
        counts: MmscCounts,
        later: Later,
        troubles: Troubles,
        album: Album,
        deliveries: Deliveries,
        note: Callable[[MmEntry], None],
        look: Callable[[], None],
        on_arrival: Callable[[Mm, SubmitReq], None],
        on_missed: Callable[[MissedMm], None],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._counts = counts
        self._later = later
        self._troubles = troubles
        self._album = album
        self._deliveries = deliveries
        self._note = note
        self._look = look
        self._on_arrival = on_arrival
        self._on_missed = on_missed
        self._ids = MessageIds(clock.now(), IdFormat.HEX)
        self._tries: dict[tuple[str, str, bytes], int] = {}
        self._waiting: dict[str, int] = {}  # for how many phones; these may still be cancelled

    def take(self, request: SubmitReq) -> Reply:
        recipients = (*request.to, *request.cc, *request.bcc)
        does = behaviour_of(number_of(recipients[0])) if recipients else behaviour_of("")
        first_try = not does.cuts or self._try(request) == 1
        refusal = self._refusal(request, recipients, does)
        id = "" if refusal else self._ids.take()
        self._write_down(request, recipients, id, refusal)
        reply = self._reply(request, id, refusal, does)
        if refusal:
            for recipient in recipients:
                self._miss(request, recipient, REFUSED, f"{refusal.name} ({refusal.value})")
        else:
            reply = self._go_on(request, id, recipients, reply, does)
            if does.cuts and first_try:
                reply = msgspec.structs.replace(reply, lost=True)
        self._look()
        return reply

    def cancel(self, request: CancelReq) -> CancelRsp:
        """TS 23.140 §8.7.5: of what is not delivered yet."""
        waits = self._waiting.pop(request.message_id, 0) > 0
        self._counts.cancelled += waits
        self._look()
        status = SUCCESS if waits else Status.of(Code.MESSAGE_ID_NOT_FOUND)
        return CancelRsp(transaction=request.transaction, version=request.version, status=status)

    # The verdict

    def _refusal(
        self, request: SubmitReq, recipients: tuple[Address, ...], does: Behaviour
    ) -> Refusal | None:
        if self._settings.vasp_id not in ("", request.vasp_id):
            return Code.IMPROPER_IDENTIFICATION
        if not recipients or not all(number_of(recipient).isdecimal() for recipient in recipients):
            return Code.ADDRESS_ERROR
        if request.content is None:
            return Code.MESSAGE_FORMAT_CORRUPT
        if self._deliveries.full or self._troubles.meets("unavailable"):
            return Code.SERVICE_UNAVAILABLE
        if self._troubles.meets("http_errors"):
            return HTTPStatus.SERVICE_UNAVAILABLE
        if does.refused and (does.refusals is None or self._try(request) <= does.refusals):
            return does.refused
        return None

    def _try(self, request: SubmitReq) -> int:
        """Which one it is, from 1. An MM is known again by where it goes, whence, and what is in it."""
        digest = blake2b(digest_size=16)
        for part in request.content.walk() if request.content is not None else ():
            digest.update(part.body)
        sender = number_of(request.sender) if request.sender is not None else ""
        key = number_of(request.to[0]) if request.to else "", sender, digest.digest()
        tries = self._tries[key] = self._tries.pop(key, 0) + 1
        if len(self._tries) > _REMEMBERED_TRIES:
            del self._tries[next(iter(self._tries))]
        return tries

    def _reply(self, request: SubmitReq, id: str, refusal: Refusal | None, does: Behaviour) -> Reply:
        after = self._settings.response_delay + does.response_delay + self._troubles.response_delay()
        if isinstance(refusal, HTTPStatus):
            return Reply(http=refusal, after=after)
        status = SUCCESS if refusal is None else Status.of(refusal)
        return Reply(
            SubmitRsp(transaction=request.transaction, version=request.version, status=status, message_id=id),
            after=after,
            lost=not refusal and self._troubles.meets("lost_responses"),
            garbled=not refusal and self._troubles.meets("garbled"),
        )

    def _write_down(
        self, request: SubmitReq, recipients: tuple[Address, ...], id: str, refusal: Refusal | None
    ) -> None:
        self._counts.submits += 1
        if refusal:
            self._counts.refused += 1
        else:
            self._counts.accepted += 1
        self._note(
            MmSubmission(
                self._clock.now(),
                request.transaction,
                ",".join(map(number_of, recipients)),
                number_of(request.sender) if request.sender is not None else "",
                request.subject,
                seen(request.content),
                id,
                int(refusal or Code.SUCCESS),
            )
        )

    # On its way

    def _go_on(
        self, request: SubmitReq, id: str, recipients: tuple[Address, ...], reply: Reply, does: Behaviour
    ) -> Reply:
        """The response, and the MM's end: one after the other, in either order."""
        arrives_in = self._settings.report_delay + self._troubles.report_delay()
        if does.report_first or self._troubles.meets("early_reports"):
            reply = msgspec.structs.replace(reply, after=arrives_in + HEAD_START)
        else:
            arrives_in += reply.after
        self._waiting[id] = len(recipients)
        for recipient in recipients:
            taken = _Taken(request, id, recipient, behaviour_of(number_of(recipient)))
            # Not in this turn, in which the response is not written yet.
            asyncio.get_running_loop().call_soon(self._later.call, arrives_in, self._arrive, taken)
        return reply

    def _arrive(self, taken: _Taken) -> None:
        """The MM's end, at the phone or on the way there."""
        waiting = self._waiting.pop(taken.id, 0)
        if not waiting:
            return  # cancelled
        if waiting > 1:
            self._waiting[taken.id] = waiting - 1
        request, does, now = taken.request, taken.does, self._clock.now()
        if does.arrives:
            sender = number_of(request.sender) if request.sender is not None else ""
            mm = self._album.add(now, number_of(taken.recipient), sender, request.subject, request.content)
            self._counts.delivered += 1
            self._on_arrival(mm, request)
        else:
            self._miss(request, taken.recipient, does.told)
        self._report(taken, now)
        self._look()

    def _miss(self, request: SubmitReq, recipient: Address, why: str, error: str = "") -> None:
        sender = number_of(request.sender) if request.sender is not None else ""
        missed = MissedMm(self._clock.now(), number_of(recipient), sender, why, error)
        self._album.miss(missed)
        self._on_missed(missed)

    def _report(self, taken: _Taken, now: datetime) -> None:
        request, does = taken.request, taken.does
        if request.delivery_report:
            report = DeliveryReportReq(
                transaction=f"dr-{self._ids.take()}",
                version=self._settings.version or request.version,
                message_id=taken.id,
                mm_status=does.mm_status,
                relay_server_id=self._settings.relay_server_id,
                recipient=taken.recipient,
                sender=request.sender,
                date=now,
                extension=does.extension,
            )
            again = 1 if does.reports and self._troubles.meets("duplicate_reports") else 0
            for _ in range(does.reports + again):
                self._post(Delivery(report, taken.id, does.mm_status))
        if does.read and request.read_reply is not False:
            self._post(Delivery(self._read_reply(taken, now), taken.id, "Read"))

    def _read_reply(self, taken: _Taken, now: datetime) -> ReadReplyReq:
        return ReadReplyReq(
            transaction=f"rr-{self._ids.take()}",
            version=self._settings.version or taken.request.version,
            message_id=taken.id,
            mm_status="Read",
            relay_server_id=self._settings.relay_server_id,
            recipient=taken.recipient,
            sender=taken.request.sender,
            time_stamp=now,
        )

    def _post(self, delivery: Delivery) -> None:
        self._counts.reports.owed += 1
        self._deliveries.post(delivery, self._counts.reports)


def number_of(address: Address) -> str:
    """Its digits, where it is a number."""
    return address.value.removeprefix("+") if address.form is not Form.RFC2822 else address.value
