"""A simulated network: an SMSC that speaks SMPP 3.4 over TCP and delivers to phones that do not exist.

    links ──► submissions ──► phones
      ▲            └──► receipts ─┐
      └──────── deliveries ◄──────┴── texts from phones

Everything that is to be written gathers while a read is worked on and leaves in one flush behind it, the
journal first: so nobody is told what the journal does not know.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Final

from structlog.typing import FilteringBoundLogger

from kavle.clock import Clock, SystemClock
from kavle.simulator.counts import Counts, Watch
from kavle.simulator.deliveries import Deliveries
from kavle.simulator.faults import Faults, Troubles
from kavle.simulator.handset import Missed, Phones, Text
from kavle.simulator.ids import MessageIds
from kavle.simulator.journal import Journal
from kavle.simulator.later import Later
from kavle.simulator.link import Link
from kavle.simulator.magic import behaviour_of
from kavle.simulator.mo import Mos
from kavle.simulator.mo_pdus import LONGEST_TEXT, MoText
from kavle.simulator.outbox import Delivery
from kavle.simulator.screen import Screen
from kavle.simulator.settings import SmscSettings
from kavle.simulator.submissions import Submissions
from kavle.simulator.turn import Turn
from kavle.wire.smpp.constants import CommandStatus
from kavle.wire.smpp.pdus import Bind, BindTransmitter, SubmitSm

_TICK: Final = 1.0  # seconds between looks at the sessions' timers
_FAREWELL: Final = 1.0  # seconds that ESMEs are given to answer an unbind

_OK: Final = CommandStatus.ESME_ROK


class Smsc:
    """The network. To be started and stopped once, in one event loop, the one that it is made in."""

    def __init__(
        self,
        settings: SmscSettings,
        log: FilteringBoundLogger,
        journal: Journal | None = None,
        clock: Clock | None = None,
        screen: Screen | None = None,
    ) -> None:
        """`screen` is shown what becomes of each message."""
        clock = clock or SystemClock()
        self.settings = settings
        self.phones = Phones(self._got, self._missed)
        self.troubles = Troubles(settings.seed)
        self._screen = screen
        self._log = log
        self._watch = Watch(Counts())
        self.counts = self._watch.counts
        self._links: set[Link] = set()
        self._dropper: asyncio.TimerHandle | None = None
        self.turn = Turn(clock, journal, self._flush)
        self._later = Later()
        self.deliveries = Deliveries(settings, self.counts, self.turn, self._later, log)
        self.mos = Mos(self.counts, self.turn, self._later, self.deliveries, self.phones.write)
        self.submissions = Submissions(
            settings,
            self.counts,
            self.turn,
            self._later,
            self.troubles,
            MessageIds(clock.now(), settings.id_format),
            self.phones,
            self.deliveries,
        )

    # For who runs it

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> tuple[str, int]:
        """Listen; returns the address really taken (port 0: any free one). Raises OSError."""
        self._loop = asyncio.get_running_loop()
        self._server = await self._loop.create_server(self._new_link, host, port, ssl=tls)
        self._ticker = self._loop.call_later(_TICK, self._tick)
        taken: tuple[str, int] = self._server.sockets[0].getsockname()[:2]
        return taken

    async def stop(self) -> None:
        """Close the listener, unbind the links, and cut those that do not answer."""
        self._server.close()
        for link in list(self._links):
            link.unbind()
        self.turn.wake()
        try:
            async with asyncio.timeout(_FAREWELL):
                await self.until(lambda counts: not counts.links)
        except TimeoutError:
            self._drop_links()
            await self.until(lambda counts: not counts.links)
        for timer in (self._ticker, self._dropper):
            if timer is not None:
                timer.cancel()
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
        if faults.calm or faults.drop_links_every is not None:
            self._drop_again(now=False)

    def troubled(self) -> dict[str, float]:
        """The faults in force by name; of those for a time, the seconds that are left."""
        return self.troubles.in_force(self._loop.time())

    # For its links: connections, binds and messages

    @property
    def smsc_id(self) -> str:
        return self.settings.smsc_id

    def wake(self) -> None:
        self.turn.wake()

    def submitted(self, link: Link, sequence: int, message: SubmitSm) -> None:
        self.submissions.take(link, sequence, message)

    def answered(self, link: Link, delivery: Delivery, status: int) -> None:
        self.deliveries.answered(link, delivery, status)

    def unanswered(self, delivery: Delivery) -> None:
        self.deliveries.unanswered(delivery)

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
            self.deliveries.join(link)
            self.turn.wake()
        self._log.info("bound", connection=link.number, by=bind.command_id.name.lower())

    def over(self, link: Link, reason: str) -> None:
        self.deliveries.leave(link)
        self._log.info("link over", connection=link.number, reason=reason)

    def lost(self, link: Link, unanswered: list[Delivery]) -> None:
        """The connection is gone."""
        self.deliveries.lost(link, unanswered)
        self._links.discard(link)
        self.counts.links -= 1
        self.turn.wake()

    def mistaken(self, link: Link, reason: str) -> None:
        self.counts.peer_errors += 1
        self._log.info("ESME's mistake", connection=link.number, reason=reason)

    # For its phones

    def _got(self, number: str, text: Text) -> None:
        if self._screen is not None:
            self._screen.got(number, text)
        if behaviour_of(number).echoes and text.sender.isdecimal():
            self.mos.send(MoText(sender=number, recipient=text.sender, text=text.text[:LONGEST_TEXT]))

    def _missed(self, number: str, missed: Missed) -> None:
        if self._screen is not None:
            self._screen.missed(number, missed)

    # The links, all together

    def _new_link(self) -> Link:
        self.counts.connections += 1
        half_open = self.troubles.half_open(self._loop.time())
        return Link(self, self._loop, self.counts.connections, self.settings.timers, half_open)

    def _drop_links(self) -> None:
        for link in list(self._links):
            link.cut()

    def _drop_again(self, *, now: bool = True) -> None:
        if self._dropper is not None:
            self._dropper.cancel()
        if now:
            self._drop_links()
        every = self.troubles.drop_links_every
        self._dropper = self._loop.call_later(every, self._drop_again) if every else None

    def _flush(self) -> None:
        self.deliveries.send()
        self.turn.write()
        mute = self.troubles.mute(self._loop.time())
        for link in self._links:
            link.flush(mute)
        self._watch.look()

    def _tick(self) -> None:
        self._ticker = self._loop.call_later(_TICK, self._tick)
        now = self._loop.time()
        for link in list(self._links):
            link.tick(now)
