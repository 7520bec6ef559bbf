"""MMS for stories: files that are what they say, and messages of a world's store that bear them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from kavle.model.message import Draft
from kavle.model.mms import IncomingFile, IncomingMms, MmsFile
from kavle.model.service import Service
from kavle.sms.segment import Encoding
from kavle.store.types import CarrierTerms
from support.world import World

MMSC: Final = CarrierTerms("mmsc", service=Service.MMS)
JPEG: Final = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\r\n--boundary\r\n\x00\xff\xd9"
PICTURE: Final = MmsFile("bild.jpg", "image/jpeg", JPEG)
CARD: Final = MmsFile("kort.vcf", "text/x-vcard", b"BEGIN:VCARD\r\nVERSION:2.1\r\nEND:VCARD\r\n")


async def mms_world(world: World, like: CarrierTerms = MMSC) -> World:
    """The same store, by its carrier of MMS, which is as that one is."""
    carriers = await world.store.carrier_ids([replace(like, name=MMSC.name, service=Service.MMS)])
    return World(world.store, world.clock, world.account, carriers[MMSC.name], like.whole)


def mms_draft(world: World, text: str = "Se bilden", *files: MmsFile, **how: Any) -> Draft:
    """`world`: one of MMS."""
    draft = world.draft(text, **how)
    return replace(
        draft,
        sender="46702617396",
        encoding=Encoding.UCS2,
        segments=1,
        service=Service.MMS,
        files=files or (PICTURE, CARD),
    )


async def accept_mms(world: World, text: str = "Se bilden", *files: MmsFile, **how: Any) -> int:
    message_id = await world.store.accept(mms_draft(world, text, *files, **how))
    assert message_id is not None
    return message_id


def incoming_mms(
    carrier_id: int, at: datetime, transaction: str = "t1", *files: tuple[str, str, bytes], **how: Any
) -> IncomingMms:
    """To the number of the stories; `files` by name, type and data."""
    found = files or (("bild.jpg", "image/jpeg", JPEG), ("text.txt", "text/plain", "Hej å".encode()))
    given = {
        "sender": "46701740605",
        "recipient": "46737494123",
        "subject": "Semester",
        "message_class": "Personal",
        "priority": "Normal",
        "version": "6.8.0",
    } | how
    kept = tuple(IncomingFile(name, kind, f"{name}@phone", data) for name, kind, data in found)
    return IncomingMms(carrier_id, transaction, at=at, files=kept, **given)
