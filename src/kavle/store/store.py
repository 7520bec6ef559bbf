"""What a store does, on every engine: the message's life in transactions, and reads beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from kavle.model.account import Account
from kavle.model.ids import PublicIds
from kavle.model.message import Draft, LeasedMessage, Outcome, Receipt
from kavle.model.status import Status
from kavle.store.types import (
    AccountChange,
    AccountLine,
    LeaseRequest,
    LinkShare,
    LinkTurn,
    NewAccount,
    Queue,
    Story,
    Swept,
    TopUp,
)


class Store(Protocol):
    """Each writing call returns when it is on disk. It raises `StoreUnavailable` when it is known that
    nothing was stored, `OutcomeUnknown` when it is not known."""

    @property
    def public_ids(self) -> PublicIds: ...

    async def carrier_ids(self, names: Sequence[str]) -> dict[str, int]:
        """The number of each carrier in the tables; new names get one."""

    async def share_links(self, turn: LinkTurn) -> LinkShare:
        """Renew and give back what the node has, and take what is free, up to its share."""

    # --- the message's walk -----------------------------------------------------------------------------

    async def accept(self, draft: Draft) -> int | None:
        """Commit 1. The internal id; None when the balance is too small."""

    async def lease(self, request: LeaseRequest) -> list[LeasedMessage]:
        """Commit 2."""

    async def record(self, outcomes: Sequence[Outcome]) -> int:
        """Commit 3; how many counted, the others' leases having ended."""

    async def receive(self, receipts: Sequence[Receipt]) -> int:
        """Commit 4; how many matched a segment, the others being kept."""

    async def sweep(self, now: datetime) -> Swept: ...

    async def expire(self, now: datetime) -> int:
        """End a bounded number of queued messages past their validity; how many."""

    async def forget(self, now: datetime) -> int:
        """Stop waiting for a bounded number of receipts that are past their horizon; how many."""

    # --- accounts ---------------------------------------------------------------------------------------

    async def create_account(self, new: NewAccount) -> Account | None:
        """None when the name is taken."""

    async def change_account(self, change: AccountChange) -> Account | None:
        """The account as it is after; None when there is no such account."""

    async def top_up(self, one: TopUp) -> int | None:
        """The new balance; None when there is no such account."""

    async def account(self, name: str) -> Account | None: ...

    async def accounts(self) -> list[AccountLine]: ...

    async def balance(self, account_id: int) -> int: ...

    # --- reads ------------------------------------------------------------------------------------------

    async def newest_id(self) -> int:
        """The newest internal id given out."""

    async def status(self, message_id: int) -> Status | None: ...

    async def story(self, message_id: int) -> Story | None: ...

    async def queues(self) -> list[Queue]: ...

    async def close(self) -> None: ...
