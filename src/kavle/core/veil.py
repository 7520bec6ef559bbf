"""What an operator is shown whose role is to look alone: no text, and no whole number of a phone."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from kavle.core.inbox import IncomingMessage, IncomingWhole
from kavle.core.reply import Reply
from kavle.model.account import Operator, Viewer
from kavle.model.callback_url import without_query
from kavle.model.history import HistoryLine, HistoryPage, MessageStory
from kavle.model.masking import HIDDEN, masked
from kavle.model.number import Number

_NUMBER: Final = re.compile("[0-9]{7,}")


def may_not_read(viewer: Viewer) -> bool:
    return isinstance(viewer, Operator) and not viewer.may_change


def veiled_page(page: HistoryPage) -> HistoryPage:
    return replace(page, lines=[_line(line) for line in page.lines])


def veiled_story(story: MessageStory) -> MessageStory:
    """A receipt as it came may have the beginning of the text in it (SMPP 3.4 appendix B), and what a network
    says of an error the number."""
    attempts = [replace(one, error=one.error and _NUMBER.sub(HIDDEN, one.error)) for one in story.attempts]
    receipts = [replace(one, raw="") for one in story.receipts]
    return replace(story, line=_line(story.line), attempts=attempts, receipts=receipts, files=())


def veiled(reply: Reply) -> Reply:
    return replace(
        reply,
        held=reply.held and [replace(one, recipient=masked(one.recipient)) for one in reply.held],
        stops=reply.stops and [replace(one, msisdn=masked(one.msisdn)) for one in reply.stops],
        numbers=reply.numbers and [_number(one) for one in reply.numbers],
        incoming=reply.incoming and [_incoming(one) for one in reply.incoming],
        message=reply.message and _whole(reply.message),
        person=reply.person and replace(reply.person, number=masked(reply.person.number)),
    )


def _line(line: HistoryLine) -> HistoryLine:
    text = None if line.text is None else HIDDEN
    return replace(line, recipient=masked(line.recipient), sender=masked(line.sender), text=text)


def _incoming(one: IncomingMessage) -> IncomingMessage:
    beginning = None if one.beginning is None else HIDDEN
    return replace(one, sender=masked(one.sender), beginning=beginning)


def _whole(one: IncomingWhole) -> IncomingWhole:
    """What a customer's application answered may repeat what it was told."""
    tries = [replace(each, head="") for each in one.tries]
    return replace(one, message=_incoming(one.message), text=HIDDEN, said="", tries=tries, files=())


def _number(one: Number) -> Number:
    veiled = {name: without_query(url) for name, url in one.settings.addresses.items()}
    return replace(one, settings=replace(one.settings, **veiled))
