"""MMs from phones, to the gateway: asked for by a test, a person, or a number that answers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from kavle.clock import Clock
from kavle.mms.media import TEXT, UNKNOWN, sniff
from kavle.mms.names import safe_names
from kavle.mms.smil import CONTENT_TYPE as SMIL
from kavle.mms.smil import presentation
from kavle.simulator.ids import IdFormat, MessageIds
from kavle.simulator.later import Later
from kavle.simulator.mmsc.counts import MmscCounts
from kavle.simulator.mmsc.deliveries import Deliveries, Delivery
from kavle.simulator.mmsc.faults import Troubles
from kavle.wire.mime import ContentType, Part
from kavle.wire.mm7 import Address, DeliverReq, Form, Version

REMEMBERED: Final = 100
"""MMs of which it can be asked what became of them."""

MOST_OCTETS: Final = 614_400
"""Of the files of one: what the largest class of MMs holds. OMA MMS Conformance Document"""

_LONGEST: Final = 1_000  # characters of a text, and of a subject
_NUMBER: Final = 15  # digits. E.164 §6.2.1


class GivenFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`data`: in JSON base64. Without a content type it is said to be what it is."""

    data: bytes
    name: str = ""
    content_type: Annotated[str, Meta(pattern=r"^([\w.+-]{1,60}/[\w.+-]{1,60})?$")] = ""


class MmText(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"sender": "from", "recipient": "to"},
):
    """What is written on a phone."""

    sender: str
    recipient: str
    subject: Annotated[str, Meta(max_length=_LONGEST)] = ""
    text: Annotated[str, Meta(max_length=_LONGEST)] = ""
    files: list[GivenFile] = []
    message_class: str = "Personal"  # Personal, Informational, Advertisement or Auto
    priority: str = "Normal"  # Low, Normal or High

    def check(self) -> None:
        """Raises ValueError for what no phone sends."""
        for number in (self.sender, self.recipient):
            if not (number.isascii() and number.isdigit() and len(number) <= _NUMBER):
                raise ValueError("a phone sends an MMS from a number to a number: digits alone")
        if not (self.text or self.files):
            raise ValueError("an MMS has a text or a file")
        if sum(len(file.data) for file in self.files) > MOST_OCTETS:
            raise ValueError(f"the files of an MMS have {MOST_OCTETS:,} octets at most")


class Mos:
    """All MMs from phones. `on_sent(number, to, subject, content)` is told of each, and gives its id."""

    def __init__(
        self,
        clock: Clock,
        counts: MmscCounts,
        later: Later,
        troubles: Troubles,
        deliveries: Deliveries,
        version: Callable[[], Version],
        relay_server_id: str,
        on_sent: Callable[[str, str, str, Part], int],
    ) -> None:
        self._clock = clock
        self._counts = counts
        self._later = later
        self._troubles = troubles
        self._deliveries = deliveries
        self._version = version
        self._relay = relay_server_id
        self._on_sent = on_sent
        self._ids = MessageIds(clock.now(), IdFormat.HEX)
        self._newest: deque[tuple[int, Delivery]] = deque(maxlen=REMEMBERED)

    def send(self, mm: MmText) -> tuple[int, Delivery]:
        """On its way at once, with its number on the phone; it waits while nobody says where the gateway is.
        Raises ValueError for what can't be sent."""
        mm.check()
        return self.pass_on(
            mm.sender, mm.recipient, mm.subject, content_of(mm), mm.message_class, mm.priority
        )

    def pass_on(
        self,
        sender: str,
        recipient: str,
        subject: str,
        content: Part,
        message_class: str = "Personal",
        priority: str = "Normal",
    ) -> tuple[int, Delivery]:
        """The content as it is."""
        id = self._ids.take()
        request = DeliverReq(
            transaction=f"mo-{id}",
            version=self._version(),
            relay_server_id=self._relay,
            linked_id=id,
            sender=Address(Form.NUMBER, sender),
            to=(Address(Form.NUMBER, recipient),),
            time_stamp=self._clock.now(),
            message_class=message_class,
            priority=priority,
            subject=subject,
            content=content,
        )
        number, delivery = self._on_sent(sender, recipient, subject, content), Delivery(request, id, sender)
        self._newest.append((number, delivery))
        for _ in range(2 if self._troubles.meets("duplicate_mo") else 1):
            self._counts.mo.owed += 1
            self._deliveries.post(delivery, self._counts.mo)
        return number, delivery

    def find(self, number: int) -> Delivery | None:
        return next((delivery for known, delivery in self._newest if known == number), None)


def content_of(mm: MmText) -> Part:
    """As phones send it: the presentation first, and files in their order."""
    parts = [*_text(mm.text), *_files(mm.files)]
    shown = presentation((part.content_type.type, part.content_location) for part in parts)
    smil = Part(ContentType(SMIL, {"charset": "utf-8"}), shown, content_id="smil")
    kind = ContentType("multipart/related", {"type": SMIL, "start": "<smil>"})
    return Part(kind, parts=(smil, *parts))


def _text(text: str) -> Iterator[Part]:
    if text:
        kind = ContentType(TEXT.content_type, {"charset": "utf-8"})
        yield Part(kind, text.encode(), content_id="text", content_location="text.txt")


def _files(files: list[GivenFile]) -> Iterator[Part]:
    media = [sniff(file.data, file.name, file.content_type) or UNKNOWN for file in files]
    names = safe_names((file.name, one.extension) for file, one in zip(files, media, strict=True))
    for number, (file, one, name) in enumerate(zip(files, media, names, strict=True), start=1):
        declared = ContentType(file.content_type or one.content_type)
        yield Part(declared, file.data, content_id=f"file-{number}", content_location=name)
