"""All that a gateway has of one person, who is one phone number to it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kavle.model.history import Attempt, ReceiptLine


class PersonView(msgspec.Struct, frozen=True):
    """How much it is, and what is not over. Ids are public."""

    number: str
    messages: int = 0  # to it
    received: int = 0  # from it
    files: int = 0
    scheduled: list[str] = []  # messages that wait for their time, and can be cancelled
    open: list[str] = []  # that are not sent yet, or are to be decided on
    untold: list[str] = []  # from it, of which customers are still to be told
    unready: bool = False  # parts of a message of its, or a bundle to it, are about to become one
    stop_lists: list[str] = []  # accounts on whose lists it stands
    erased_at: datetime | None = None  # the last time
    more: bool = False  # there are still more messages than these

    @property
    def over(self) -> bool:
        return not (self.open or self.untold or self.unready)


class PersonErased(msgspec.Struct, frozen=True):
    messages: int  # in both directions
    cancelled: int
    stop_lists: int
    more: bool  # the same again for the rest


class PersonFile(msgspec.Struct, frozen=True):
    name: str
    content_type: str
    data: bytes


class PersonStatus(msgspec.Struct, frozen=True):
    at: datetime
    status: int


class PersonMessage(msgspec.Struct, frozen=True):
    """One that was sent to it."""

    id: str
    account: str
    service: str
    recipient: str
    sender: str
    text: str | None  # None: erased
    accepted_at: datetime
    due_at: datetime | None
    bundle: str | None
    statuses: list[PersonStatus]
    attempts: list[Attempt]
    receipts: list[ReceiptLine]
    files: list[PersonFile]


class PersonCall(msgspec.Struct, frozen=True):
    """By which a customer was told of what came."""

    at: datetime
    status: int | None  # HTTP's
    answer: str  # what it began with
    error: str | None


class PersonReceived(msgspec.Struct, frozen=True):
    """One that it sent."""

    id: str
    account: str | None
    service: str
    recipient: str
    sender: str
    text: str
    received_at: datetime
    calls: list[PersonCall]
    files: list[PersonFile]


class PersonStop(msgspec.Struct, frozen=True):
    account: str
    at: datetime


class PersonPage(msgspec.Struct, frozen=True):
    """Some of it, the newest first; what it sent behind what was sent to it."""

    number: str
    messages: list[PersonMessage] = []
    received: list[PersonReceived] = []
    stop_lists: list[PersonStop] = []
    further: str = ""  # where to go on; empty: that was all
