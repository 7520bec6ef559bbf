"""The checks that orders share, and how a text is encoded for the carrier that takes it; no I/O."""

from __future__ import annotations

import re
from collections.abc import Collection, Container
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from kavle.core.failover import Takes
from kavle.core.terms import Terms, region_of
from kavle.model.account import Account
from kavle.model.errors import Reason, Refusal
from kavle.model.message import Priority
from kavle.model.msisdn import parse_msisdn
from kavle.model.sender import parse_sender
from kavle.model.text import in_latin1, normalise
from kavle.sms.segment import Encoding, measure
from kavle.sms.transliterate import transliterated

FURTHEST: Final = timedelta(days=2 * 365)
"""How far off a time-controlled message may be."""

_PRIORITIES: Final = {"": Priority.NORMAL, "1": Priority.BULK, "2": Priority.NORMAL, "3": Priority.URGENT}
_LONGEST_SEGMENT: Final = 160 * len("%0d%0a")
"""Characters that may be asked for one: all line breaks, spelled out."""
_UNIX: Final = re.compile(r"[0-9]{1,12}")
NONE_OUT: Final[frozenset[int]] = frozenset()
"""Of carriers, all do their own work."""


class Asked(Protocol):
    """What is alike in every order of an SMS, unchecked."""

    @property
    def sender(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def priority(self) -> str: ...

    @property
    def at(self) -> str | None: ...


def checked(
    account: Account, order: Asked, terms: Terms, now: datetime
) -> tuple[datetime | None, str, Priority, str, Encoding, int]:
    """What is alike in every order: due, sender, priority, text, encoding, segments; in the contract's order
    of checks."""
    due = None if order.at is None else _due(order.at, now)
    sender = checked_sender(order.sender, account, region_of(account, terms))
    priority = _priority(order.priority)
    return due, sender, priority, *_text(order.text, account, terms)


def checked_sender(text: str, account: Account, region: str) -> str:
    """The account's own where the call gives none: an old client pads what it has not."""
    given = text if text.strip(" ") else account.settings.sender
    try:
        return parse_sender(given, region)
    except ValueError as error:
        raise Refusal(Reason.PARAMETER, str(error)) from error


def checked_recipient(text: str, region: str) -> str:
    try:
        return parse_msisdn(text, region)
    except ValueError as error:
        raise Refusal(Reason.RECIPIENT, str(error)) from error


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
    return text, encoding, few_enough(segments, most)


def few_enough(segments: int, most: int) -> int:
    if segments > most:
        raise Refusal(Reason.CONTENT, f"the text takes {segments} segments; {most} are allowed")
    return segments


def said_by(
    carriers: Collection[int], text: str, encoding: Encoding, segments: int, terms: Terms
) -> tuple[Encoding, int]:
    """As each of these carriers can send what is so long at the shortest."""
    if not (terms.shifts or terms.latin1):
        return encoding, segments  # nothing tells one carrier from another: as good as always
    plain = terms.latin1.isdisjoint(carriers) or in_latin1(text)
    if plain and (encoding is Encoding.GSM7 or not terms.shifts):
        return encoding, segments
    return measure(text, terms.common_shifts(carriers), plain=plain)


def taking(text: str, sender: str, encoding: Encoding, segments: int, terms: Terms) -> Takes:
    """Which carriers take what is so long at the shortest, each in the encoding that it wants."""

    def takes(carrier: int) -> bool:
        said, count = said_by([carrier], text, encoding, segments, terms)
        return count <= terms.most_segments and terms.takes(carrier, sender, text, said)

    return takes


def expiry(due: datetime | None, now: datetime, terms: Terms) -> datetime:
    """Validity counts from when a message may be sent."""
    return (now if due is None else max(now, due)) + terms.validity


def by_then(out: Container[int], due: datetime | None, now: datetime) -> Container[int]:
    """Who is out now says nothing of who will be when a time-controlled message is due."""
    return out if due is None or due <= now else NONE_OUT
