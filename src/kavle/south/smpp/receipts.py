"""A delivery receipt as the core keeps it."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from datetime import datetime
from typing import Final

from kavle.model.message import Receipt
from kavle.model.status import FAILED, Status
from kavle.south.smpp.ids import AS_IS, LONGEST_ID, Ids
from kavle.wire.smpp.constants import DataCoding, MessageState
from kavle.wire.smpp.pdus import DataSm, DeliverSm
from kavle.wire.smpp.receipt import ReceiptText, is_intermediate, parse_receipt

LONGEST_RAW: Final = 300

# contract.md, "What becomes of a message"
STATUSES: Final[Mapping[MessageState | None, Status]] = {
    MessageState.ENROUTE: Status.IN_NETWORK,
    MessageState.ACCEPTED: Status.IN_NETWORK,
    MessageState.DELIVERED: Status.DELIVERED,
    MessageState.EXPIRED: Status.EXPIRED,
    MessageState.DELETED: Status.DELIVERY_FAILED,
    MessageState.UNKNOWN: Status.DELIVERY_FAILED,
    MessageState.UNDELIVERABLE: Status.PHONE_FAILED,
    MessageState.REJECTED: Status.NETWORK_FAILED,
}

_no_digits: Final = re.compile(r"[^0-9]+")
# What follows them, mostly behind "text:", may be the customer's message.
_leading_pairs: Final = re.compile(
    r"(?:\s*(?:id|sub|dlvrd|submit[ _]date|done[ _]date|stat|err) ?: ?[^\s,;]*[,;]?)*", re.IGNORECASE
).match

# Most write it so to the letter: the same, and the quicker to find.
_standard_pairs: Final = re.compile(
    rb"id:[^\s,;]* sub:[^\s,;]* dlvrd:[^\s,;]* submit date:[^\s,;]* done date:[^\s,;]*"
    rb" stat:[^\s,;]* err:[^\s,;]*(?= text:)"
).match


def receipt_of(
    carrier_id: int,
    message: DeliverSm | DataSm,
    at: datetime,
    *,
    ids: Ids = AS_IS,
    whole: bool = False,
    network_errors: Container[str] = (),
) -> Receipt | None:
    """None for what is no receipt. `network_id` is as its response had it, in the form that `ids` gives to
    both; empty where it can't be read, or can't be an id. `whole`: it is about a whole message.
    `network_errors`: what `err` says where a message is undeliverable by the network, not by the phone."""
    parsed = parse_receipt(message)
    if parsed is None:
        return None
    number = message.source_addr
    if not (number.isascii() and number.isdigit()):
        number = _no_digits.sub("", number)
    return Receipt(
        carrier_id=carrier_id,
        network_id=_network_id(parsed, ids),
        recipient=number,
        status=_status(parsed, network_errors, is_intermediate(message)),
        raw=raw_text(message),
        at=at,
        whole=whole,
    )


def _status(parsed: ReceiptText, network_errors: Container[str], intermediate: bool) -> Status | None:
    status = STATUSES.get(parsed.state)
    if intermediate and status in FAILED:
        return Status.IN_NETWORK  # so ended one try, and not the last
    if status is Status.PHONE_FAILED and parsed.err in network_errors:
        return Status.NETWORK_FAILED
    return status


def _network_id(parsed: ReceiptText, ids: Ids) -> str:
    written = parsed.id
    if not written or len(written) > LONGEST_ID or "\0" in written:
        return ""
    return ids.of_response(written) if parsed.by_parameter else ids.of_receipt(written)


def raw_text(message: DeliverSm | DataSm) -> str:
    """The pairs of key and value that the receipt's text begins with, as they stand, LONGEST_RAW characters
    at most; nothing of the customer's message."""
    octets = message.user_data[: 2 * LONGEST_RAW]
    standard = _standard_pairs(octets, 0, LONGEST_RAW)
    if standard is not None:
        return standard.group().decode("latin-1").replace("\0", " ")
    if message.data_coding == DataCoding.UCS2:
        text = octets.decode("utf-16-be", "replace")
    else:
        text = octets.decode("latin-1")
    pairs = _leading_pairs(text, 0, LONGEST_RAW)
    return pairs.group().replace("\0", " ") if pairs else ""
