"""The way from the ESME to the phones.

submit_sm ──► verdict ──► journal ──► submit_sm_resp
                 └──► phone ──► receipt
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

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
from kavle.simulator.screen import Screen
from kavle.simulator.settings import SmscSettings
from kavle.simulator.turn import Turn
from kavle.wire.smpp.constants import CommandStatus, MessageState
from kavle.wire.smpp.pdus import SubmitSm, SubmitSmResp

_REMEMBERED_TRIES: Final = 10_000

_OK: Final = CommandStatus.ESME_ROK


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
        screen: Screen | None,
    ) -> None:
        self._settings = settings
        self._counts = counts
        self._turn = turn
        self._later = later
        self._troubles = troubles
        self._ids = ids
        self._phones = phones
        self._deliveries = deliveries
        self._screen = screen
        self._tries: dict[tuple[str, str, bytes], int] = {}

    def take(self, link: Link, sequence: int, message: SubmitSm) -> None:
        at = self._turn.now()
        does = behaviour_of(message.destination_addr)
        status = verdict(message) or self._refused_by_number(message, does) or self._full()
        message_id = "" if status else self._ids.take()
        self._count(status)
        if self._turn.journaled:
            self._turn.note(_submission(at, link, message, message_id, status))
        if status and self._screen is not None:
            self._screen.missed(message, f"refused by the network: {status.name}")
        if self._troubles.drop_now():
            link.cut()
        settings = self._settings
        delay = settings.response_delay + does.response_delay + self._troubles.response_delay
        answer_in = settings.receipt_delay + HEAD_START if does.receipt_first else delay
        self._later.call(answer_in, link.answer, sequence, SubmitSmResp(message_id), status)
        if not status:
            deliver_in = settings.receipt_delay if does.receipt_first else delay + settings.receipt_delay
            self._later.call(deliver_in, self._deliver, message, message_id, at, does)

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

    def _full(self) -> CommandStatus:
        return CommandStatus.ESME_RMSGQFUL if self._deliveries.full else _OK

    def _count(self, status: CommandStatus) -> None:
        self._counts.submits += 1
        if status:
            self._counts.refused += 1
        else:
            self._counts.accepted += 1

    def _deliver(self, message: SubmitSm, message_id: str, submitted: datetime, does: Behaviour) -> None:
        """The message's end, at the phone or on the way there."""
        now = self._turn.now()
        if does.state is MessageState.DELIVERED:
            self._phones.receive(message, now)
            self._counts.delivered += 1
        elif self._screen is not None:
            self._screen.missed(message, does.told)
        if not self._settings.receipts or not is_wanted(message, does.state):
            return
        for _ in range(does.receipts):
            self._counts.receipts += 1
            self._deliveries.post(Receipt(message_id, message, submitted, now, does.state, does.err))


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
