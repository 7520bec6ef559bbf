"""A segment as its submit_sm."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from kavle.model.message import Parcel, Priority
from kavle.sms.segment import Encoding, Segment
from kavle.south.smpp.senders import Senders
from kavle.wire.smpp.constants import ESM_UDHI, RECEIPT_ALWAYS, Tag
from kavle.wire.smpp.pdus import SubmitSm

Validity = Literal["relative", "absolute", "none"]

_LONGEST_RELATIVE: Final = 31 * 86_400  # seconds, without the months that are longer or shorter

# 3GPP TS 23.038 §4, general data coding group 00x1: bit 4 says that bits 1 and 0 are a class, and 00 is
# class 0. The alphabet stays in bits 3 and 2.
_FLASH: Final = 0b0001_0000

# SMPP 3.4 §5.2.14: on GSM 0 is no priority and 1 to 3 are all the same one.
_PRIORITY_FLAGS: Final = {Priority.BULK: 0, Priority.NORMAL: 0, Priority.URGENT: 1}

_AS_THEY_ARE: Final = Senders()


def submit_sm(
    parcel: Parcel,
    segment: Segment,
    validity: str = "",
    senders: Senders = _AS_THEY_ARE,
    service_type: str = "",
) -> SubmitSm:
    """GSM 03.38 text goes as septets, one an octet; the header stands before it (SMPP 3.4 §5.2.12)."""
    sender, (ton, npi) = senders.said(parcel.sender)
    return SubmitSm(
        service_type=service_type,
        source_addr_ton=ton,
        source_addr_npi=npi,
        source_addr=sender,
        dest_addr_ton=senders.international[0],
        dest_addr_npi=senders.international[1],
        destination_addr=parcel.recipient,
        esm_class=ESM_UDHI if segment.udh else 0,
        priority_flag=_PRIORITY_FLAGS.get(parcel.priority, 0),  # type: ignore[call-overload]
        validity_period=validity,
        registered_delivery=RECEIPT_ALWAYS,
        data_coding=parcel.encoding.data_coding | _FLASH if parcel.flash else parcel.encoding.data_coding,
        short_message=segment.udh + segment.body,
    )


def goes_whole(parcel: Parcel) -> bool:
    """Whether all of a long text is there, and nothing in its headers but how its segments belong together.
    What a network has in part goes on in segments."""
    plain = parcel.encoding in (Encoding.GSM7, Encoding.UCS2)
    return plain and 1 < len(parcel.segments) == parcel.segments[0].total


def payload_submit_sm(parcel: Parcel, validity: str, senders: Senders, service_type: str) -> SubmitSm:
    """A long text in one, for the network to cut: SMPP 3.4 §5.3.2.32."""
    text = b"".join([segment.body for segment in parcel.segments])
    message = submit_sm(parcel, Segment(1, 1, b"", b""), validity, senders, service_type)
    return msgspec.structs.replace(message, tlvs={int(Tag.MESSAGE_PAYLOAD): text})


def validity_period(form: Validity, expires_at: datetime, now: datetime) -> str:
    """What is left of a message's validity, as SMPP 3.4 §7.1.1 writes times; empty where the network is to
    decide. A relative one asks nothing of the network's clock or time zone."""
    if form == "none":
        return ""
    if form == "absolute":
        return f"{expires_at.astimezone(UTC):%y%m%d%H%M%S}000+"
    left = min(max(int((expires_at - now).total_seconds()), 1), _LONGEST_RELATIVE)
    days, left = divmod(left, 86_400)
    return f"0000{days:02}{left // 3600:02}{left // 60 % 60:02}{left % 60:02}000R"
