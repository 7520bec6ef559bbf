"""What a store does with numbers, incoming messages and their calls, on every engine, and what goes into it
and comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from kavle.model.callback import CallbackTry, LeasedCallback
from kavle.model.incoming import IncomingState, Piece
from kavle.model.mms import FileLine, IncomingMms
from kavle.model.number import Number, NumberSettings
from kavle.model.why import Why


class Taken(msgspec.Struct, frozen=True):
    """What a batch of pieces came to."""

    messages: int  # that are whole now
    doubles: int  # pieces that were here before


class PartWait(msgspec.Struct, frozen=True):
    """Which parts wait no longer for the others."""

    now: datetime
    before: datetime  # they came before this
    most: int  # or are older than so many newer ones


class CallbackRequest(msgspec.Struct, frozen=True):
    room: int  # calls, 1 at least
    each: int  # of these, of one number
    numbers: int  # of which they may be
    per_host: int  # numbers that may be called on one host at once
    per_account: int  # and of one account
    token: int
    now: datetime
    until: datetime
    busy: Mapping[str, int] = {}  # numbers being called now, by host
    accounts: Mapping[int, int] = {}  # and by account
    after: str = ""  # as the last answer had it


class CallbackLeases(msgspec.Struct, frozen=True):
    """`after`: where the next lease is to begin; there may be more to lease until it is empty."""

    taken: list[LeasedCallback]  # by number, each number's in their order
    after: str


class NewNumber(msgspec.Struct, frozen=True):
    msisdn: str
    account_id: int
    host: str
    settings: NumberSettings
    at: datetime


class NumberChange(msgspec.Struct, frozen=True):
    msisdn: str
    account_id: int
    host: str
    settings: NumberSettings
    owner: int | None = None  # only while it is this account's


class NumberPage(msgspec.Struct, frozen=True):
    """Some numbers, in order."""

    after: str = ""
    account_id: int | None = None  # of this one alone
    limit: int = 100


class IncomingPage(msgspec.Struct, frozen=True):
    """Some incoming messages, the newest first."""

    before: int | None = None  # an internal id
    account_id: int | None = None  # of this one alone
    unowned: bool = False  # those alone that were nobody's
    recipient: str | None = None
    failed: bool = False  # those alone whose customer never said OK
    limit: int = 100
    sender: str | None = None


class IncomingLine(msgspec.Struct, frozen=True):
    id: int
    account: str | None
    carrier: str
    sender: str
    recipient: str
    received_at: datetime
    parts: int
    got: int
    state: IncomingState
    state_at: datetime
    mms: MmsSaid | None = None  # of an MMS

    @property
    def complete(self) -> bool:
        return self.got == self.parts


class MmsSaid(msgspec.Struct, frozen=True):
    """What a network said of an MMS, in the words of `IncomingMms`."""

    message_class: str = ""
    priority: str = ""
    version: str = ""
    transaction: str = ""


class TryLine(msgspec.Struct, frozen=True):
    """One call that was made."""

    number: int
    at: datetime
    milliseconds: int
    status: int | None
    head: str
    error: Why | None


class IncomingStory(msgspec.Struct, frozen=True):
    """All that is known of one incoming message."""

    line: IncomingLine
    text: str  # an MMS's subject
    tries: list[TryLine]
    due: datetime | None  # of the next one; None: there is none to come, or it is under way
    files: tuple[FileLine, ...] = ()


class StopChange(msgspec.Struct, frozen=True):
    account_id: int
    msisdn: str
    at: datetime


class StopPage(msgspec.Struct, frozen=True):
    """Some of an account's stop list, in order."""

    account_id: int
    after: str = ""
    limit: int = 100


class StopLine(msgspec.Struct, frozen=True):
    msisdn: str
    at: datetime


class Inbox(Protocol):
    """What phones send, and the calls that bring it to customers: part of a store, and as that one. An
    incoming message's internal id is of the same counter as the others', so its public id is no message's."""

    # --- messages ---------------------------------------------------------------------------------------

    async def take(self, batch: Sequence[Piece]) -> Taken:
        """Keep what came: then it may be acknowledged. Messages that are whole with it are kept as such, with
        the call that their number's account wants; STOP puts its sender on the account's list. In doubt it
        raises `StoreUnavailable` too: twice is better than never."""

    async def take_mms(self, message: IncomingMms) -> bool:
        """As `take`; False where it is here already."""

    async def end_parts(self, wait: PartWait) -> int:
        """Make messages, marked incomplete, of a bounded number of those whose missing parts are waited for
        no longer; how many. 0: there is nothing to do."""

    async def forget_parts(self, now: datetime) -> int:
        """Forget a bounded number of the parts of whole messages, kept to know their doubles; how many."""

    async def forget_mms(self, now: datetime) -> int:
        """As `forget_parts`, of what is kept to know doubles of MMS."""

    async def incoming(self, page: IncomingPage) -> list[IncomingLine]: ...

    async def texts(self, ids: Sequence[int], characters: int) -> dict[int, str]:
        """What the texts of these begin with; none of what is erased."""

    async def story(self, id: int) -> IncomingStory | None: ...

    # --- calls ------------------------------------------------------------------------------------------

    async def lease(self, request: CallbackRequest) -> CallbackLeases:
        """Calls that are ready. A number's are leased in the order in which its messages came, and not while
        others of it are leased; a number that is nobody's any more has its messages fail here instead. Each
        counts as a try from now on."""

    async def record(self, tries: Sequence[CallbackTry]) -> int:
        """What came of calls; how many counted, the others' leases having ended."""

    async def promote(self, now: datetime) -> int:
        """Make a bounded number of calls that are due ready; how many."""

    async def end_leases(self, now: datetime) -> int:
        """Make a bounded number of calls whose lease ended without an outcome ready; how many. Such a try is
        recorded, but gives no message up: it counts in no round."""

    async def replay(self, ids: Sequence[int], now: datetime) -> list[int]:
        """Begin a new round for these messages, whatever became of them; those whose number is (still, or by
        now) their account's. What was nobody's is his whose number it is now."""

    async def uncalled(self) -> int:
        """How many messages wait for their customer to say OK."""

    # --- numbers and stop lists -------------------------------------------------------------------------

    async def add_number(self, new: NewNumber) -> bool:
        """False when it is there already."""

    async def change_number(self, change: NumberChange) -> bool:
        """Calls that wait go where it says from now on. False when there is no such number, or it is no
        longer its owner's."""

    async def remove_number(self, msisdn: str) -> bool: ...

    async def number(self, msisdn: str) -> Number | None: ...

    async def numbers(self, page: NumberPage) -> list[Number]: ...

    async def stop(self, change: StopChange) -> bool:
        """Put a phone on an account's stop list; False when it is there already."""

    async def unstop(self, change: StopChange) -> bool:
        """Take it off; False when it is not on the list."""

    async def stopped(self, account_id: int, recipients: Sequence[str]) -> frozenset[str]:
        """Those of `recipients` that are on the account's stop list."""

    async def stops(self, page: StopPage) -> list[StopLine]: ...
