"""A delivery report as the core keeps it: pure. Its fields are told on
<https://ip1sms.com/en/developer/recieving-delivery-reports/>, its codes on
<https://ip1sms.com/en/developer/statuscodes/>."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from kavle.model.message import Receipt
from kavle.model.status import Status

DELIVERED: Final = 201

_BY_CODE: Final[Mapping[int, Status]] = {
    DELIVERED: Status.DELIVERED,
    202: Status.EXPIRED,
    203: Status.DELIVERY_FAILED,  # cancelled at the provider: as SMPP's DELETED
    404: Status.CONTENT_REFUSED,
}
_BY_GROUP: Final[Mapping[int, Status]] = {
    1: Status.IN_NETWORK,
    4: Status.NETWORK_FAILED,  # the message is rejected
    5: Status.DELIVERY_FAILED,  # undeliverable, or an error on the way
}
"""By the hundreds: new codes belong to a group, as the provider promises."""


class Report(msgspec.Struct):
    """What of a report is used. `duration` is 0 while the status may yet change."""

    code: Annotated[int, Meta(ge=100, le=999)]
    reference: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[0-9a-f-]+$")]
    recipient: Annotated[str, Meta(max_length=16, pattern=r"^\+?[0-9]*$")] = ""
    duration: int | bool = 1


_decoder: Final = msgspec.json.Decoder(Report)


def receipt_of(carrier_id: int, body: bytes, at: datetime) -> Receipt:
    """Raises ValueError, whose text quotes nothing, for what is no report of a message of ours."""
    report = _decoder.decode(body)
    return Receipt(
        carrier_id=carrier_id,
        network_id=report.reference,
        recipient=report.recipient.removeprefix("+"),
        status=status_of(report.code, bool(report.duration)),
        raw=f"code:{report.code} duration:{int(report.duration)}",
        at=at,
        whole=True,
    )


def status_of(code: int, final: bool) -> Status | None:
    """None for what is not known to be good or bad."""
    known = _BY_CODE.get(code) or _BY_GROUP.get(code // 100)
    if known is None or known is Status.IN_NETWORK:
        return known
    # A rejection or an error that is not the last word: the provider still tries.
    return known if final or code // 100 == 2 else Status.IN_NETWORK
