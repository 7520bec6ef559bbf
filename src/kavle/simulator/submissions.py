"""The way from the ESME to the phones.

submit_sm ──► verdict ──► journal ──► submit_sm_resp
                 └──► phone ──► receipt
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

import msgspec

from kavle.simulator.checks import verdict
from kavle.simulator.counts import Counts
from kavle.simulator.deliveries import Deliveries
from kavle.simulator.faults import Troubles
from kavle.simulator.handset import Phones
from kavle.simulator.ids import MessageIds
from kavle.simulator.journal import Submission
from kavle.simulator.later import Later
from kavle.simulator.link import Link
from kavle.simulator.magic import HEAD_START, Behaviour, behaviour_of
from kavle.simulator.receipts import Receipt, is_wanted
from kavle.simulator.settings import SmscSettings
from kavle.simulator.turn import Turn
from kavle.wire.smpp.constants import CommandStatus, MessageState
from kavle.wire.smpp.pdus import SubmitSm, SubmitSmResp

_REMEMBERED_TRIES: Final = 10_000

_OK: Final = CommandStatus.ESME_ROK

REFUSED: Final = "refused by the network"
"""What is said of a message that never was on its way."""


class _Taken(msgspec.Struct, frozen=True, gc=False):
    """A message on its way to a phone."""

    message: SubmitSm
    id: str
    at: datetime
    does: Behaviour
    link: Link


class Submissions:
    """Takes messages from links, shows them on `phones`, and hands receipts to `deliveries`."""

    def __init__(
        self,
        settings: SmscSettings,
        counts: Counts,
        turn: Turn,
        later: Later,
        troubles: Troubles,
        ids: MessageIds,
        phones: Phones,
        deliveries: Deliveries,
    ) -> None:
        self._settings = settings
        self._counts = counts
        self._turn = turn
        self._later = later
        self._troubles = troubles
        self._ids = ids
        self._phones = phones
        self._deliveries = deliveries
        self._tries: dict[tuple[str, str, bytes], int] = {}

    def take(self, link: Link, sequence: int, message: SubmitSm) -> None:
        at = self._turn.now()
        does = behaviour_of(message.destination_addr)
        status = verdict(message) or self._refusal() or self._refused_by_number(message, does)
        message_id = "" if status else self._ids.take()
        self._count(status)
        if self._turn.journaled:
            self._turn.note(_submission(at, link, message, message_id, status))
        if status:
            self._phones.miss(message, at, REFUSED, status.name)
        if self._troubles.drop():
            link.cut()
        self._go_on(link, sequence, _Taken(message, message_id, at, does, link), status)

    def _go_on(self, link: Link, sequence: int, taken: _Taken, status: CommandStatus) -> None:
        """The response, and the message's end: one after the other, in either order."""
        settings, troubles = self._settings, self._troubles
        answer_in = settings.response_delay + taken.does.response_delay + troubles.response_delay()
        deliver_in = settings.receipt_delay + troubles.receipt_delay()
        if taken.does.receipt_first or troubles.early_receipt():
            answer_in = deliver_in + HEAD_START
        else:
            deliver_in += answer_in
        if not troubles.loses_response():
            self._later.call(answer_in, link.answer, sequence, SubmitSmResp(taken.id), status)
        if not status:
            self._later.call(deliver_in, self._deliver, taken)

    def _refused_by_number(self, message: SubmitSm, does: Behaviour) -> CommandStatus:
        """A message is known again by where it goes, whence, and what it says."""
        if not does.refused or does.refusals is None:
            return does.refused
        key = message.destination_addr, message.source_addr, message.short_message
        tries = self._tries.pop(key, 0) + 1
        if tries > does.refusals:
            return _OK
        self._tries[key] = tries
        if len(self._tries) > _REMEMBERED_TRIES:
            del self._tries[next(iter(self._tries))]
        return does.refused

    def _refusal(self) -> CommandStatus:
        if self._deliveries.full:
            return CommandStatus.ESME_RMSGQFUL
        return self._troubles.refusal(asyncio.get_running_loop().time())

    def _count(self, status: CommandStatus) -> None:
        self._counts.submits += 1
        if status:
            self._counts.refused += 1
        else:
            self._counts.accepted += 1

    def _deliver(self, taken: _Taken) -> None:
        """The message's end, at the phone or on the way there."""
        now, does = self._turn.now(), taken.does
        if does.state is MessageState.DELIVERED:
            self._phones.receive(taken.message, now)
            self._counts.delivered += 1
        else:
            self._phones.miss(taken.message, now, does.told)
        if not self._settings.receipts or not is_wanted(taken.message, does.state):
            return
        for _ in range(does.receipts):
            self._post(taken, now)
        if does.receipts and self._troubles.duplicate_receipt():
            self._later.call(self._troubles.receipt_delay(), self._post, taken, now)

    def _post(self, taken: _Taken, done: datetime) -> None:
        self._counts.receipts += 1
        does = taken.does
        receipt = Receipt(taken.id, taken.message, taken.at, done, does.state, does.err)
        self._deliveries.post(receipt, taken.link if self._troubles.other_link() else None)


def _submission(at: datetime, link: Link, message: SubmitSm, message_id: str, status: int) -> Submission:
    return Submission(
        at,
        link.number,
        message.destination_addr,
        message.source_addr,
        message.esm_class,
        message.data_coding,
        message.user_data.hex(),
        message_id,
        status,
    )
