"""What pages show of the past: asked for by key, a bounded piece at a time, on every engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from msgspec.structs import replace

from kavle.model.history import HistoryLine, HistoryPage, MessageStory, Wanted
from kavle.model.service import Service
from kavle.model.status import Status
from kavle.sms.segment import Encoding
from kavle.store.rows import SegmentOutcome, from_ms, to_ms

CHUNK: Final = 2_000
"""Keys that are looked through at once where a filter may leave few of them."""
CHUNKS: Final = 10
"""Of those, in one call: what is rare is found by several calls, each of which answers soon."""


class History(Protocol):
    """Reads only, and none of them takes longer as the history grows."""

    async def messages(self, account_id: int | None, wanted: Wanted) -> HistoryPage:
        """One account's, or everybody's."""

    async def message(self, account_id: int | None, message_id: int) -> MessageStory | None:
        """Also one that is still a recipient of its bundle. None for what is unknown, or another
        account's."""


class Bounds(NamedTuple):
    """Internal ids between which to look, both excluded."""

    low: int
    high: int


LAST: Final = 2**63 - 1
"""No internal id is beyond it."""

Look = Callable[..., Awaitable[Any]]
"""`await look(read, …)`: what `read(connection, …)` gives, of a connection that only reads."""


def between(wanted: Wanted, since: int | None, until: int | None, bundle: tuple[int, int] | None) -> Bounds:
    """Where what is wanted lies: from the first id `since` then, before the first one `until` then, among the
    bundle's first and last; None where that does not matter."""
    low, high = -1, LAST
    if since is not None:
        low = max(low, since - 1)
    if until is not None:
        high = min(high, until)
    if bundle is not None:
        low, high = max(low, bundle[0] - 1), min(high, bundle[1] + 1)
    if wanted.before is not None:
        high = min(high, wanted.before)
    if wanted.after is not None:
        low = max(low, wanted.after)
    return Bounds(low, high)


class Statement(NamedTuple):
    sql: str
    values: list[Any]


COLUMNS: Final = (
    "m.id, a.name, m.recipient, m.sender, b.text, m.encoding, m.flash, m.priority, m.segments,"
    " m.segment_price, m.accepted_at, m.due_at, m.status, m.status_at, m.bundle_id, m.service"
)
TABLES: Final = (
    "FROM message AS m JOIN account AS a ON a.id = m.account_id"
    " LEFT JOIN body AS b ON b.message_id = coalesce(m.bundle_id, m.id)"
)


class Dialect(NamedTuple):
    """How an engine writes what is not the same on both."""

    mark: str  # before a parameter's number
    like: str  # that letters' case does not matter to
    among: str  # the ids of the first parameter


def one_statement(mark: str) -> str:
    """The line and the carrier of a message (1), if it is the account's (2) or if that is null."""
    return (
        f"SELECT {COLUMNS}, m.carrier_id {TABLES}"
        f" WHERE m.id = {mark}1 AND m.account_id = coalesce({mark}2, m.account_id)"
    )


def lines_statement(wanted: Wanted, dialect: Dialect, ids: object, limit: int) -> Statement:
    """The lines among those ids that are wanted, in the direction that is."""
    conditions, values = [dialect.among], [ids]

    def also(condition: str, value: object) -> None:
        values.append(value)
        conditions.append(condition.format(f"{dialect.mark}{len(values)}"))

    if wanted.since:
        also("m.accepted_at >= {}", to_ms(wanted.since))
    if wanted.until:
        also("m.accepted_at < {}", to_ms(wanted.until))
    if wanted.recipient:
        also("m.recipient = {}", wanted.recipient)
    if wanted.bundle_id:
        also("m.bundle_id = {}", wanted.bundle_id)
    if wanted.statuses:
        numbers = ", ".join(str(int(status)) for status in wanted.statuses)
        conditions.append(f"m.status IN ({numbers})")
    if wanted.text:
        also(f"b.text {dialect.like} {{}} ESCAPE '\\'", f"%{_literally(wanted.text)}%")
    values.append(limit)
    order = "ASC" if wanted.after is not None else "DESC"
    sql = (
        f"SELECT {COLUMNS} {TABLES} WHERE {' AND '.join(conditions)}"
        f" ORDER BY m.id {order} LIMIT {dialect.mark}{len(values)}"
    )
    return Statement(sql, values)


def kept_statement(among: str) -> str:
    """Which messages of those a network has, or may have, and how many of their segments."""
    outcomes = f"{SegmentOutcome.ACCEPTED:d}, {SegmentOutcome.UNSURE:d}"
    return (
        f"SELECT message_id, count(DISTINCT number) FROM segment WHERE {among} AND outcome IN ({outcomes})"  # noqa: S608
        " GROUP BY message_id"
    )


def refundable(page: HistoryPage) -> list[int]:
    """Of which `refunded` wants to know what a network has."""
    return [line.id for line in page.lines if line.may_be_refunded]


def refunded(page: HistoryPage, kept: Mapping[int, int]) -> HistoryPage:
    lines = [replace(line, refunded=line.refund(kept.get(line.id, 0))) for line in page.lines]
    return replace(page, lines=lines)


def _literally(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def line(row: Sequence[Any]) -> HistoryLine:
    id, account, recipient, sender, text, encoding, flash, priority, segments, price, *rest = row
    accepted_at, due_at, status, status_at, bundle_id, service = rest
    return HistoryLine(
        id=id,
        account=account,
        recipient=recipient,
        sender=sender,
        text=text,
        encoding=Encoding(encoding),
        flash=bool(flash),
        priority=priority,
        segments=segments,
        segment_price=price,
        accepted_at=from_ms(accepted_at),
        due_at=None if due_at is None else from_ms(due_at),
        status=Status(status),
        status_at=from_ms(status_at),
        bundle_id=bundle_id,
        service=Service(service),
    )


class Span(NamedTuple):
    bounds: Bounds
    by_number: bool  # there is an index by recipient


def spans(wanted: Wanted, bounds: Bounds, until: int) -> list[Span]:
    """Where to look, in the direction that is wanted; those before the id `until` are found by recipient."""
    if not wanted.recipient:
        return [Span(bounds, False)]
    low, high = bounds
    indexed = Span(Bounds(low, min(high, until)), True)
    newest = Span(Bounds(max(low, until - 1), high), False)
    found = [indexed, newest] if wanted.after is not None else [newest, indexed]
    return [span for span in found if span.bounds.high - span.bounds.low > 1] or [newest]


class Search:
    """One request, chunk by chunk: `while search.goes_on: search.found(keys, lines)`, and `page()` in the
    end. It knows when enough is found, or looked through."""

    def __init__(self, wanted: Wanted, spans: list[Span]) -> None:
        self._wanted = wanted
        self._forward = wanted.after is not None
        self._lines: list[HistoryLine] = []
        self._looked = 0
        self._last: int | None = None
        self._spans = spans
        # Each text is read from another row, and costs twice as much.
        self._most = CHUNK * CHUNKS // (2 if wanted.text else 1)
        self._dense = not replace(wanted, recipient="").is_filtered

    @property
    def bounds(self) -> Bounds:
        return self._spans[0].bounds

    @property
    def by_number(self) -> bool:
        return self._spans[0].by_number

    @property
    def missing(self) -> int:
        """Lines that are still wanted: one more than the page shows, to know whether there is another."""
        return self._wanted.limit + 1 - len(self._lines)

    @property
    def keys(self) -> int:
        """How many to look through next."""
        every = self._dense and (self.by_number or not self._wanted.recipient)
        return self.missing if every else CHUNK

    @property
    def goes_on(self) -> bool:
        return bool(self._spans) and self.missing > 0 and self._looked < self._most

    def found(self, keys: Sequence[int], lines: Sequence[HistoryLine]) -> None:
        """`lines` are those among `keys` that are wanted; both in the direction that is."""
        span, *others = self._spans
        low, high = span.bounds
        rest = (
            []
            if len(keys) < self.keys
            else [Bounds(keys[-1], high) if self._forward else Bounds(low, keys[-1])]
        )
        self._spans = [*(span._replace(bounds=bounds) for bounds in rest), *others]
        self._looked += len(keys)
        self._lines += lines
        if keys:
            self._last = keys[-1]

    def page(self, reached: datetime | None) -> HistoryPage:
        """`reached`: when the last key was accepted that was looked at."""
        limit = self._wanted.limit
        lines = self._lines[:limit]
        further = lines[-1].id if len(self._lines) > limit else self._last if self._spans else None
        cut_short = further is not None and len(lines) < limit
        began = self._wanted.before if self._wanted.before is not None else self._wanted.after
        back = (lines[0].id if lines else began) if began is not None else None
        if self._forward:
            lines, (older, newer) = lines[::-1], (back, further)
        else:
            older, newer = further, back
        return HistoryPage(lines, older, newer, reached if cut_short else None)

    @property
    def last(self) -> int | None:
        return self._last
