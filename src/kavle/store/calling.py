"""Which of the calls that are ready are made next: pure, and the same on every engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from kavle.model.callback import CallbackLease, LeasedCallback
from kavle.model.number import NumberSettings
from kavle.store.inbox import CallbackLeases, CallbackRequest
from kavle.store.rows import from_ms

LANES: Final = 256
"""Numbers that one lease looks at; the next one goes on behind them."""


LOST: Final = "the process that made this call ended before it told the outcome"
"""The error of a try whose lease ended."""


class ReadyCall(msgspec.Struct, array_like=True, frozen=True):
    """A row of `callback` that is ready, with what the call will need; rows come by number, and each number's
    in the order in which its messages came. `host` is empty when the number is no longer anybody's."""

    incoming_id: int
    tries: int
    round: int
    number: str
    account_id: int
    host: str
    settings: str
    sender: str
    text: str
    received_at: int


class Choice:
    """`taken` are to be leased, `orphans` to be ended; the next lease begins behind `after`."""

    def __init__(self, request: CallbackRequest, lanes: int, last: str) -> None:
        """`lanes`: numbers that were looked at, the last of which is `last`."""
        self._request = request
        self._end = last if lanes == LANES else ""  # else it was the last of all
        self._busy = Counter(request.busy)
        self.taken: list[ReadyCall] = []
        self.orphans: list[int] = []

    def take(self, rows: Iterable[ReadyCall]) -> CallbackLeases:
        served, skipped, numbers = "", "", 0
        for row in rows:
            if not row.host:
                self.orphans.append(row.incoming_id)
                continue
            if row.number not in (served, skipped):  # the first of its number
                if len(self.taken) >= self._request.room or numbers >= self._request.numbers:
                    self._end = served
                    break
                if self._busy[row.host] >= self._request.per_host:
                    skipped = row.number
                    continue
                self._busy[row.host] += 1
                numbers += 1
                served = row.number
            if row.number == served and len(self.taken) < self._request.room:
                self.taken.append(row)
        return CallbackLeases([self._leased(row) for row in self.taken], self._end)

    def _leased(self, row: ReadyCall) -> LeasedCallback:
        return LeasedCallback(
            CallbackLease(row.incoming_id, self._request.token, row.tries + 1, row.round + 1),
            row.account_id,
            row.host,
            row.sender,
            row.text,
            row.number,
            from_ms(row.received_at),
            settings_of(row.settings),
        )


_decode: Final = msgspec.json.Decoder(NumberSettings).decode
_known: dict[str, NumberSettings] = {}


def settings_of(text: str) -> NumberSettings:
    """Remembered: thousands of calls have the same few."""
    settings = _known.get(text)
    if settings is None:
        if len(_known) >= 10_000:
            _known.clear()
        settings = _known[text] = _decode(text)
    return settings
