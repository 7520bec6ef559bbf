"""What goes wrong with the network on demand.

An order, `Faults`, comes from the command line, a test or the HTTP face. `Troubles` are those in force.
"""

from __future__ import annotations

from random import Random
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from kavle.wire.smpp.constants import CommandStatus

_Seconds = Annotated[float, Meta(ge=0, le=86_400)]
_Share = Annotated[float, Meta(ge=0, le=1)]
_Rate = Annotated[float, Meta(ge=0, le=1_000_000)]
_Count = Annotated[int, Meta(ge=1)]


def _told(description: str) -> Meta:
    """What an option's help and docs/simulator.md say of it."""
    return Meta(description=description)


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order for trouble. What is None stays as it is."""

    # At once
    calm: Annotated[bool, _told("End all that was ordered before.")] = False
    drop_links: Annotated[bool, _told("Cut every connection, without a word.")] = False
    drop_at_submit: Annotated[
        _Count | None, _told("Cut the link that brings the n-th submit_sm from now, unanswered.")
    ] = None

    # For so many seconds; 0 ends it
    refuse_binds: Annotated[
        _Seconds | None, _told("Refuse binds with ESME_RBINDFAIL for so many seconds.")
    ] = None
    half_open: Annotated[
        _Seconds | None, _told("Links there now, and those made for so many seconds, stay deaf and dumb.")
    ] = None
    mute: Annotated[
        _Seconds | None, _told("For so many seconds act on what comes, and lose what is sent.")
    ] = None

    # Until another order changes it; 0 ends it
    response_delay: Annotated[_Seconds | None, _told("Seconds more before each submit_sm_resp.")] = None
    response_jitter: Annotated[
        _Seconds | None, _told("At random up to so many seconds more: responses overtake one another.")
    ] = None
    receipt_delay: Annotated[_Seconds | None, _told("Seconds more before each receipt.")] = None
    receipt_jitter: Annotated[
        _Seconds | None, _told("At random up to so many seconds more: receipts overtake one another.")
    ] = None
    drop_links_every: Annotated[_Seconds | None, _told("Cut all links every so many seconds.")] = None
    rate: Annotated[_Rate | None, _told("ESME_RTHROTTLED for more than so many submit_sm a second.")] = None

    # Of so many of them, from 0 to 1; 0 ends it
    throttle: Annotated[_Share | None, _told("Share of submit_sm refused with ESME_RTHROTTLED.")] = None
    queue_full: Annotated[_Share | None, _told("Share of submit_sm refused with ESME_RMSGQFUL.")] = None
    drop: Annotated[_Share | None, _told("Share of submit_sm behind which their link is cut.")] = None
    lost_responses: Annotated[_Share | None, _told("Share of submit_sm that are never answered.")] = None
    early_receipts: Annotated[_Share | None, _told("Share of receipts before their response.")] = None
    duplicate_receipts: Annotated[_Share | None, _told("Share of receipts that come twice.")] = None
    other_link: Annotated[_Share | None, _told("Share of receipts by another link than their submit_sm.")] = (
        None
    )


_AT_ONCE: Final = ("calm", "drop_links", "drop_at_submit")
_FOR_A_TIME: Final = ("refuse_binds", "half_open", "mute")

_OK: Final = CommandStatus.ESME_ROK


class Troubles:
    """The faults in force. `seed` is of the dice that say whom they meet. Times are the event loop's."""

    def __init__(self, seed: int | None) -> None:
        self._dice = Random(seed)  # noqa: S311 (not for secrets)
        self._ordered = Faults()
        self._until: dict[str, float] = {}
        self._until_drop = 0
        self._meter = _Meter()

    def order(self, faults: Faults, now: float) -> None:
        if faults.calm:
            self._ordered, self._until_drop = Faults(), 0
            self._until.clear()
        told = {name: value for name in _LASTING if (value := getattr(faults, name)) is not None}
        self._ordered = msgspec.structs.replace(self._ordered, **told)
        self._until |= {name: now + told[name] for name in _FOR_A_TIME if name in told}
        if faults.drop_at_submit is not None:
            self._until_drop = faults.drop_at_submit

    def in_force(self, now: float) -> dict[str, float]:
        """By name; of those for a time, the seconds that are left."""
        lasting = {name: getattr(self._ordered, name) for name in _LASTING}
        lasting |= {name: until - now for name, until in self._until.items()}
        lasting["drop_at_submit"] = self._until_drop
        return {name: value for name, value in lasting.items() if value is not None and value > 0}

    # Links

    def refuse_binds(self, now: float) -> bool:
        return now < self._until.get("refuse_binds", 0)

    def half_open(self, now: float) -> bool:
        return now < self._until.get("half_open", 0)

    def mute(self, now: float) -> bool:
        return now < self._until.get("mute", 0)

    @property
    def drop_links_every(self) -> float:
        return self._ordered.drop_links_every or 0.0

    # Messages: to be asked once for each

    def refusal(self, now: float) -> CommandStatus:
        """ESME_ROK, or by what a submit_sm is refused."""
        ordered = self._ordered
        if ordered.rate and not self._meter.lets(ordered.rate, now):
            return CommandStatus.ESME_RTHROTTLED
        if self._meets(ordered.throttle):
            return CommandStatus.ESME_RTHROTTLED
        return CommandStatus.ESME_RMSGQFUL if self._meets(ordered.queue_full) else _OK

    def drop(self) -> bool:
        """Counts one submit_sm; True if its connection is to be cut."""
        if self._until_drop:
            self._until_drop -= 1
            if not self._until_drop:
                return True
        return self._meets(self._ordered.drop)

    def loses_response(self) -> bool:
        return self._meets(self._ordered.lost_responses)

    def response_delay(self) -> float:
        return self._delay(self._ordered.response_delay, self._ordered.response_jitter)

    def receipt_delay(self) -> float:
        return self._delay(self._ordered.receipt_delay, self._ordered.receipt_jitter)

    def early_receipt(self) -> bool:
        return self._meets(self._ordered.early_receipts)

    def duplicate_receipt(self) -> bool:
        return self._meets(self._ordered.duplicate_receipts)

    def other_link(self) -> bool:
        return self._meets(self._ordered.other_link)

    def _meets(self, share: float | None) -> bool:
        return share is not None and self._dice.random() < share

    def _delay(self, fixed: float | None, jitter: float | None) -> float:
        return (fixed or 0.0) + (self._dice.uniform(0, jitter) if jitter else 0.0)


_LASTING: Final = tuple(name for name in Faults.__struct_fields__ if name not in _AT_ONCE)


class _Meter:
    """Counts by whole seconds, as many networks do."""

    def __init__(self) -> None:
        self._second = 0
        self._count = 0

    def lets(self, rate: float, now: float) -> bool:
        if int(now) != self._second:
            self._second, self._count = int(now), 0
        self._count += 1
        return self._count <= rate
