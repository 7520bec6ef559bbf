"""What goes wrong with the MMSC on demand, as with the SMSC: an order, `MmscFaults`, and those in force,
`Troubles`."""

from __future__ import annotations

from random import Random
from typing import Annotated, Final

import msgspec
from msgspec import Meta

_Seconds = Annotated[float, Meta(ge=0, le=86_400)]
_Share = Annotated[float, Meta(ge=0, le=1)]


def _told(description: str) -> Meta:
    """What an option's help and docs/simulator.md say of it."""
    return Meta(description=description)


class MmscFaults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order for trouble. What is None stays as it is."""

    calm: Annotated[bool, _told("End all that was ordered before.")] = False

    # For so many seconds; 0 ends it
    down: Annotated[_Seconds | None, _told("Answer everything with HTTP 503 for so many seconds.")] = None

    # Until another order changes it; 0 ends it
    response_delay: Annotated[_Seconds | None, _told("Seconds more before each SubmitRsp.")] = None
    response_jitter: Annotated[_Seconds | None, _told("At random up to so many seconds more.")] = None
    report_delay: Annotated[_Seconds | None, _told("Seconds more before each report.")] = None
    report_jitter: Annotated[_Seconds | None, _told("At random up to so many seconds more.")] = None

    # Of so many of them, from 0 to 1; 0 ends it
    unavailable: Annotated[_Share | None, _told("Share of SubmitReq refused with 4006.")] = None
    http_errors: Annotated[_Share | None, _told("Share of SubmitReq refused with HTTP 503 alone.")] = None
    garbled: Annotated[_Share | None, _told("Share of SubmitReq taken, and answered with a web page.")] = None
    lost_responses: Annotated[_Share | None, _told("Share of SubmitReq taken, and then cut off.")] = None
    early_reports: Annotated[_Share | None, _told("Share of reports before their SubmitRsp.")] = None
    duplicate_reports: Annotated[_Share | None, _told("Share of reports that come twice.")] = None
    duplicate_mo: Annotated[_Share | None, _told("Share of MMS from phones that come twice.")] = None


_LASTING: Final = tuple(name for name in MmscFaults.__struct_fields__ if name not in ("calm", "down"))


class Troubles:
    """The faults in force. `seed` is of the dice that say whom they meet. Times are the event loop's."""

    def __init__(self, seed: int | None) -> None:
        self._dice = Random(seed)  # noqa: S311 (not for secrets)
        self._ordered = MmscFaults()
        self._down_until = 0.0

    def order(self, faults: MmscFaults, now: float) -> None:
        if faults.calm:
            self._ordered, self._down_until = MmscFaults(), 0.0
        told = {name: value for name in _LASTING if (value := getattr(faults, name)) is not None}
        self._ordered = msgspec.structs.replace(self._ordered, **told)
        if faults.down is not None:
            self._down_until = now + faults.down

    def in_force(self, now: float) -> dict[str, float]:
        """By name; of those for a time, the seconds that are left."""
        lasting = {name: getattr(self._ordered, name) for name in _LASTING} | {"down": self._down_until - now}
        return {name: value for name, value in lasting.items() if value is not None and value > 0}

    def down(self, now: float) -> bool:
        return now < self._down_until

    def meets(self, fault: str) -> bool:
        """Whether a share's dice fall on what is looked at: to be asked once for each."""
        share = getattr(self._ordered, fault)
        return share is not None and self._dice.random() < share

    def response_delay(self) -> float:
        return self._delay(self._ordered.response_delay, self._ordered.response_jitter)

    def report_delay(self) -> float:
        return self._delay(self._ordered.report_delay, self._ordered.report_jitter)

    def _delay(self, fixed: float | None, jitter: float | None) -> float:
        return (fixed or 0.0) + (self._dice.uniform(0, jitter) if jitter else 0.0)
