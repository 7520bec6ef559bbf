"""Commit 1's beginning: a request becomes a priced draft without any I/O, then one awaited commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import msgspec
import structlog

from kavle.clock import Clock
from kavle.logs import telling
from kavle.metrics import Metrics
from kavle.model.account import Account
from kavle.model.errors import Reason, Refusal
from kavle.model.message import Draft, Priority
from kavle.model.msisdn import parse_msisdn
from kavle.model.prefix import ByPrefix
from kavle.model.sender import parse_sender
from kavle.model.text import normalise
from kavle.sms.segment import Encoding, measure
from kavle.store.errors import RowRefused, StoreUnavailable
from kavle.store.store import Store

_log = structlog.get_logger("kavle.accept")

_PRIORITIES = {"": Priority.NORMAL, "1": Priority.BULK, "2": Priority.NORMAL, "3": Priority.URGENT}

_LONGEST_SEGMENT = 160 * len("%0d%0a")  # characters that may be asked for one: all line breaks, spelled out


class SmsOrder(msgspec.Struct, frozen=True):
    """One SMS as a caller asks for it, unchecked."""

    recipient: str
    sender: str
    text: str
    priority: str
    flash: bool = False


class Terms(msgspec.Struct, frozen=True):
    """By which a message is checked, priced and routed."""

    routes: ByPrefix[tuple[int, ...]]  # carriers in order of preference
    prices: ByPrefix[int]  # ten-thousandths of a credit, per segment
    region: str  # of numbers in national form
    most_segments: int
    validity: timedelta


class Accept:
    """`await accept.sms(account, order)` answers the public id once the message is on disk."""

    def __init__(
        self, store: Store, clock: Clock, terms: Terms, metrics: Metrics, wake: Callable[[int, bool], None]
    ) -> None:
        """`wake(carrier, urgent)` is told of each message that is on disk."""
        self._store = store
        self._clock = clock
        self._terms = terms
        self._metrics = metrics
        self._wake = wake
        self._telling = telling()

    async def sms(self, account: Account, order: SmsOrder) -> int:
        """Raises `Refusal`, in the contract's order of checks; whatever is refused stores and debits
        nothing."""
        started = time.perf_counter()
        try:
            draft = self.draft(account, order)
            message_id = await self._commit(draft)
        except Refusal as refusal:
            self._metrics.refused[refusal.reason.name.lower()] += 1
            raise
        self._wake(draft.carrier_id, draft.priority == Priority.URGENT)
        self._metrics.accepted += 1
        self._metrics.accept_seconds.observe(time.perf_counter() - started)
        if self._telling:
            _log.debug("accepted", message_id=message_id, account=account.name, segments=draft.segments)
        return self._store.public_ids.public(message_id)

    def draft(self, account: Account, order: SmsOrder) -> Draft:
        """The order checked and priced. No I/O."""
        terms = self._terms
        priority = _priority(order.priority)
        sender = _sender(order.sender, terms.region)
        text, encoding, segments = _text(order.text, terms.most_segments)
        recipient = _recipient(order.recipient, terms.region)
        carriers, price = terms.routes.find(recipient), terms.prices.find(recipient)
        if not carriers or price is None:
            raise Refusal(Reason.RECIPIENT, "no route or no price leads to this number")
        now = self._clock.now()
        return Draft(
            account_id=account.id,
            recipient=recipient,
            sender=sender,
            text=text,
            encoding=encoding,
            segments=segments,
            flash=order.flash,
            priority=priority,
            segment_price=price,
            carrier_id=carriers[0],
            accepted_at=now,
            expires_at=now + terms.validity,
        )

    async def _commit(self, draft: Draft) -> int:
        try:
            message_id = await self._store.accept(draft)
        except (StoreUnavailable, RowRefused) as error:
            raise Refusal(Reason.UNAVAILABLE, str(error)) from error
        if message_id is None:
            raise Refusal(Reason.BALANCE)
        return message_id


def _priority(text: str) -> Priority:
    try:
        return _PRIORITIES[text.strip()]
    except KeyError:
        raise Refusal(Reason.PARAMETER, "the priority is 1, 2 or 3") from None


def _sender(text: str, region: str) -> str:
    try:
        return parse_sender(text, region)
    except ValueError as error:
        raise Refusal(Reason.PARAMETER, str(error)) from error


def _text(text: str, most: int) -> tuple[str, Encoding, int]:
    if not text:
        raise Refusal(Reason.CONTENT, "the text is empty")
    if len(text) > most * _LONGEST_SEGMENT:
        raise Refusal(Reason.CONTENT, f"the text takes more than the {most} segments that are allowed")
    try:
        text = normalise(text)
        encoding, segments = measure(text)
    except ValueError as error:
        raise Refusal(Reason.CONTENT, str(error)) from error
    if segments > most:
        raise Refusal(Reason.CONTENT, f"the text takes {segments} segments; {most} are allowed")
    return text, encoding, segments


def _recipient(text: str, region: str) -> str:
    try:
        return parse_msisdn(text, region)
    except ValueError as error:
        raise Refusal(Reason.RECIPIENT, str(error)) from error
