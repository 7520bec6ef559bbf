"""The way from the network to the ESME: receipts and texts from phones, each kept until the ESME has it."""

from __future__ import annotations

from structlog.typing import FilteringBoundLogger

from kavle.simulator.counts import Counts
from kavle.simulator.later import Later
from kavle.simulator.outbox import Delivery, Outbox, Receiver
from kavle.simulator.settings import SmscSettings
from kavle.simulator.turn import Turn
from kavle.wire.smpp.constants import status_name


class Deliveries:
    """They go out with the turn's flush: `send`."""

    def __init__(
        self, settings: SmscSettings, counts: Counts, turn: Turn, later: Later, log: FilteringBoundLogger
    ) -> None:
        self._settings = settings
        self._counts = counts
        self._turn = turn
        self._later = later
        self._log = log
        self._outbox = Outbox(settings.receipt_window)

    @property
    def full(self) -> bool:
        """No message is taken while so many receipts are owed for others."""
        return len(self._outbox) >= self._settings.most_receipts

    def post(self, delivery: Delivery, not_over: Receiver | None = None) -> None:
        """`not_over`: another link is to take it, if there is one."""
        self._outbox.post(delivery, not_over)
        self._turn.wake()

    def send(self) -> None:
        for link, delivery in self._outbox.sendable():
            delivery.attempts += 1
            link.deliver(delivery, self._settings.receipt_tlvs)
            delivery.sent(self._counts)
            if self._turn.journaled:
                self._turn.note(delivery.sent_entry(self._turn.now(), link.number))

    # The links

    def join(self, link: Receiver) -> None:
        """It is bound to receive."""
        self._outbox.join(link)

    def leave(self, link: Receiver) -> None:
        self._outbox.leave(link)

    def lost(self, link: Receiver, unanswered: list[Delivery]) -> None:
        self._outbox.leave(link)
        self._outbox.put_back(unanswered)

    # What the ESME says

    def answered(self, link: Receiver, delivery: Delivery, status: int) -> None:
        if self._turn.journaled:
            self._turn.note(delivery.answered_entry(self._turn.now(), link.number, status))
        if status:
            self._log.info("delivery refused", connection=link.number, status=status_name(status))
        self._go_on(delivery, status)

    def unanswered(self, delivery: Delivery) -> None:
        self._go_on(delivery, None)

    def _go_on(self, delivery: Delivery, status: int | None) -> None:
        """Again after a while, as real networks do, but not for ever."""
        if not delivery.answered(self._counts, status):
            return
        if delivery.attempts < self._settings.receipt_attempts:
            self._later.call(self._settings.receipt_retry, self.post, delivery)
        else:
            delivery.given_up(self._counts)
