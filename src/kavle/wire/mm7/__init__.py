"""MM7, by which an MMSC and those who add to its services talk (3GPP TS 23.140 §8.7): SOAP over HTTP, with
the MM attached. No I/O.

    (Content-Type, body) ──► reader.read ──► a message
    (Content-Type, body) ◄── writer.write ◄──┘
"""

from kavle.wire.mm7.errors import Unreadable
from kavle.wire.mm7.messages import (
    SUCCESS,
    Address,
    CancelReq,
    CancelRsp,
    DeliverReq,
    DeliverRsp,
    DeliveryReportReq,
    DeliveryReportRsp,
    Form,
    Message,
    ReadReplyReq,
    ReadReplyRsp,
    RSErrorRsp,
    Status,
    SubmitReq,
    SubmitRsp,
    VASPErrorRsp,
)
from kavle.wire.mm7.reader import read
from kavle.wire.mm7.status import TEXTS, Code
from kavle.wire.mm7.versions import NEWEST, NOT_MM7, SCHEMAS, Version, version
from kavle.wire.mm7.writer import pieces, write

__all__ = [
    "NEWEST",
    "NOT_MM7",
    "SCHEMAS",
    "SUCCESS",
    "TEXTS",
    "Address",
    "CancelReq",
    "CancelRsp",
    "Code",
    "DeliverReq",
    "DeliverRsp",
    "DeliveryReportReq",
    "DeliveryReportRsp",
    "Form",
    "Message",
    "RSErrorRsp",
    "ReadReplyReq",
    "ReadReplyRsp",
    "Status",
    "SubmitReq",
    "SubmitRsp",
    "Unreadable",
    "VASPErrorRsp",
    "Version",
    "pieces",
    "read",
    "version",
    "write",
]
