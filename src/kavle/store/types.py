"""What goes into the store and comes out of it beside the model's nouns; the same on every engine."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from kavle.model.account import AccountSettings
from kavle.model.link import LinkReport
from kavle.model.service import Service
from kavle.model.status import Status


class NewAccount(msgspec.Struct, frozen=True):
    name: str
    password_hash: str
    credits: int  # ten-thousandths of a credit
    at: datetime


class TopUp(msgspec.Struct, frozen=True):
    name: str
    amount: int
    at: datetime


class AccountChange(msgspec.Struct, frozen=True):
    """None leaves a thing as it is."""

    name: str
    password_hash: str | None = None
    settings: AccountSettings | None = None
    portal_hash: str | None = None  # "" takes it away


class AccountLine(msgspec.Struct, frozen=True):
    name: str
    balance: int
    created_at: datetime
    settings: AccountSettings = AccountSettings()


class AccountPage(msgspec.Struct, frozen=True):
    """Some accounts, in the order of their names."""

    limit: int
    after: str = ""
    since: str = ""  # this one and those behind it


class CarrierTerms(msgspec.Struct, frozen=True):
    """What the store must know of a carrier."""

    name: str
    hold: bool = False  # what is unsure waits for an operator, and is not sent again
    whole: bool = False  # its receipts are about the whole message
    service: Service = Service.SMS  # for good


class LeaseRequest(msgspec.Struct, frozen=True):
    carrier_id: int
    room: int  # segments
    token: int
    now: datetime
    until: datetime
    kept: int = 0  # of the room, for the highest priority alone
    owed: dict[int, int] = {}  # segments that a lower priority is to have, though higher ones would take all

    @property
    def lower(self) -> int:
        """Segments that the lower priorities may have together."""
        return max(0, self.room - self.kept)


LinkKey = tuple[int, int]
"""A carrier's id, and which of its links, from 1."""


class LinkTurn(msgspec.Struct, frozen=True):
    """What a node says, time and again, to have its share of the links."""

    node_id: int
    binds: dict[int, int]  # the links that each carrier may have over all nodes, by its id
    life: timedelta  # of what is held, from now on
    now: datetime  # counts where the database has no clock of its own
    closed: tuple[LinkKey, ...] = ()  # given back
    leaving: bool = False  # it takes no more, and keeps what it has until it gives it back
    reports: dict[LinkKey, LinkReport] = {}  # of what it has


class LinkHold(msgspec.Struct, frozen=True):
    carrier_id: int
    number: int
    token: int  # another one, when it was another node's meanwhile
    left: float  # seconds, at least, from when the turn was asked for

    @property
    def key(self) -> LinkKey:
        return self.carrier_id, self.number


class LinkShare(msgspec.Struct, frozen=True):
    """What a node has, and how many it is to have, by carrier."""

    held: list[LinkHold]
    shares: dict[int, int]


class LinkLine(msgspec.Struct, frozen=True):
    """A link as an operator is shown it."""

    carrier: str
    number: int
    held: bool  # a node has it
    report: LinkReport | None = None  # that node's


class CarrierState(msgspec.Struct, frozen=True):
    """Of a carrier that some node serves, or that nobody does though something is ready for it. Down is one
    without a bound link on any of them."""

    carrier_id: int
    carrier: str
    down_since: datetime | None = None
    seconds: float = 0.0  # that it has been down, by the clock of who wrote that
    served: bool = True


class QueuePage(msgspec.Struct, frozen=True):
    """Some of what is ready in a carrier's queue, of one priority, in the queue's order."""

    carrier_id: int
    priority: int
    after: tuple[int, int]  # tag and internal id
    limit: int


class Queued(msgspec.Struct, array_like=True, frozen=True):
    """A ready job. It is `whole` if all of its segments are to be sent; `encoding` as in
    `kavle.sms.segment.Encoding`."""

    id: int
    tag: int
    recipient: str
    sender: str
    text: str
    encoding: int
    segments: int
    whole: bool
    service: Service


class Move(msgspec.Struct, frozen=True):
    """Of ready jobs that are whole from one carrier's queue into another's: id and segments of each."""

    source: int
    target: int
    jobs: tuple[tuple[int, int], ...]


class Backlog(msgspec.Struct, frozen=True):
    """What waits for a carrier, of one priority."""

    carrier: str
    priority: int
    messages: int


class Counted(msgspec.Struct, frozen=True):
    """A stretch of the queue. `after`: where to go on; None: that was its end."""

    lines: list[Backlog]
    after: int | None


class Story(msgspec.Struct, frozen=True):
    """All that is known of one message, but not its text."""

    message_id: int
    status: Status
    told: list[tuple[Status, datetime]]


class Swept(msgspec.Struct, frozen=True):
    """What one sweep did."""

    unsure: int
    forgotten: int


Awaited = tuple[int, str, int, int, int]
"""Of a segment whose receipt is open: domain, network id, message, number, attempt."""
FIRST_AWAITED: Final[Awaited] = (0, "", 0, 0, 0)
"""Before all of them."""


class Forgotten(msgspec.Struct, frozen=True):
    """`after`: where to go on; None: that was all."""

    rows: int
    after: Awaited | None


class Cancel(msgspec.Struct, frozen=True):
    """Of a time-controlled message or bundle, by the account whose it is to be."""

    account_id: int
    id: int
    now: datetime


class HeldPage(msgspec.Struct, frozen=True):
    """Some of what is held, the oldest first."""

    after: tuple[datetime, int]  # since when, and internal id
    carrier: str | None  # of this one alone
    limit: int


class HeldLine(msgspec.Struct, frozen=True):
    """A message with segments that the network may have or not."""

    message_id: int
    account: str
    carrier: str
    recipient: str
    held: tuple[int, ...]  # these segments of `total`
    total: int
    since: datetime


class Verdict(StrEnum):
    """What an operator says of what is held."""

    RELEASE = "release"  # send it again
    FAIL = "fail"  # no network took it: 51, refunded
    KEEP = "keep"  # the network has it: it stays 21, and paid


class Decision(msgspec.Struct, frozen=True):
    ids: tuple[int, ...]
    verdict: Verdict
    now: datetime


class TrafficQuery(msgspec.Struct, frozen=True):
    """Counts from `since` on and before `until`, by 1 or by 60 minutes."""

    account_id: int  # 0: of all accounts together
    since: datetime
    until: datetime
    minutes: int


class Queue(msgspec.Struct, frozen=True):
    """One line of the queue's state, for the metrics."""

    priority: int
    messages: int
    oldest: datetime

    def __add__(self, other: Queue) -> Queue:
        return Queue(self.priority, self.messages + other.messages, min(self.oldest, other.oldest))


class Walked(msgspec.Struct, frozen=True):
    """What there was in a stretch of the queue."""

    queues: list[Queue]
    expired: int
    after: int | None  # behind which id the walk goes on; None: that was the end
