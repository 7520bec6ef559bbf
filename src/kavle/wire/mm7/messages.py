"""The messages of MM7, 3GPP TS 23.140 §8.7 and annex L, with what of them is of use here. Which element each
field is stands in `fields.py`. Texts are as they came, without white space round them; what was not given is
empty or None."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from kavle.wire.mime import Part
from kavle.wire.mm7.status import TEXTS, Code
from kavle.wire.mm7.versions import Version, version

NEWEST: Final = version()


class Form(StrEnum):
    """What an address is, by its element's name."""

    NUMBER = "Number"
    SHORT_CODE = "ShortCode"
    RFC2822 = "RFC2822Address"


class Address(msgspec.Struct, frozen=True):
    form: Form
    value: str
    display_only: bool = False  # shown, and not sent to


class Status(msgspec.Struct, frozen=True):
    code: int
    text: str = ""
    details: str = ""

    @classmethod
    def of(cls, code: Code, details: str = "") -> Status:
        """In the standard's words."""
        return cls(int(code), TEXTS[code], details)

    @property
    def good(self) -> bool:
        return 1000 <= self.code < 2000


SUCCESS: Final = Status.of(Code.SUCCESS)


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    """`transaction` pairs a response with its request: TransactionID, in the SOAP header."""

    transaction: str
    version: Version = NEWEST


class SubmitReq(_Message, frozen=True, kw_only=True):
    """VASP to MMSC: an MM to be delivered."""

    vasp_id: str = ""
    vas_id: str = ""
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    service_code: str = ""
    linked_id: str = ""
    message_class: str = ""  # Personal, Informational, Advertisement or Auto
    time_stamp: datetime | None = None
    earliest_delivery: datetime | timedelta | None = None
    expiry: datetime | timedelta | None = None  # when, or how long from now
    delivery_report: bool | None = None
    read_reply: bool | None = None
    priority: str = ""  # Low, Normal or High
    subject: str = ""
    charged_party: str = ""  # Sender, Recipient, Both, Neither or ThirdParty
    distribution: bool | None = None  # whether it may be passed on
    allow_adaptations: bool | None = None
    content: Part | None = None


class SubmitRsp(_Message, frozen=True, kw_only=True):
    status: Status
    message_id: str = ""  # by which reports name it


class DeliverReq(_Message, frozen=True, kw_only=True):
    """MMSC to VASP: an MM from a phone."""

    relay_server_id: str = ""
    vasp_id: str = ""
    vas_id: str = ""
    linked_id: str = ""
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    time_stamp: datetime | None = None
    message_class: str = ""  # not the standard's, but some networks'
    priority: str = ""
    subject: str = ""
    content: Part | None = None


class DeliverRsp(_Message, frozen=True, kw_only=True):
    status: Status
    service_code: str = ""


class DeliveryReportReq(_Message, frozen=True, kw_only=True):
    """MMSC to VASP: what became of an MM that was submitted."""

    message_id: str
    mm_status: str  # Retrieved, Expired, Rejected, Deferred, Indeterminate, Forwarded …
    relay_server_id: str = ""
    recipient: Address | None = None
    sender: Address | None = None
    date: datetime | None = None
    extension: str = ""  # RejectionByMMSRecipient, RejectionByOtherRS
    status_text: str = ""


class DeliveryReportRsp(_Message, frozen=True, kw_only=True):
    status: Status


class ReadReplyReq(_Message, frozen=True, kw_only=True):
    """MMSC to VASP: that an MM was read, or deleted without."""

    message_id: str
    mm_status: str  # Read, Deleted, Indeterminate
    relay_server_id: str = ""
    recipient: Address | None = None
    sender: Address | None = None
    time_stamp: datetime | None = None
    status_text: str = ""


class ReadReplyRsp(_Message, frozen=True, kw_only=True):
    status: Status


class CancelReq(_Message, frozen=True, kw_only=True):
    """VASP to MMSC: an MM that was submitted is not to be delivered."""

    message_id: str
    vasp_id: str = ""
    vas_id: str = ""
    sender: Address | None = None


class CancelRsp(_Message, frozen=True, kw_only=True):
    status: Status


class RSErrorRsp(_Message, frozen=True, kw_only=True):
    """MMSC to VASP, in a SOAP fault: a request that it can't make out."""

    status: Status


class VASPErrorRsp(_Message, frozen=True, kw_only=True):
    """VASP to MMSC, in a SOAP fault: a request that it can't make out."""

    status: Status


Message = (
    SubmitReq
    | SubmitRsp
    | DeliverReq
    | DeliverRsp
    | DeliveryReportReq
    | DeliveryReportRsp
    | ReadReplyReq
    | ReadReplyRsp
    | CancelReq
    | CancelRsp
    | RSErrorRsp
    | VASPErrorRsp
)
