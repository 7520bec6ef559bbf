"""From an MMS that a caller asks for to a priced draft: every check of the contract, in its order; no I/O."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from functools import partial
from typing import Final

import msgspec

from kavle.core.checks import NONE_OUT, checked_recipient, checked_sender
from kavle.core.failover import choose
from kavle.core.mms_files import sendable
from kavle.core.terms import Terms, region_of
from kavle.model.account import Account
from kavle.model.errors import Reason, Refusal
from kavle.model.message import Draft, Priority
from kavle.model.mms import MOST_OCTETS, MmsFile
from kavle.model.service import Service
from kavle.model.text import normalise
from kavle.sms.segment import Encoding

MOST_FILES: Final = 200
"""The manual has no bound for them; with text and presentation they stay below `wire.mime.Limits.parts`."""
LONGEST_TEXT: Final = 100_000  # characters


class MmsOrder(msgspec.Struct, frozen=True):
    """One MMS as a caller asks for it, unchecked: its files with the names and types that he gives them."""

    recipient: str
    sender: str
    text: str
    files: tuple[MmsFile, ...]


def mms_draft(
    account: Account, order: MmsOrder, terms: Terms, now: datetime, out: Container[int] = NONE_OUT
) -> Draft:
    """As `order.draft`. Takes time with the files' octets: they are looked through for what they are."""
    sender = _number(order.sender, account, terms)
    text, files = _content(order)
    recipient, carriers, price = _way(order.recipient, account, terms)
    return Draft(
        account_id=account.id,
        recipient=recipient,
        sender=sender,
        text=text,
        encoding=Encoding.UCS2,  # which says every text
        segments=1,
        flash=False,
        priority=Priority.NORMAL,
        segment_price=price,
        carrier_id=choose(carriers, out),
        accepted_at=now,
        expires_at=now + terms.validity,
        service=Service.MMS,
        files=files,
    )


def mms_refusals(account: Account, order: MmsOrder, terms: Terms) -> list[Refusal]:
    """All that is wrong with an order, where a caller is told the first alone: for who can mend it all."""
    checks = (
        partial(_number, order.sender, account, terms),
        partial(_content, order),
        partial(_way, order.recipient, account, terms),
    )
    refusals = []
    for check in checks:
        try:
            check()
        except Refusal as refusal:
            refusals.append(refusal)
    return refusals


def _content(order: MmsOrder) -> tuple[str, tuple[MmsFile, ...]]:
    text, files = _text(order.text), _files(order.files)
    if not text and not files:
        raise Refusal(Reason.CONTENT, "there is neither a text nor a file")
    return text, files


def _way(text: str, account: Account, terms: Terms) -> tuple[str, tuple[int, ...], int]:
    """Recipient, carriers and price."""
    recipient = checked_recipient(text, region_of(account, terms))
    carriers, price = terms.mms.routes.find(recipient), terms.mms.prices.find(recipient)
    if not carriers or price is None:
        raise Refusal(Reason.RECIPIENT, "no route or no price for MMS leads to this number")
    return recipient, carriers, price


def _number(text: str, account: Account, terms: Terms) -> str:
    sender = checked_sender(text, account, region_of(account, terms))
    if not (sender.isascii() and sender.isdigit()):
        raise Refusal(Reason.PARAMETER, "the sender of an MMS is a number")
    return sender


def _text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise Refusal(Reason.CONTENT, f"the text has more than {LONGEST_TEXT} characters")
    try:
        return normalise(text)
    except ValueError as error:
        raise Refusal(Reason.CONTENT, str(error)) from error


def _files(files: tuple[MmsFile, ...]) -> tuple[MmsFile, ...]:
    if sum(file.size for file in files) > MOST_OCTETS:
        raise Refusal(Reason.CONTENT, f"the files have more than {MOST_OCTETS} octets")
    if len(files) > MOST_FILES:
        raise Refusal(Reason.CONTENT, f"there are more than {MOST_FILES} files")
    return sendable(files)
