"""What goes into the store and comes out of it beside the model's nouns; the same on every engine."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kavle.model.account import AccountSettings
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


class AccountLine(msgspec.Struct, frozen=True):
    name: str
    balance: int
    created_at: datetime
    settings: AccountSettings = AccountSettings()


class LeaseRequest(msgspec.Struct, frozen=True):
    carrier_id: int
    room: int  # segments
    token: int
    now: datetime
    until: datetime


class Story(msgspec.Struct, frozen=True):
    """All that is known of one message, but not its text."""

    message_id: int
    status: Status
    told: list[tuple[Status, datetime]]


class Swept(msgspec.Struct, frozen=True):
    """What one sweep did."""

    promoted: int
    unsure: int
    forgotten: int


class Queue(msgspec.Struct, frozen=True):
    """One line of the queue's state, for the metrics."""

    priority: int
    messages: int
    oldest: datetime
