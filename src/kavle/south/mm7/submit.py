"""From an MMS to its SubmitReq: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from kavle.model.message import Lease, Parcel
from kavle.model.mms import MmsFile
from kavle.south.mm7.addresses import number_of, sender_of
from kavle.south.mm7.content import content_of
from kavle.south.mm7.settings import Mm7Settings
from kavle.wire.mime import Coding
from kavle.wire.mm7 import SubmitReq, version


def transaction_of(lease: Lease) -> str:
    """No other message, and no other try of this one, has the same."""
    return f"{lease.message_id}-{lease.attempt}-{lease.token:x}"


def submission(parcel: Parcel, files: Sequence[MmsFile], settings: Mm7Settings, now: datetime) -> SubmitReq:
    return SubmitReq(
        transaction=transaction_of(parcel.lease),
        version=version(settings.schema, settings.protocol_version),
        vasp_id=settings.vasp_id,
        vas_id=settings.vas_id,
        sender=sender_of(parcel.sender, settings.sender_form, settings.plus),
        to=(number_of(parcel.recipient, settings.plus),),
        service_code=settings.service_code,
        expiry=_expiry(parcel.expires_at, settings, now),
        delivery_report=settings.delivery_reports,
        content=content_of(parcel.text, files, Coding(settings.coding)),
    )


def _expiry(at: datetime, settings: Mm7Settings, now: datetime) -> datetime | timedelta | None:
    match settings.expiry:
        case "relative":
            return max(at - now, timedelta(seconds=1))
        case "absolute":
            return at
        case "none":
            return None
