"""From messages to the provider's requests: pure. What it takes is told on its page
<https://ip1sms.com/en/developer/sending-sms/>."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from kavle.model.message import Parcel, Priority, Refused
from kavle.model.status import Status
from kavle.sms.segment import Encoding

LONGEST_BODY: Final = 2000  # characters; those outside the BMP are counted as two, to be safe

_ALPHANUMERIC: Final = re.compile(r"(?=.*[A-Za-z])[0-9A-Za-z]{3,11}")
_NUMBER: Final = re.compile(r"[0-9]{1,15}")

BAD_SENDER: Final = Refused(Status.NETWORK_FAILED, False, "the provider takes no such sender")
BAD_BODY: Final = Refused(Status.CONTENT_REFUSED, False, "the provider takes no such text")


class Batch(msgspec.Struct, frozen=True, gc=False):
    """What one request asks for: one text to one or several, each of them once."""

    parcels: tuple[Parcel, ...]
    at: float  # when they were handed over

    @property
    def reference(self) -> str:
        """What reports name it by: no other batch, and no other try of this one, has the same."""
        lease = self.parcels[0].lease
        return f"{lease.message_id}-{lease.attempt}-{lease.token:x}"

    @property
    def segments(self) -> int:
        return sum(len(parcel.segments) for parcel in self.parcels)

    @property
    def priority(self) -> int:
        return self.parcels[0].priority

    def alone(self) -> list[Batch]:
        """Each of its messages by itself."""
        return [Batch((parcel,), self.at) for parcel in self.parcels]


def batches(parcels: Iterable[Parcel], most: int, at: float) -> list[Batch]:
    """In the parcels' order, by the first of each: what says the same to different numbers goes together."""
    made: list[list[Parcel]] = []
    filling: dict[tuple[object, ...], tuple[list[Parcel], set[str]]] = {}
    for parcel in parcels:
        key = (parcel.sender, parcel.text, parcel.encoding, parcel.flash, parcel.priority)
        group, numbers = filling.get(key, ([], set()))
        # Reports tell a batch's messages apart by their numbers alone.
        if not group or len(group) == most or parcel.recipient in numbers:
            group, numbers = filling[key] = [], set()
            made.append(group)
        group.append(parcel)
        numbers.add(parcel.recipient)
    return [Batch(tuple(group), at) for group in made]


def fits(sender: str) -> bool:
    """Whether the provider takes it: 3 to 11 letters and digits of ASCII, or up to 15 digits."""
    return bool(_ALPHANUMERIC.fullmatch(sender) or _NUMBER.fullmatch(sender))


def refusal(parcel: Parcel, sender: str) -> Refused | None:
    """What the provider would say no to is not asked of it. `sender` stands in for one that it refuses."""
    return objection(parcel.sender, parcel.text, sender)


def objection(sender: str, text: str, own: str) -> Refused | None:
    """`own` stands in for a sender that the provider refuses."""
    if not fits(sender) and not own:
        return BAD_SENDER
    if not text.strip() or len(text.encode("utf-16-le")) > 2 * LONGEST_BODY:
        return BAD_BODY
    return None


def request(batch: Batch, sender: str, express: bool, report_url: str) -> bytes:
    """The body of `POST /v2/batches`. Recipients in a list, so that braces in the text are no template."""
    first: Parcel = batch.parcels[0]
    asked = {
        "sender": first.sender if fits(first.sender) else sender,
        "recipients": _numbers(batch.parcels),
        "body": first.text,
        "type": "flash" if first.flash else "sms",
        "datacoding": "gsm" if first.encoding is Encoding.GSM7 else "ucs",
        "priority": 2 if express and first.priority == Priority.URGENT else 1,
        "reference": batch.reference,
    }
    if report_url:
        asked["deliveryReportUrl"] = report_url
    return msgspec.json.encode(asked)


def _numbers(parcels: Sequence[Parcel]) -> list[str]:
    return [parcel.recipient for parcel in parcels]
