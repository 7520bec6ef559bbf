"""What goes wrong with the network on demand."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

_Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
_Count = Annotated[int, msgspec.Meta(ge=1)]


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order for trouble. What is None stays as it is; 0 seconds ends it."""

    drop_links: bool = False  # cut every connection now, without a word
    drop_at_submit: _Count | None = None  # cut the one that brings the n-th submit_sm from now, unanswered
    refuse_binds: _Seconds | None = None  # for so long, with ESME_RBINDFAIL
    half_open: _Seconds | None = None  # connections there now, and those made for so long, are never answered
    mute: _Seconds | None = None  # for so long what is sent is lost; what comes is acted on
    response_delay: _Seconds | None = None  # added to every submit_sm_resp


_NEVER: Final = 0.0


class Troubles:
    """The faults in force. Times are the event loop's."""

    def __init__(self) -> None:
        self.response_delay = 0.0
        self._until_drop = 0
        self._refuse_until = self._half_open_until = self._mute_until = _NEVER

    def order(self, faults: Faults, now: float) -> None:
        if faults.refuse_binds is not None:
            self._refuse_until = now + faults.refuse_binds
        if faults.half_open is not None:
            self._half_open_until = now + faults.half_open
        if faults.mute is not None:
            self._mute_until = now + faults.mute
        if faults.response_delay is not None:
            self.response_delay = faults.response_delay
        if faults.drop_at_submit is not None:
            self._until_drop = faults.drop_at_submit

    def refuse_binds(self, now: float) -> bool:
        return now < self._refuse_until

    def half_open(self, now: float) -> bool:
        return now < self._half_open_until

    def mute(self, now: float) -> bool:
        return now < self._mute_until

    def drop_now(self) -> bool:
        """Counts one submit_sm; True if its connection is to be cut."""
        if not self._until_drop:
            return False
        self._until_drop -= 1
        return not self._until_drop
