"""A simulated network: an SMSC that speaks SMPP 3.4 over TCP and delivers to phones that do not exist.

    submit_sm ──► verdict ──► journal ──► submit_sm_resp
                     └──► phone ──► receipt ──► journal ──► deliver_sm

Everything that is to be written gathers while a read is worked on and leaves in one flush behind it, the
journal first: so nobody is told what the journal does not know.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec
from structlog.typing import FilteringBoundLogger

from kavle.clock import Clock, SystemClock
from kavle.simulator.checks import verdict
from kavle.simulator.counts import Counts, Watch
from kavle.simulator.faults import Faults, Troubles
from kavle.simulator.handset import Phones
from kavle.simulator.ids import IdFormat, MessageIds
from kavle.simulator.journal import Entry, Journal, ReceiptAnswered, ReceiptSent, Submission
from kavle.simulator.later import Later
from kavle.simulator.link import Link
from kavle.simulator.magic import HEAD_START, Behaviour, behaviour_of
from kavle.simulator.receipts import Outbox, Receipt
from kavle.simulator.screen import Screen
from kavle.wire.smpp.constants import (
    RECEIPT_ALWAYS,
    RECEIPT_MASK,
    RECEIPT_ON_FAILURE,
    CommandStatus,
    MessageState,
    status_name,
)
from kavle.wire.smpp.pdus import Bind, BindTransmitter, SubmitSm, SubmitSmResp
from kavle.wire.smpp.session import Timers

_LONGEST_SYSTEM_ID: Final = 15  # SMPP 3.4 §5.2.1
_LONGEST_PASSWORD: Final = 8  # §5.2.2
_TICK: Final = 1.0  # seconds between looks at the sessions' timers
_FAREWELL: Final = 1.0  # seconds that ESMEs are given to answer an unbind
_REMEMBERED_TRIES: Final = 10_000

_OK: Final = CommandStatus.ESME_ROK


class SmscSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Delays are seconds. Raises ValueError for a name or password that no ESME could give."""

    system_id: str = "kavle"
    password: str = "secret"  # noqa: S105 (of a network that does not exist)
    smsc_id: str = "simulator"
    response_delay: float = 0.0
    receipt_delay: float = 0.0  # from the response
    receipts: bool = True
    receipt_tlvs: bool = True  # receipted_message_id and message_state beside the text
    receipt_window: int = 1_000  # unanswered deliver_sm on each link
    receipt_retry: float = 5.0  # until a receipt that was not taken is sent again
    receipt_attempts: int = 100
    most_receipts: int = 1_000_000  # that wait; beyond, submit_sm is refused with ESME_RMSGQFUL
    id_format: IdFormat = IdFormat.HEX
    timers: Timers = Timers()

    def __post_init__(self) -> None:
        if not 1 <= len(self.system_id) <= _LONGEST_SYSTEM_ID:
            raise ValueError(f"a system_id has 1 to {_LONGEST_SYSTEM_ID} characters")
        if len(self.password) > _LONGEST_PASSWORD:
            raise ValueError(f"an SMPP password has at most {_LONGEST_PASSWORD} characters")

    def __repr__(self) -> str:  # so that no log ever shows the password
        return f"SmscSettings(system_id={self.system_id!r})"


class Smsc:
    """The network. To be started and stopped once, in one event loop."""

    def __init__(
        self,
        settings: SmscSettings,
        log: FilteringBoundLogger,
        journal: Journal | None = None,
        clock: Clock | None = None,
        screen: Screen | None = None,
    ) -> None:
        """`screen` is shown what becomes of each message."""
        self.settings = settings
        self.phones = Phones(None if screen is None else screen.got)
        self._screen = screen
        self.troubles = Troubles()
        self._log = log
        self._journal = journal
        self._clock = clock or SystemClock()
        self._ids = MessageIds(self._clock.now(), settings.id_format)
        self._watch = Watch()
        self.counts = self._watch.counts
        self._outbox = Outbox(settings.receipt_window)
        self._entries: list[Entry] = []
        self._links: set[Link] = set()
        self._tries: dict[tuple[str, str, bytes], int] = {}
        self._flush_due = False
        self._turn: datetime | None = None

    # For who runs it

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> tuple[str, int]:
        """Listen; returns the address really taken (port 0: any free one). Raises OSError."""
        self._loop = asyncio.get_running_loop()
        self._later = Later(self._loop)
        self._server = await self._loop.create_server(self._new_link, host, port, ssl=tls)
        self._ticker = self._loop.call_later(_TICK, self._tick)
        taken: tuple[str, int] = self._server.sockets[0].getsockname()[:2]
        return taken

    async def stop(self) -> None:
        """Close the listener, unbind the links, and cut those that do not answer."""
        self._server.close()
        for link in list(self._links):
            link.unbind()
        self.wake()
        try:
            async with asyncio.timeout(_FAREWELL):
                await self.until(lambda counts: not counts.links)
        except TimeoutError:
            self._drop_links()
            await self.until(lambda counts: not counts.links)
        self._ticker.cancel()
        self._later.close()

    async def until(self, reached: Callable[[Counts], bool]) -> None:
        """Returns once `reached(counts)`: `await smsc.until(lambda counts: counts.submits == 10)`."""
        await self._watch.until(reached)

    def inflict(self, faults: Faults) -> None:
        """Trouble, from now on."""
        self.troubles.order(faults, self._loop.time())
        if faults.half_open:
            for link in self._links:
                link.half_open = True
        if faults.drop_links:
            self._drop_links()

    # For its links: connections and binds

    def connected(self, link: Link) -> None:
        self._links.add(link)
        self.counts.links += 1

    def verdict_on(self, bind: Bind) -> CommandStatus:
        status = _OK
        if self.troubles.refuse_binds(self._loop.time()):
            status = CommandStatus.ESME_RBINDFAIL
        elif bind.system_id != self.settings.system_id:
            status = CommandStatus.ESME_RINVSYSID
        elif bind.password != self.settings.password:
            status = CommandStatus.ESME_RINVPASWD
        if status:
            self.counts.binds_refused += 1
            self._log.info("bind refused", status=status.name)
        return status

    def bound(self, link: Link, bind: Bind) -> None:
        self.counts.binds += 1
        if not isinstance(bind, BindTransmitter):
            self._outbox.join(link)
        self._log.info("bound", connection=link.number, by=bind.command_id.name.lower())

    def over(self, link: Link, reason: str) -> None:
        self._outbox.leave(link)
        self._log.info("link over", connection=link.number, reason=reason)

    def lost(self, link: Link, unanswered: list[Receipt]) -> None:
        """The connection is gone."""
        self._outbox.leave(link)
        self._outbox.put_back(unanswered)
        self._links.discard(link)
        self.counts.links -= 1
        self.wake()

    def mistaken(self, link: Link, reason: str) -> None:
        self.counts.peer_errors += 1
        self._log.info("ESME's mistake", connection=link.number, reason=reason)

    # For its links: messages

    def submitted(self, link: Link, sequence: int, message: SubmitSm) -> None:
        at = self._now()
        does = behaviour_of(message.destination_addr)
        status = verdict(message) or self._refused_by_number(message, does) or self._full()
        message_id = "" if status else self._ids.take()
        self._count_submit(status)
        if self._journal is not None:
            self._entries.append(_submission(at, link, message, message_id, status))
        if status and self._screen is not None:
            self._screen.missed(message, f"refused by the network: {status.name}")
        if self.troubles.drop_now():
            link.cut()
        settings = self.settings
        delay = settings.response_delay + does.response_delay + self.troubles.response_delay
        answer_in = settings.receipt_delay + HEAD_START if does.receipt_first else delay
        self._later.call(answer_in, link.answer, sequence, SubmitSmResp(message_id), status)
        if not status:
            deliver_in = settings.receipt_delay if does.receipt_first else delay + settings.receipt_delay
            self._later.call(deliver_in, self._deliver, message, message_id, at, does)

    def answered(self, link: Link, receipt: Receipt, status: int) -> None:
        """The ESME's response to a receipt."""
        if self._journal is not None:
            self._entries.append(ReceiptAnswered(self._now(), link.number, receipt.id, status))
        if status:
            self._log.info("receipt refused", connection=link.number, status=status_name(status))
            self.unanswered(receipt)
        else:
            self.counts.receipts_acked += 1

    def unanswered(self, receipt: Receipt) -> None:
        """The ESME has not taken a receipt: again after a while, as real networks do, but not for ever."""
        self.counts.receipts_refused += 1
        if receipt.attempts < self.settings.receipt_attempts:
            self._later.call(self.settings.receipt_retry, self._post, receipt)
        else:
            self.counts.receipts_given_up += 1

    def wake(self) -> None:
        """Something may be there to be written or waited for."""
        if not self._flush_due:
            self._flush_due = True
            self._loop.call_soon(self._flush)

    # The message's way

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
        return CommandStatus.ESME_RMSGQFUL if len(self._outbox) >= self.settings.most_receipts else _OK

    def _count_submit(self, status: CommandStatus) -> None:
        self.counts.submits += 1
        if status:
            self.counts.refused += 1
        else:
            self.counts.accepted += 1

    def _deliver(self, message: SubmitSm, message_id: str, submitted: datetime, does: Behaviour) -> None:
        """The message's end, at the phone or on the way there."""
        now = self._now()
        if does.state is MessageState.DELIVERED:
            self.phones.receive(message, now)
            self.counts.delivered += 1
        elif self._screen is not None:
            self._screen.missed(message, does.told)
        if not self.settings.receipts or not _wants_receipt(message, does.state):
            return
        for _ in range(does.receipts):
            self.counts.receipts += 1
            self._post(Receipt(message_id, message, submitted, now, does.state, does.err))

    def _post(self, receipt: Receipt) -> None:
        self._outbox.post(receipt)
        self.wake()

    def _send_receipts(self) -> None:
        for link, receipt in self._outbox.sendable():
            receipt.attempts += 1
            link.send_receipt(receipt, self.settings.receipt_tlvs)
            self.counts.receipts_sent += 1
            if self._journal is not None:
                sent = ReceiptSent(self._now(), link.number, receipt.id, receipt.state, receipt.attempts)
                self._entries.append(sent)

    # The links, all together

    def _new_link(self) -> Link:
        self.counts.connections += 1
        half_open = self.troubles.half_open(self._loop.time())
        return Link(self, self._loop, self.counts.connections, self.settings.timers, half_open)

    def _drop_links(self) -> None:
        for link in list(self._links):
            link.cut()

    def _flush(self) -> None:
        self._flush_due = False
        self._send_receipts()
        if self._journal is not None and self._entries:
            self._journal.write(self._entries)
            self._entries.clear()
        mute = self.troubles.mute(self._loop.time())
        for link in self._links:
            link.flush(mute)
        self._watch.look()
        self._turn = None

    def _now(self) -> datetime:
        """The time of this turn of the event loop, one for all that it brings."""
        if self._turn is None:
            self._turn = self._clock.now()
            self.wake()  # the flush forgets it
        return self._turn

    def _tick(self) -> None:
        self._ticker = self._loop.call_later(_TICK, self._tick)
        now = self._loop.time()
        for link in list(self._links):
            link.tick(now)


def _wants_receipt(message: SubmitSm, state: MessageState) -> bool:
    """SMPP 3.4 §5.2.17"""
    wanted = message.registered_delivery & RECEIPT_MASK
    failed = state is not MessageState.DELIVERED
    return wanted == RECEIPT_ALWAYS or (wanted == RECEIPT_ON_FAILURE and failed)


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
