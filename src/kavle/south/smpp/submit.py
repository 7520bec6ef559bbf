"""A segment as its submit_sm, in the form that its network wants."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Literal

import msgspec

from kavle.model.message import Parcel, Priority
from kavle.sms.segment import Encoding, Segment, text_of
from kavle.south.smpp.senders import Senders
from kavle.wire.smpp.constants import (
    ESM_UDHI,
    INTERMEDIATE_NOTIFICATION_WANTED,
    RECEIPT_ALWAYS,
    RECEIPT_NEVER,
    RECEIPT_ON_FAILURE,
    Tag,
)
from kavle.wire.smpp.errors import FieldError
from kavle.wire.smpp.fields import NO_TLVS
from kavle.wire.smpp.pdus import SubmitSm

Validity = Literal["relative", "absolute", "none"]
Wanted = Literal["final", "final+intermediate", "failures", "none"]
Charset = Literal["gsm0338", "latin1"]
Flash = Literal["data_coding", "dest_addr_subunit"]

_LONGEST_RELATIVE: Final = 31 * 86_400  # seconds, without the months that are longer or shorter

# 3GPP TS 23.038 §4, general data coding group 00x1: bit 4 says that bits 1 and 0 are a class, and 00 is
# class 0. The alphabet stays in bits 3 and 2.
_FLASH: Final = 0b0001_0000

# SMPP 3.4 §5.2.14: on GSM 0 is no priority and 1 to 3 are all the same one.
_PRIORITY_FLAGS: Final = {Priority.BULK: 0, Priority.NORMAL: 0, Priority.URGENT: 1}

# SMPP 3.4 §5.2.17
_REGISTERED: Final[Mapping[Wanted, int]] = {
    "final": RECEIPT_ALWAYS,
    "final+intermediate": RECEIPT_ALWAYS | INTERMEDIATE_NOTIFICATION_WANTED,
    "failures": RECEIPT_ON_FAILURE,
    "none": RECEIPT_NEVER,
}

# §5.3.2.1: the display of the phone, where a message is shown at once and not kept
_TO_THE_DISPLAY: Final = {int(Tag.DEST_ADDR_SUBUNIT): b"\x01"}


class Form(msgspec.Struct, frozen=True):
    """What a network wants otherwise than others."""

    senders: Senders = Senders()
    service_type: str = ""
    receipts: Wanted = "final"
    charset: Charset = "gsm0338"  # of texts that fit GSM 03.38
    data_coding: int = 0  # of these
    flash: Flash = "data_coding"  # where it is told that a message is shown at once


USUAL: Final = Form()


def submit_sm(parcel: Parcel, segment: Segment, validity: str = "", form: Form = USUAL) -> SubmitSm:
    """GSM 03.38 text goes as septets, one an octet; the header stands before it (SMPP 3.4 §5.2.12). Raises
    FieldError for what the network's charset has not."""
    senders = form.senders
    sender, (ton, npi) = senders.said(parcel.sender)
    return SubmitSm(
        service_type=form.service_type,
        source_addr_ton=ton,
        source_addr_npi=npi,
        source_addr=sender,
        dest_addr_ton=senders.international[0],
        dest_addr_npi=senders.international[1],
        destination_addr=parcel.recipient,
        esm_class=ESM_UDHI if segment.udh else 0,
        priority_flag=_PRIORITY_FLAGS.get(parcel.priority, 0),  # type: ignore[call-overload]
        validity_period=validity,
        registered_delivery=_REGISTERED[form.receipts],
        data_coding=_data_coding(parcel, form),
        short_message=segment.udh + _body(parcel.encoding, segment.body, form.charset),
        tlvs=_TO_THE_DISPLAY if parcel.flash and form.flash == "dest_addr_subunit" else NO_TLVS,
    )


def _body(encoding: Encoding, body: bytes, charset: Charset) -> bytes:
    """The network makes GSM 03.38 of Latin-1 again, so it is cut where that is."""
    if charset == "gsm0338" or encoding is not Encoding.GSM7:
        return body
    try:
        return text_of(body, encoding).encode("latin-1")
    except UnicodeEncodeError:  # it was meant for another carrier
        raise FieldError("the text has characters that the network's charset, Latin-1, has not") from None


def _data_coding(parcel: Parcel, form: Form) -> int:
    if parcel.flash and form.flash == "data_coding":
        return parcel.encoding.data_coding | _FLASH
    return form.data_coding if parcel.encoding is Encoding.GSM7 else parcel.encoding.data_coding


def goes_whole(parcel: Parcel) -> bool:
    """Whether all of a long text is there, and nothing in its headers but how its segments belong together.
    What a network has in part goes on in segments."""
    plain = parcel.encoding in (Encoding.GSM7, Encoding.UCS2)
    return plain and 1 < len(parcel.segments) == parcel.segments[0].total


def payload_submit_sm(parcel: Parcel, validity: str, form: Form) -> SubmitSm:
    """A long text in one, for the network to cut: SMPP 3.4 §5.3.2.32."""
    body = b"".join([segment.body for segment in parcel.segments])
    payload = {int(Tag.MESSAGE_PAYLOAD): _body(parcel.encoding, body, form.charset)}
    message = submit_sm(parcel, Segment(1, 1, b"", b""), validity, form)
    return msgspec.structs.replace(message, tlvs={**message.tlvs, **payload})


def validity_period(form: Validity, expires_at: datetime, now: datetime) -> str:
    """What is left of a message's validity, as SMPP 3.4 §7.1.1 writes times; empty where the network is to
    decide. A relative one asks nothing of the network's clock or time zone."""
    if form == "none":
        return ""
    if form == "absolute":
        return f"{expires_at.astimezone(UTC):%y%m%d%H%M%S}000+"
    return _relative(int((expires_at - now).total_seconds()))


@lru_cache(maxsize=1024)  # messages of about the same age have the same left
def _relative(left: int) -> str:
    days, left = divmod(min(max(left, 1), _LONGEST_RELATIVE), 86_400)
    return f"0000{days:02}{left // 3600:02}{left // 60 % 60:02}{left % 60:02}000R"
