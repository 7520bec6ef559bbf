"""Texts from phones, to the ESME: asked for by a test, a person, or a number that answers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import msgspec

from kavle.simulator.counts import Counts
from kavle.simulator.deliveries import Deliveries
from kavle.simulator.journal import MoAnswered, MoSent
from kavle.simulator.later import Later
from kavle.simulator.mo_pdus import MoText, pdus_of
from kavle.simulator.turn import Turn
from kavle.wire.smpp.constants import CommandStatus, status_name
from kavle.wire.smpp.pdus import DataSm, DeliverSm

REMEMBERED: Final = 1_000
"""Texts of which it can be asked what became of them."""

_REFERENCES: Final = 256  # that fit 8 bits

_AGAIN: Final = frozenset(
    {
        CommandStatus.ESME_RX_T_APPN,
        CommandStatus.ESME_RTHROTTLED,
        CommandStatus.ESME_RMSGQFUL,
        CommandStatus.ESME_RSYSERR,
    }
)
"""Errors that pass. SMPP 3.4 §5.1.3"""


class Part(msgspec.Struct):
    """One PDU of a text, and what the ESME answered each time that it was sent; None: nothing in time."""

    mo: Mo
    number: int  # in the order of sending, from 1
    body: DeliverSm | DataSm
    attempts: int = 0
    answers: list[int | None] = []
    ended: bool = False

    def pdu(self, with_tlvs: bool) -> DeliverSm | DataSm:
        return self.body

    def sent(self, counts: Counts) -> None:
        counts.mo_sent += 1

    def answered(self, counts: Counts, status: int | None) -> bool:
        self.answers.append(status)
        if status is None or status in _AGAIN:
            counts.mo_refused += 1
            return True
        if status:
            counts.mo_refused += 1
            self.given_up(counts)
        else:
            counts.mo_acked += 1
            self._end()
        return False

    def given_up(self, counts: Counts) -> None:
        counts.mo_given_up += 1
        self._end()

    def sent_entry(self, at: datetime, connection: int) -> MoSent:
        body = self.body
        return MoSent(
            at,
            connection,
            self.mo.id,
            self.number,
            body.source_addr,
            body.destination_addr,
            body.esm_class,
            body.data_coding,
            body.user_data.hex(),
            self.attempts,
        )

    def answered_entry(self, at: datetime, connection: int, status: int) -> MoAnswered:
        return MoAnswered(at, connection, self.mo.id, self.number, status)

    def _end(self) -> None:
        self.ended = True
        self.mo.look()


class Mo:
    """A text on its way to the ESME."""

    def __init__(self, id: int, at: datetime, text: MoText, bodies: Sequence[DeliverSm | DataSm]) -> None:
        self.id = id
        self.at = at
        self.text = text
        self.parts = [Part(self, number, body) for number, body in enumerate(bodies, start=1)]
        self._over = asyncio.Event()

    @property
    def ended(self) -> bool:
        """Each part was taken, refused for good, or given up."""
        return self._over.is_set()

    async def wait(self, seconds: float | None = None) -> None:
        """Until it has ended, so long at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()

    def look(self) -> None:
        if all(part.ended for part in self.parts):
            self._over.set()

    def told(self) -> dict[str, object]:
        """For the HTTP face."""
        parts = [
            {"number": part.number, "answers": [_answer(status) for status in part.answers]}
            for part in self.parts
        ]
        return {"id": self.id, "ended": self.ended, "parts": parts}


def _answer(status: int | None) -> str | None:
    return None if status is None else status_name(status)


class Mos:
    """All texts from phones. `on_sent` is told of each."""

    def __init__(
        self,
        counts: Counts,
        turn: Turn,
        later: Later,
        deliveries: Deliveries,
        on_sent: Callable[[Mo], None],
    ) -> None:
        self._counts = counts
        self._turn = turn
        self._later = later
        self._deliveries = deliveries
        self._on_sent = on_sent
        self._sent = 0
        self._newest: deque[Mo] = deque(maxlen=REMEMBERED)

    def send(self, text: MoText) -> Mo:
        """On its way at once; it waits where nobody is bound to receive. Raises ValueError for what
        can't be said."""
        bodies = pdus_of(text, (self._sent + 1) % _REFERENCES)
        self._sent += 1
        mo = Mo(self._sent, self._turn.now(), text, bodies)
        self._newest.append(mo)
        self._on_sent(mo)
        self._counts.mo += len(mo.parts)
        for place, part in enumerate(mo.parts):
            self._later.call(place * text.pause, self._deliveries.post, part)
        return mo

    def find(self, id: int) -> Mo | None:
        return next((mo for mo in self._newest if mo.id == id), None)
