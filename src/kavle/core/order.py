"""From an SMS that a caller asks for to a priced draft: every check of the contract, in its order; no I/O."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

import msgspec

from kavle.core.checks import (
    NONE_OUT,
    by_then,
    checked,
    checked_recipient,
    expiry,
    few_enough,
    said_by,
    taking,
)
from kavle.core.failover import choose
from kavle.core.terms import Terms, price_of, region_of
from kavle.model.account import Account
from kavle.model.errors import Reason, Refusal
from kavle.model.message import Draft


class SmsOrder(msgspec.Struct, frozen=True):
    """One SMS as a caller asks for it, unchecked."""

    recipient: str
    sender: str
    text: str
    priority: str
    flash: bool = False
    at: str | None = None  # Unix seconds; None where the call has no such parameter


def draft(
    account: Account, order: SmsOrder, terms: Terms, now: datetime, out: Container[int] = NONE_OUT
) -> Draft:
    """`out`: carriers in whose place others send. Raises `Refusal`, in the contract's order of checks."""
    due, sender, priority, text, encoding, segments = checked(account, order, terms, now)
    recipient = checked_recipient(order.recipient, region_of(account, terms))
    carriers, price = terms.routes.find(recipient), price_of(recipient, account, terms)
    if not carriers or price is None:
        raise Refusal(Reason.RECIPIENT, "no route or no price leads to this number")
    takes = taking(text, sender, encoding, segments, terms)
    carrier_id = choose(carriers, by_then(out, due, now), takes)
    encoding, segments = said_by([carrier_id], text, encoding, segments, terms)
    return Draft(
        account_id=account.id,
        recipient=recipient,
        sender=sender,
        text=text,
        encoding=encoding,
        segments=few_enough(segments, terms.most_segments),
        flash=order.flash,
        priority=priority,
        segment_price=price,
        carrier_id=carrier_id,
        accepted_at=now,
        expires_at=expiry(due, now, terms),
        due=due,
    )
