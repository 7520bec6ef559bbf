"""The wall between core and the networks: what a carrier must do (`Carrier`), and what it may ask of the
core in return (`CarrierEvents`). South implements the one, core the other; neither knows more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kavle.model.incoming import Piece
from kavle.model.link import LinkReport
from kavle.model.message import Outcome, Parcel, Receipt
from kavle.model.mms import IncomingMms, MmsFile


class CarrierEvents(Protocol):
    """What a carrier tells the core."""

    def room(self) -> None:
        """The carrier can take more than a moment ago: lease it some."""

    def outcomes(self, batch: Sequence[Outcome]) -> None:
        """What became of segments that were handed over; called once for each segment of each parcel."""

    async def receipts(self, batch: Sequence[Receipt]) -> None:
        """Returns when the receipts are on disk: only then may they be acknowledged. Raises
        `kavle.model.errors.Refusal` when they can't be kept now: the network is to try again later."""

    async def files(self, message_id: int) -> Sequence[MmsFile]:
        """Those of an MMS that was handed over, in order. Raises `Refusal` when they can't be had now."""

    async def mms(self, message: IncomingMms) -> None:
        """An MMS from a phone; as `receipts`. The same again is kept once."""

    async def messages(self, batch: Sequence[Piece]) -> None:
        """What phones have sent, or parts of it; as `receipts`."""


class Carrier(Protocol):
    """A way to the phones, by whatever protocol: one link of it, where it has several."""

    @property
    def name(self) -> str: ...

    @property
    def bound(self) -> bool:
        """Whether the link is there."""

    @property
    def in_flight(self) -> int:
        """How many segments await their response."""

    @property
    def reconnects(self) -> int:
        """How often the link came back."""

    def report(self) -> LinkReport:
        """How the link is doing, without the name of its node."""

    @property
    def lot(self) -> int:
        """How many segments it takes at most at once, when nothing is under way: its window, or what its rate
        lets out in a moment."""

    def free(self) -> int:
        """How many segments it can take at this moment; 0 while it has no link."""

    def kept(self) -> int:
        """How many of these are kept for priority 3."""

    def submit(self, parcels: Sequence[Parcel]) -> None:
        """Hand over; never blocks. Each segment's outcome comes by `CarrierEvents.outcomes`, whatever
        happens to the link."""

    async def run(self) -> None:
        """Keep the links up until cancelled or stopped."""

    def hold(self) -> None:
        """Take nothing more; what was not yet written to a link comes back as `Unsent` outcomes."""

    async def settle(self, seconds: float) -> None:
        """Wait, so long at most, for the responses of what is in flight."""

    async def close(self) -> None:
        """Unbind. What is still in flight ends as `Unsure`."""
