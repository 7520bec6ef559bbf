"""Which of the calls that are ready are made next: pure, and the same on every engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

import msgspec

from kavle.model.callback import CallbackLease, LeasedCallback
from kavle.model.callback_url import callback_host
from kavle.model.number import NumberSettings
from kavle.store.inbox import CallbackLeases, CallbackRequest
from kavle.store.incoming_mms import told
from kavle.store.rows import from_ms

LANES: Final = 256
"""Numbers that one lease looks at; the next one goes on behind them."""

LOST: Final = "the process that made this call ended before it told the outcome"
"""The error of a try whose lease ended."""


class Lane(msgspec.Struct, array_like=True, frozen=True):
    """A number with calls that are ready and none under way. `host` is that of its address for SMS, empty
    when it is no longer anybody's; `mms_callback` is there only if its first call is for an MMS, which has an
    address of its own."""

    number: str
    account_id: int
    host: str
    mms_callback: str = ""

    @property
    def called(self) -> str:
        """The host of its first call."""
        return callback_host(self.mms_callback) if self.mms_callback else self.host


class ReadyCall(msgspec.Struct, array_like=True, frozen=True):
    """A row of `callback` that is ready, with what the call will need. `host` as in a `Lane`. `settings` is
    empty when the number is nobody's."""

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
    mms: str | None = None  # JSON, as what follows
    files: str | None = None

    @property
    def called(self) -> str:
        """The host of its call."""
        own = settings_of(self.settings).mms_callback if self.settings and self.mms is not None else ""
        return callback_host(own) if own else self.host


class Choice(msgspec.Struct, frozen=True):
    """The numbers of a lease, in their order; the next one begins behind `after`."""

    numbers: list[str]
    after: str


def choose(request: CallbackRequest, lanes: Sequence[Lane]) -> Choice:
    """Of `lanes`, in the order of their numbers, those for which there is room. What has none is not looked
    at any further: a customer's thousands that wait for him cost the others nothing."""
    hosts, accounts = Counter(request.busy), Counter(request.accounts)
    chosen: list[str] = []
    for lane in lanes:
        if len(chosen) >= request.numbers:
            return Choice(chosen, chosen[-1])
        if host := lane.called:  # else its calls are ended, which needs no room
            if hosts[host] >= request.per_host or accounts[lane.account_id] >= request.per_account:
                continue
            hosts[host] += 1
            accounts[lane.account_id] += 1
        chosen.append(lane.number)
    return Choice(chosen, lanes[-1].number if len(lanes) == LANES else "")


class Round:
    """What is leased of a choice: `taken`, of each number only to the host of the first, for which there is
    room; `orphans` are to be ended."""

    def __init__(self, request: CallbackRequest, choice: Choice, rows: Sequence[ReadyCall]) -> None:
        """`rows`: at most as many as there is room for."""
        ordered = sorted(rows, key=lambda row: (row.number, row.incoming_id))
        self.taken = list(_to_one_host(row for row in ordered if row.host))
        self.orphans = [row.incoming_id for row in ordered if not row.host]
        after = ordered[-1].number if len(ordered) >= request.room else choice.after
        self.leases = CallbackLeases([_leased(row, request.token) for row in self.taken], after)


def _to_one_host(rows: Iterable[ReadyCall]) -> Iterator[ReadyCall]:
    """Of each number those before the first that leads elsewhere than its first one does: what is behind
    that waits for the next lease, so that a number's calls keep their order, and each host its limit."""
    for _, calls in groupby(rows, attrgetter("number")):
        _, first = next(groupby(calls, attrgetter("called")))
        yield from first


def _leased(row: ReadyCall, token: int) -> LeasedCallback:
    settings, mms = settings_of(row.settings), told(row.text, row.mms, row.files)
    return LeasedCallback(
        CallbackLease(row.incoming_id, token, row.tries + 1, row.round + 1),
        row.account_id,
        row.called,
        row.sender,
        row.text,
        row.number,
        from_ms(row.received_at),
        settings,
        mms,
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
