"""Which element each field of a message is, in the order of the schema (3GPP TS 23.140 annex L): the reader
and the writer go by this one table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

import msgspec

from kavle.wire.mm7 import messages
from kavle.wire.mm7.messages import Message


class Kind(Enum):
    """How a field's value stands in its element."""

    TEXT = "text"
    BOOL = "boolean"
    TIME = "dateTime"
    MOMENT = "dateTime or duration"
    ADDRESS = "one address inside"
    ADDRESSES = "addresses inside; the element may be repeated"
    STATUS = "StatusCode, StatusText and Details inside"


class Field(msgspec.Struct, frozen=True):
    name: str  # of the struct's field
    element: str
    kind: Kind = Kind.TEXT
    within: str = ""  # the element that holds it with others
    required: bool = False


_VASP: Final = (
    Field("vasp_id", "VASPID", within="SenderIdentification"),
    Field("vas_id", "VASID", within="SenderIdentification"),
    Field("sender", "SenderAddress", Kind.ADDRESS, within="SenderIdentification"),
)
_RECIPIENTS: Final = (
    Field("to", "To", Kind.ADDRESSES, within="Recipients"),
    Field("cc", "Cc", Kind.ADDRESSES, within="Recipients"),
    Field("bcc", "Bcc", Kind.ADDRESSES, within="Recipients"),
)
_STATUS: Final = (Field("status", "Status", Kind.STATUS, required=True),)
_RELAY: Final = Field("relay_server_id", "MMSRelayServerID")
_MESSAGE_ID: Final = Field("message_id", "MessageID", required=True)
_PARTIES: Final = (
    Field("recipient", "Recipient", Kind.ADDRESS),
    Field("sender", "Sender", Kind.ADDRESS),
)
_MM_STATUS: Final = Field("mm_status", "MMStatus", required=True)
_STATUS_TEXT: Final = Field("status_text", "StatusText")

FIELDS: Final[Mapping[type[Message], tuple[Field, ...]]] = {
    messages.SubmitReq: (
        *_VASP,
        *_RECIPIENTS,
        Field("service_code", "ServiceCode"),
        Field("linked_id", "LinkedID"),
        Field("message_class", "MessageClass"),
        Field("time_stamp", "TimeStamp", Kind.TIME),
        Field("earliest_delivery", "EarliestDeliveryTime", Kind.MOMENT),
        Field("expiry", "ExpiryDate", Kind.MOMENT),
        Field("delivery_report", "DeliveryReport", Kind.BOOL),
        Field("read_reply", "ReadReply", Kind.BOOL),
        Field("priority", "Priority"),
        Field("subject", "Subject"),
        Field("charged_party", "ChargedParty"),
        Field("distribution", "DistributionIndicator", Kind.BOOL),
    ),
    messages.SubmitRsp: (*_STATUS, Field("message_id", "MessageID")),
    messages.DeliverReq: (
        _RELAY,
        Field("vasp_id", "VASPID"),
        Field("vas_id", "VASID"),
        Field("linked_id", "LinkedID"),
        Field("sender", "Sender", Kind.ADDRESS),
        *_RECIPIENTS,
        Field("time_stamp", "TimeStamp", Kind.TIME),
        Field("message_class", "MessageClass"),
        Field("priority", "Priority"),
        Field("subject", "Subject"),
    ),
    messages.DeliverRsp: (*_STATUS, Field("service_code", "ServiceCode")),
    messages.DeliveryReportReq: (
        _RELAY,
        _MESSAGE_ID,
        *_PARTIES,
        Field("date", "Date", Kind.TIME),
        _MM_STATUS,
        Field("extension", "MMStatusExtension"),
        _STATUS_TEXT,
    ),
    messages.DeliveryReportRsp: _STATUS,
    messages.ReadReplyReq: (
        _RELAY,
        _MESSAGE_ID,
        *_PARTIES,
        Field("time_stamp", "TimeStamp", Kind.TIME),
        _MM_STATUS,
        _STATUS_TEXT,
    ),
    messages.ReadReplyRsp: _STATUS,
    messages.CancelReq: (*_VASP, _MESSAGE_ID),
    messages.CancelRsp: _STATUS,
    messages.RSErrorRsp: _STATUS,
    messages.VASPErrorRsp: _STATUS,
}

NAMES: Final[Mapping[str, type[Message]]] = {kind.__name__.lower(): kind for kind in FIELDS}
"""A message's element is called as its struct is."""

WITH_CONTENT: Final = (messages.SubmitReq, messages.DeliverReq)
IN_FAULTS: Final = (messages.RSErrorRsp, messages.VASPErrorRsp)
