"""What a store does, on every engine: the message's life in transactions, and reads beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from kavle.model.account import Account
from kavle.model.bundle import BundleDraft
from kavle.model.ids import PublicIds
from kavle.model.message import Draft, LeasedMessage, Outcome, Receipt
from kavle.model.service import Service
from kavle.model.status import Status
from kavle.model.traffic import Traffic
from kavle.store.books import Books
from kavle.store.files import Files
from kavle.store.history import History
from kavle.store.inbox import Inbox
from kavle.store.listing import Listing
from kavle.store.office import Office
from kavle.store.persons import Persons
from kavle.store.restoring import Restoring
from kavle.store.retention import Erase, Erased
from kavle.store.types import (
    AccountChange,
    AccountLine,
    Awaited,
    CarrierState,
    CarrierTerms,
    Counted,
    Decision,
    Forgotten,
    HeldLine,
    HeldPage,
    LeaseRequest,
    LinkLine,
    LinkShare,
    LinkTurn,
    Move,
    NewAccount,
    Queued,
    QueuePage,
    Story,
    Swept,
    TopUp,
    TrafficQuery,
    Walked,
)


class Store(Protocol):
    """Each writing call returns when it is on disk. It raises `StoreUnavailable` when it is known that
    nothing was stored, `OutcomeUnknown` when it is not known."""

    @property
    def public_ids(self) -> PublicIds: ...

    @property
    def session_key(self) -> bytes:
        """To sign what browsers keep; the same on all nodes."""

    @property
    def files(self) -> Files: ...

    @property
    def history(self) -> History: ...

    @property
    def listing(self) -> Listing: ...

    @property
    def inbox(self) -> Inbox: ...

    @property
    def office(self) -> Office: ...

    @property
    def restoring(self) -> Restoring: ...

    @property
    def books(self) -> Books: ...

    @property
    def persons(self) -> Persons: ...

    async def carrier_ids(self, carriers: Sequence[CarrierTerms]) -> dict[str, int]:
        """The number of each carrier in the tables, by name; new ones get one. What is said of them holds
        from now on, on every node. Those are missing that were of the other service: what waits for them, and
        its receipts, are that one's."""

    async def share_links(self, turn: LinkTurn) -> LinkShare:
        """Renew and give back what the node has, and take what is free, up to its share."""

    # --- the message's walk -----------------------------------------------------------------------------

    async def accept(self, draft: Draft) -> int | None:
        """Commit 1. The internal id; None when the balance is too small."""

    async def accept_bundle(self, draft: BundleDraft) -> int | None:
        """Commit 1 of a bundle: debit, bundle, recipients and ids. The bundle's internal id; None when the
        balance is too small for all."""

    async def lease(self, request: LeaseRequest) -> list[LeasedMessage]:
        """Commit 2."""

    async def record(self, outcomes: Sequence[Outcome]) -> int:
        """Commit 3; how many counted, the others' leases having ended."""

    async def receive(self, receipts: Sequence[Receipt]) -> int:
        """Commit 4; how many matched a segment, the others being kept."""

    async def advance(self, now: datetime) -> int:
        """Make messages of a bounded number of bundles' recipients, or end that many of cancelled bundles;
        how many. 0: there is nothing to do."""

    async def promote(self, now: datetime) -> int:
        """Make a bounded number of jobs that are due ready; how many. 0: there is nothing to do. What of a
        cancelled bundle is still waiting is ended instead."""

    async def move(self, move: Move) -> int:
        """Put ready jobs into another carrier's queue, in the place that they have in this one; how many,
        the others being leased, gone, or with the network in part meanwhile."""

    async def cancel(self, account_id: int, message_id: int, now: datetime) -> bool:
        """End a time-controlled message that is not due, not leased and the account's: status 12,
        refunded."""

    async def cancel_bundle(self, account_id: int, bundle_id: int, now: datetime) -> bool:
        """Flag a time-controlled bundle of the account that is not due: `advance` ends its messages, and
        nothing else touches them. False where none could be ended."""

    async def decide(self, decision: Decision) -> list[int]:
        """Carry out what an operator decided of held messages; the ids of those that were still held."""

    async def sweep(self, now: datetime, *, leases: bool = True) -> Swept:
        """End what time ends; `leases`: those of messages too."""

    async def walk(self, now: datetime, after: int) -> Walked:
        """Go through a bounded stretch of the queue, from behind that id on: end what is past its validity,
        and count what there was."""

    async def keep_runs(self, now: datetime) -> bool:
        """Enter some thousand messages by their recipients, or drop those of messages that are gone. False:
        there is nothing to do."""

    async def forget(self, now: datetime, after: Awaited) -> Forgotten:
        """Go through a bounded stretch of the segments whose receipt is open, from behind that one on, and
        stop waiting for what is past its horizon."""

    async def fold(self) -> bool:
        """Move some of what was counted on, to where `traffic` finds it; whether there is more."""

    async def drop(self, one: Erase) -> int:
        """Take away whole partitions in which all is old and nothing open; how many. None on SQLite."""

    async def erase(self, one: Erase) -> Erased:
        """Take away a bounded number of rows that are old and not open."""

    async def see(self, now: datetime) -> int | None:
        """That it is so late; since when, in ms, such a time is doubted, as `store.seen` says."""

    async def doubted(self) -> int | None:
        """As it was last seen."""

    async def forget_traffic(self, now: datetime) -> int:
        """Drop a bounded number of old counts by minute; how many."""

    # --- accounts ---------------------------------------------------------------------------------------

    async def create_account(self, new: NewAccount) -> Account | None:
        """None when the name is taken."""

    async def change_account(self, change: AccountChange) -> Account | None:
        """The account as it is after; None when there is no such account."""

    async def top_up(self, one: TopUp) -> int | None:
        """The new balance; None when there is no such account."""

    async def correct(self, one: TopUp) -> int | None:
        """As `top_up`, by an amount below 0; None, too, when the balance is smaller than that."""

    async def account(self, name: str) -> Account | None: ...

    async def accounts(self) -> list[AccountLine]: ...

    async def balance(self, account_id: int) -> int: ...

    # --- reads ------------------------------------------------------------------------------------------

    async def newest_id(self) -> int:
        """The newest internal id given out."""

    async def status(self, message_id: int, service: Service = Service.SMS) -> Status | None:
        """None for what is unknown, or of the other service."""

    async def story(self, message_id: int) -> Story | None: ...

    async def cancelling(self, bundle_id: int) -> bool:
        """Whether some of its messages are still to be ended."""

    async def bundle(self, bundle_id: int) -> list[tuple[int, Status]] | None:
        """Internal id and status of each message in the order of the recipients; None for no bundle."""

    async def due(self, id: int) -> datetime | None:
        """When a message or a bundle is, or was, to be sent; None for what is unknown or not time
        controlled."""

    async def owner(self, id: int) -> Account | None:
        """The account whose message or bundle it is."""

    async def held(self, page: HeldPage) -> list[HeldLine]: ...

    async def held_counts(self) -> dict[str, int]:
        """How many messages are held, by carrier; those with none are missing."""

    async def traffic(self, query: TrafficQuery) -> list[Traffic]:
        """Those spans and carriers of which anything is known, the oldest first."""

    async def links(self) -> list[LinkLine]:
        """Every link that some node has had, by carrier and number."""

    async def carrier_states(self, now: datetime) -> list[CarrierState]:
        """Of the carriers that some node serves, by name."""

    async def queued(self, page: QueuePage) -> list[Queued]:
        """A page of a carrier's queue."""

    async def backlog(self, after: int) -> Counted:
        """What is in a bounded stretch of the queue, from behind that id on, by carrier and priority."""

    async def close(self) -> None: ...
