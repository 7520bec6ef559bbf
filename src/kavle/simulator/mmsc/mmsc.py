"""The MMSC: the gateway's MMs go to its phones, and what these have to say, and reports, to the gateway.

gateway ──► door ──► submissions ──► album (phones)
gateway ◄── deliveries ◄── reports, mos
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

from structlog.typing import FilteringBoundLogger

from kavle.clock import Clock, SystemClock
from kavle.simulator.counts import Watch
from kavle.simulator.journal import Journal
from kavle.simulator.later import Later
from kavle.simulator.mmsc.album import Album, MissedMm, Mm
from kavle.simulator.mmsc.counts import MmscCounts
from kavle.simulator.mmsc.deliveries import Deliveries
from kavle.simulator.mmsc.door import Door
from kavle.simulator.mmsc.faults import MmscFaults, Troubles
from kavle.simulator.mmsc.journal import MmEntry
from kavle.simulator.mmsc.magic import behaviour_of
from kavle.simulator.mmsc.mo import Mos
from kavle.simulator.mmsc.settings import MmscSettings
from kavle.simulator.mmsc.submissions import Reply, Submissions
from kavle.simulator.screen import Screen
from kavle.wire.mime import Part
from kavle.wire.mm7 import SubmitReq, Version, version


class Mmsc:
    """To be started and stopped once, in one event loop, the one that it is made in."""

    def __init__(
        self,
        settings: MmscSettings,
        log: FilteringBoundLogger,
        journal: Journal | None = None,
        clock: Clock | None = None,
        screen: Screen | None = None,
    ) -> None:
        """`screen` is shown what becomes of each MM."""
        clock = clock or SystemClock()
        self.settings = settings
        self.album = Album()
        self.troubles = Troubles(settings.seed)
        self._clock = clock
        self._log = log
        self._journal = journal
        self._screen = screen
        self._spoken: Version = settings.version or version()
        self._watch = Watch(MmscCounts())
        self.counts = self._watch.counts
        self._later = Later()
        self.deliveries = Deliveries(settings, self._later, clock, self._note, self._watch.look, log)
        self.mos = Mos(
            clock,
            self.counts,
            self._later,
            self.troubles,
            self.deliveries,
            lambda: self._spoken,
            settings.relay_server_id,
            self._wrote,
        )
        self._submissions = Submissions(
            settings,
            clock,
            self.counts,
            self._later,
            self.troubles,
            self.album,
            self.deliveries,
            self._note,
            self._watch.look,
            self._arrived,
            self._missed,
        )
        self._door = Door(
            settings.username,
            settings.password,
            self._submit,
            self._submissions.cancel,
            lambda: self.troubles.down(asyncio.get_running_loop().time()),
            self._mistaken,
        )

    # For who runs it

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> tuple[str, int]:
        """Listen; returns the address really taken (port 0: any free one). Raises OSError."""
        taken = await self._door.start(host, port, tls)
        self.deliveries.start()
        return taken

    async def stop(self) -> None:
        self._later.close()
        await self._door.stop()
        await self.deliveries.stop()

    async def until(self, reached: Callable[[MmscCounts], bool]) -> None:
        """Returns once `reached(counts)`."""
        await self._watch.until(reached)

    def inflict(self, faults: MmscFaults) -> None:
        """Trouble, from now on."""
        self.troubles.order(faults, asyncio.get_running_loop().time())

    def troubled(self) -> dict[str, float]:
        """The faults in force by name; of those for a time, the seconds that are left."""
        return self.troubles.in_force(asyncio.get_running_loop().time())

    # What happens

    def _submit(self, request: SubmitReq) -> Reply:
        if not self.settings.schema:
            self._spoken = request.version
        return self._submissions.take(request)

    def _arrived(self, mm: Mm, request: SubmitReq) -> None:
        if self._screen is not None:
            self._screen.picture(mm.number, mm.other, _told(mm))
        if behaviour_of(mm.number).echoes and mm.other.isdecimal() and request.content is not None:
            self.mos.pass_on(mm.number, mm.other, mm.subject, request.content)

    def _missed(self, missed: MissedMm) -> None:
        if self._screen is not None:
            self._screen.no_picture(missed.number, missed.sender, missed.why, missed.error)

    def _wrote(self, number: str, to: str, subject: str, content: Part) -> int:
        return self.album.add(self._clock.now(), number, to, subject, content, own=True).id

    def _mistaken(self, reason: str) -> None:
        self.counts.peer_errors += 1
        self._log.info("gateway's mistake", reason=reason)
        self._watch.look()

    def _note(self, entry: MmEntry) -> None:
        if self._journal is not None:
            self._journal.write([entry])


def _told(mm: Mm) -> str:
    """The texts of an MM, and of its other files the types and sizes."""
    said = [mm.subject] if mm.subject else []
    said += [
        file.text if file.text is not None else f"[{file.content_type}, {len(file.data):,} octets]"
        for file in mm.files
    ]
    return "\n".join(said)
