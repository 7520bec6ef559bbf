"""`/portal/messages.csv`: the messages that a filter leaves, as a file for spreadsheets, of any length."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterable, Iterator
from io import StringIO
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from kavle.core.queries import Queries
from kavle.model.account import Account
from kavle.model.history import HistoryLine, HistoryPage
from kavle.model.listing import Keys
from kavle.model.money import format_balance
from kavle.north.web.door import Door
from kavle.north.web.filter import Filter, Reading
from kavle.north.web.render import Renderer, code, meaning
from kavle.north.web.visitor import Visitor
from kavle.north.web.words import Words

PIECE: Final = 500
"""Lines that are read and written at once: some milliseconds."""
MOST_AT_ONCE: Final = 4

_BOM: Final = "\ufeff"  # by which spreadsheets know UTF-8
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may take for the beginning of a formula: OWASP, CSV Injection."""


class Export:
    """One at a time for each account, and few in all: each is a long walk through the history. It is read
    piece by piece, as fast as the browser takes it, each piece in a transaction of its own."""

    def __init__(self, queries: Queries, reading: Reading, renderer: Renderer) -> None:
        self._queries = queries
        self._reading = reading
        self._renderer = renderer
        self._running: set[int] = set()  # accounts

    def routes(self, door: Door) -> list[BaseRoute]:
        return [Route("/portal/messages.csv", door.customers(self.file), methods=["GET"])]

    async def file(self, request: Request, visitor: Visitor, account: Account) -> Response:
        chosen = Filter.of(request)
        if account.id in self._running or len(self._running) >= MOST_AT_ONCE:
            visitor.refuse(visitor.words("An export is being made already. Try again when it is done."))
            return RedirectResponse(f"/visastatus.aspx?{chosen.query}", 303)
        return StreamingResponse(
            self._written(visitor.words, account, chosen),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": 'attachment; filename="messages.csv"'},
        )

    async def _written(self, words: Words, account: Account, chosen: Filter) -> AsyncIterator[bytes]:
        sheet = Sheet(words, self._renderer)
        self._running.add(account.id)
        try:
            yield sheet.head()
            async for page in self._pages(account, chosen):
                yield sheet.lines(page.lines)
        finally:
            self._running.discard(account.id)

    async def _pages(self, account: Account, chosen: Filter) -> AsyncIterator[HistoryPage]:
        """The newest first, to the end. A search that finds little goes on from where it looked to."""
        keys: Keys | None = Keys(PIECE)
        while keys is not None:
            page = await self._queries.messages(account, self._reading.wanted(chosen, account, keys))
            yield page
            keys = None if page.older is None else Keys(PIECE, before=page.older)


class Sheet:
    """As spreadsheets of the reader's country want it: in Swedish with semicolons and decimal commas."""

    def __init__(self, words: Words, renderer: Renderer) -> None:
        self._words = words
        self._renderer = renderer
        self._swedish = words.language == "sv"

    def head(self) -> bytes:
        words = self._words
        names = [
            words("Id"),
            words("Time"),
            words("To"),
            words("From"),
            words("Text"),
            words("Status"),
            words("What it means"),
            words("Changed"),
            words("Segments"),
            words("Price"),
            words("Bundle"),
            words("To be sent"),
            words("Service"),
        ]
        return (_BOM + self._csv([names])).encode()

    def lines(self, lines: Iterable[HistoryLine]) -> bytes:
        return self._csv(self._cells(line) for line in lines).encode()

    def _cells(self, line: HistoryLine) -> Iterator[str]:
        time = self._renderer.time
        yield str(line.id)
        yield time(line.accepted_at)
        yield line.recipient
        yield line.sender
        yield line.text or ""
        yield str(code(line.status, line.service))
        yield meaning(line.status, line.service, self._words.language)
        yield time(line.status_at)
        yield str(line.segments)
        yield format_balance(line.price, "98,50" if self._swedish else "98.50")
        yield str(line.bundle_id or "")
        yield time(line.due_at)
        yield line.service.name

    def _csv(self, rows: Iterable[Iterable[str]]) -> str:
        out = StringIO()
        writer = csv.writer(out, delimiter=";" if self._swedish else ",", lineterminator="\r\n")  # RFC 4180
        writer.writerows([safe(cell) for cell in row] for row in rows)
        return out.getvalue()


def safe(cell: str) -> str:
    """With an apostrophe before what a spreadsheet would take for a formula: a text may be anybody's."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
