"""The books are checked: that each account's ledger comes to its balance, adding up only what is new."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from kavle.core.outage import Outage, each
from kavle.metrics import Metrics
from kavle.store.books import Book
from kavle.store.store import Store

EVERY: Final = 3600.0
PAUSE: Final = 0.1
"""Seconds between two lots of entries: others have most of the time."""

_log = structlog.get_logger("kavle.books")


class Bookkeeper:
    """`run` until it is cancelled."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._books = store.books
        self._metrics = metrics
        self._outage = Outage(_log, "the books can't be checked")

    async def run(self) -> None:
        await each(EVERY, self.once, self._outage)

    async def once(self) -> None:
        wrong, after = 0, 0
        while page := await self._books.books(after):
            for book in page:
                wrong += not (book.closed or await self._right(book))
            after = page[-1].account_id
        self._metrics.wrong_books = wrong

    async def _right(self, book: Book) -> bool:
        """Whether it adds up; then it is closed as far as it goes."""
        while True:
            closed = await self._books.close(book.account_id)
            if closed.wrong:
                _log.error("an account's ledger does not add up", account=book.account, why=closed.wrong)
            if not closed.more:
                return not closed.wrong
            await asyncio.sleep(PAUSE)
