"""From what a caller asks for to a priced draft: every check of the contract, in its order, and no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

import msgspec

from kavle.core.failover import Takes, choose
from kavle.model.account import Account
from kavle.model.bundle import NOWHERE, BundleDraft, Destination
from kavle.model.errors import Reason, Refusal
from kavle.model.message import Draft, Priority
from kavle.model.msisdn import parse_msisdn
from kavle.model.prefix import ByPrefix
from kavle.model.sender import parse_sender
from kavle.model.text import in_latin1, normalise
from kavle.sms.segment import Encoding, measure
from kavle.sms.transliterate import transliterated

MOST_RECIPIENTS: Final = 100_000
FURTHEST: Final = timedelta(days=2 * 365)
"""How far off a time-controlled message may be."""

_PRIORITIES: Final = {"": Priority.NORMAL, "1": Priority.BULK, "2": Priority.NORMAL, "3": Priority.URGENT}
_LONGEST_SEGMENT: Final = 160 * len(
    "%0d%0a"
)  # characters that may be asked for one: all line breaks, spelled out
_UNIX: Final = re.compile(r"[0-9]{1,12}")
_PIECES: Final = re.compile(r"[^,;\r\n]+")
_NONE_OUT: Final[frozenset[int]] = frozenset()
_SHOWN: Final = 32  # characters of what was no number


class SmsOrder(msgspec.Struct, frozen=True):
    """One SMS as a caller asks for it, unchecked."""

    recipient: str
    sender: str
    text: str
    priority: str
    flash: bool = False
    at: str | None = None  # Unix seconds; None where the call has no such parameter


class BundleOrder(msgspec.Struct, frozen=True):
    """One text to many as a caller asks for it, unchecked."""

    recipients: str  # a list, with commas between
    sender: str
    text: str
    priority: str
    at: str | None = None


Limit = Callable[[str, str], bool]
"""Whether a carrier takes a message from this sender, of this text."""


class Quote(msgspec.Struct, frozen=True):
    """What an order would come to, were it accepted."""

    characters: int
    encoding: Encoding
    segments: int
    recipients: int  # that a message would be sent to
    nowhere: int  # that are no number, or that no route leads to
    price: int  # of all, in ten-thousandths of a credit


class MmsTerms(msgspec.Struct, frozen=True):
    """By which an MMS is priced and routed; by none of this, it is not offered."""

    routes: ByPrefix[tuple[int, ...]] = ByPrefix({})
    prices: ByPrefix[int] = ByPrefix({})  # ten-thousandths of a credit


class Terms(msgspec.Struct, frozen=True):
    """By which a message is checked, priced and routed."""

    routes: ByPrefix[tuple[int, ...]]  # carriers in order of preference
    prices: ByPrefix[int]  # ten-thousandths of a credit, per segment
    region: str  # of numbers in national form
    most_segments: int
    validity: timedelta
    shifts: Mapping[int, tuple[Encoding, ...]] = {}  # languages' tables that a carrier takes
    latin1: frozenset[int] = frozenset()  # carriers that take Latin-1 in the place of GSM 03.38
    limits: Mapping[int, Limit] = {}  # of carriers that have any
    mms: MmsTerms = MmsTerms()

    def takes(self, carrier: int, sender: str, text: str, encoding: Encoding) -> bool:
        """Whether that carrier can send this as it is encoded."""
        if encoding is Encoding.GSM7:
            said = carrier not in self.latin1 or in_latin1(text)
        else:
            said = encoding is Encoding.UCS2 or encoding in self.shifts.get(carrier, ())
        limit = self.limits.get(carrier)
        return said and (limit is None or limit(sender, text))

    def any_shifts(self) -> tuple[Encoding, ...]:
        return tuple({shift: None for shifts in self.shifts.values() for shift in shifts})

    def common_shifts(self, carriers: Iterable[int]) -> tuple[Encoding, ...]:
        """Those that each of the carriers takes."""
        each = [self.shifts.get(carrier, ()) for carrier in carriers]
        return tuple(shift for shift in each[0] if all(shift in shifts for shifts in each)) if each else ()


def draft(
    account: Account, order: SmsOrder, terms: Terms, now: datetime, out: Container[int] = _NONE_OUT
) -> Draft:
    """`out`: carriers in whose place others send. Raises `Refusal`, in the contract's order of checks."""
    due, sender, priority, text, encoding, segments = _checked(account, order, terms, now)
    recipient = checked_recipient(order.recipient, region_of(account, terms))
    carriers, price = terms.routes.find(recipient), price_of(recipient, account, terms)
    if not carriers or price is None:
        raise Refusal(Reason.RECIPIENT, "no route or no price leads to this number")
    takes = _taking(text, sender, encoding, segments, terms)
    carrier_id = choose(carriers, _by_then(out, due, now), takes)
    encoding, segments = _said_by([carrier_id], text, encoding, segments, terms)
    return Draft(
        account_id=account.id,
        recipient=recipient,
        sender=sender,
        text=text,
        encoding=encoding,
        segments=_few(segments, terms.most_segments),
        flash=order.flash,
        priority=priority,
        segment_price=price,
        carrier_id=carrier_id,
        accepted_at=now,
        expires_at=_expiry(due, now, terms),
        due=due,
    )


def bundle_draft(account: Account, order: BundleOrder, terms: Terms, now: datetime) -> BundleDraft:
    """All but its destinations. Raises `Refusal`."""
    due, sender, priority, text, encoding, segments = _checked(account, order, terms, now)
    return BundleDraft(
        account_id=account.id,
        sender=sender,
        text=text,
        encoding=encoding,
        segments=segments,
        priority=priority,
        accepted_at=now,
        expires_at=_expiry(due, now, terms),
        due=due,
        destinations=(),
    )


def destinations(
    account: Account,
    order: BundleOrder,
    draft: BundleDraft,
    terms: Terms,
    out: Container[int] = _NONE_OUT,
) -> Iterator[Destination]:
    """One for each recipient, in the caller's order; `out` as in `draft`. Takes about 3 µs for each: who has
    the event loop to think of pauses now and then."""
    region = region_of(account, terms)
    takes = cache(_taking(draft.text, draft.sender, draft.encoding, draft.segments, terms))
    out = _by_then(out, draft.due, draft.accepted_at)
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
    encoding, segments = _said_by(carriers, draft.text, draft.encoding, draft.segments, terms)
    few = _few(segments, terms.most_segments)
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


def _checked(
    account: Account, order: SmsOrder | BundleOrder, terms: Terms, now: datetime
) -> tuple[datetime | None, str, Priority, str, Encoding, int]:
    """What is alike in every order: due, sender, priority, text, encoding, segments; in the contract's order
    of checks."""
    due = None if order.at is None else _due(order.at, now)
    sender = checked_sender(order.sender, account, region_of(account, terms))
    priority = _priority(order.priority)
    return due, sender, priority, *_text(order.text, account, terms)


def region_of(account: Account, terms: Terms) -> str:
    return account.settings.region or terms.region


def price_of(recipient: str, account: Account, terms: Terms) -> int | None:
    """Of a segment of an SMS: the account's own where it has one, else everybody's."""
    for prefix, price in account.settings.prices:
        if recipient.startswith(prefix):
            return price
    return terms.prices.find(recipient)


def _expiry(due: datetime | None, now: datetime, terms: Terms) -> datetime:
    """Validity counts from when a message may be sent."""
    return (now if due is None else max(now, due)) + terms.validity


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


def _by_then(out: Container[int], due: datetime | None, now: datetime) -> Container[int]:
    """Who is out now says nothing of who will be when a time-controlled message is due."""
    return out if due is None or due <= now else _NONE_OUT


def _showable(written: str) -> str:
    """Something that a database and a page take, of what is no number."""
    return "".join(character if character.isprintable() else "?" for character in written[:_SHOWN])


def _due(text: str, now: datetime) -> datetime:
    """The time asked for, which may have passed: then the message is sent at once."""
    written = text.strip()
    if not _UNIX.fullmatch(written):
        raise Refusal(Reason.PARAMETER, "sendAt is a time in whole Unix seconds")
    if int(written) > (now + FURTHEST).timestamp():
        raise Refusal(Reason.PARAMETER, "sendAt is more than two years off")
    return datetime.fromtimestamp(int(written), UTC)


def _priority(text: str) -> Priority:
    try:
        return _PRIORITIES[text.strip()]
    except KeyError:
        raise Refusal(Reason.PARAMETER, "the priority is 1, 2 or 3") from None


def checked_sender(text: str, account: Account, region: str) -> str:
    """The account's own where the call gives none: an old client pads what it has not."""
    given = text if text.strip(" ") else account.settings.sender
    try:
        return parse_sender(given, region)
    except ValueError as error:
        raise Refusal(Reason.PARAMETER, str(error)) from error


def _text(text: str, account: Account, terms: Terms) -> tuple[str, Encoding, int]:
    """As short as any carrier could send it: which one will is not known before its recipient is."""
    most = terms.most_segments
    if not text:
        raise Refusal(Reason.CONTENT, "the text is empty")
    if len(text) > most * _LONGEST_SEGMENT:
        raise Refusal(Reason.CONTENT, f"the text takes more than the {most} segments that are allowed")
    try:
        text = normalise(text)
        if account.settings.transliterate:
            text = transliterated(text)
        encoding, segments = measure(text, terms.any_shifts() if terms.shifts else ())
    except ValueError as error:
        raise Refusal(Reason.CONTENT, str(error)) from error
    return text, encoding, _few(segments, most)


def _said_by(
    carriers: Collection[int], text: str, encoding: Encoding, segments: int, terms: Terms
) -> tuple[Encoding, int]:
    """As each of these carriers can send what is so long at the shortest."""
    if not (terms.shifts or terms.latin1):
        return encoding, segments  # nothing tells one carrier from another: as good as always
    plain = terms.latin1.isdisjoint(carriers) or in_latin1(text)
    if plain and (encoding is Encoding.GSM7 or not terms.shifts):
        return encoding, segments
    return measure(text, terms.common_shifts(carriers), plain=plain)


def _taking(text: str, sender: str, encoding: Encoding, segments: int, terms: Terms) -> Takes:
    """Which carriers take what is so long at the shortest, each in the encoding that it wants."""

    def takes(carrier: int) -> bool:
        said, count = _said_by([carrier], text, encoding, segments, terms)
        return count <= terms.most_segments and terms.takes(carrier, sender, text, said)

    return takes


def _few(segments: int, most: int) -> int:
    if segments > most:
        raise Refusal(Reason.CONTENT, f"the text takes {segments} segments; {most} are allowed")
    return segments


def checked_recipient(text: str, region: str) -> str:
    try:
        return parse_msisdn(text, region)
    except ValueError as error:
        raise Refusal(Reason.RECIPIENT, str(error)) from error
