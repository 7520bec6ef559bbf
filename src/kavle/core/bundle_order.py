"""From one text to many, as a caller asks for it, to a priced draft with its destinations; no I/O."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Final

import msgspec

from kavle.core.checks import NONE_OUT, by_then, checked, expiry, few_enough, said_by, taking
from kavle.core.failover import Takes, choose
from kavle.core.terms import Terms, price_of, region_of
from kavle.model.account import Account
from kavle.model.bundle import NOWHERE, BundleDraft, Destination
from kavle.model.errors import Reason, Refusal
from kavle.model.msisdn import parse_msisdn
from kavle.sms.segment import Encoding

MOST_RECIPIENTS: Final = 100_000
_PIECES: Final = re.compile(r"[^,;\r\n]+")
_SHOWN: Final = 32  # characters of what was no number


class BundleOrder(msgspec.Struct, frozen=True):
    """One text to many as a caller asks for it, unchecked."""

    recipients: str  # a list, with commas between
    sender: str
    text: str
    priority: str
    at: str | None = None


class Quote(msgspec.Struct, frozen=True):
    """What an order would come to, were it accepted."""

    characters: int
    encoding: Encoding
    segments: int
    recipients: int  # that a message would be sent to
    nowhere: int  # that are no number, or that no route leads to
    price: int  # of all, in ten-thousandths of a credit


def bundle_draft(account: Account, order: BundleOrder, terms: Terms, now: datetime) -> BundleDraft:
    """All but its destinations. Raises `Refusal`."""
    due, sender, priority, text, encoding, segments = checked(account, order, terms, now)
    return BundleDraft(
        account_id=account.id,
        sender=sender,
        text=text,
        encoding=encoding,
        segments=segments,
        priority=priority,
        accepted_at=now,
        expires_at=expiry(due, now, terms),
        due=due,
        destinations=(),
    )


def destinations(
    account: Account,
    order: BundleOrder,
    draft: BundleDraft,
    terms: Terms,
    out: Container[int] = NONE_OUT,
) -> Iterator[Destination]:
    """One for each recipient, in the caller's order; `out` as in `draft`. Takes about 3 µs for each: who has
    the event loop to think of pauses now and then."""
    region = region_of(account, terms)
    takes = cache(taking(draft.text, draft.sender, draft.encoding, draft.segments, terms))
    out = by_then(out, draft.due, draft.accepted_at)
    for piece in _PIECES.finditer(order.recipients):
        written = piece[0].strip()
        if written:
            yield _destination(written, region, account, terms, out, takes)


def pieces(order: BundleOrder) -> int:
    """How many recipients `destinations` finds at most, up to the first that is too many."""
    return min(MOST_RECIPIENTS, 1 + sum(order.recipients.count(one) for one in ",;\r\n"))


def addressed(draft: BundleDraft, found: Sequence[Destination], terms: Terms) -> BundleDraft:
    """The draft with its destinations. Raises `Refusal`: but one that leads nowhere does not sink the
    others."""
    carriers = {one.carrier_id for one in found if one.carrier_id != NOWHERE}
    if not carriers:
        raise Refusal(Reason.RECIPIENT, "none of the recipients is a number that a route leads to")
    encoding, segments = said_by(carriers, draft.text, draft.encoding, draft.segments, terms)
    few = few_enough(segments, terms.most_segments)
    return msgspec.structs.replace(draft, encoding=encoding, segments=few, destinations=tuple(found))


def quotable(account: Account, order: BundleOrder, terms: Terms, now: datetime) -> BundleDraft:
    """As `bundle_draft`, of what is still being written: instead of what is no sender yet, any is reckoned
    with."""
    try:
        return bundle_draft(account, order, terms, now)
    except Refusal as refusal:
        if refusal.reason is not Reason.PARAMETER:
            raise
        return bundle_draft(account, BundleOrder(order.recipients, "1", order.text, ""), terms, now)


def quoted(draft: BundleDraft, found: Sequence[Destination], terms: Terms) -> Quote:
    """Raises `Refusal`."""
    good = sum(one.carrier_id != NOWHERE for one in found)
    if good:
        draft = addressed(draft, found, terms)
    price = draft.price if good else 0
    return Quote(len(draft.text), draft.encoding, draft.segments, good, len(found) - good, price)


def _destination(
    written: str, region: str, account: Account, terms: Terms, out: Container[int], takes: Takes
) -> Destination:
    try:
        recipient = parse_msisdn(written, region)
    except ValueError:
        return Destination(_showable(written), NOWHERE, 0)
    carriers, price = terms.routes.find(recipient), price_of(recipient, account, terms)
    if not carriers or price is None:
        return Destination(recipient, NOWHERE, 0)
    return Destination(recipient, choose(carriers, out, takes), price)


def _showable(written: str) -> str:
    """Something that a database and a page take, of what is no number."""
    return "".join(character if character.isprintable() else "?" for character in written[:_SHOWN])
