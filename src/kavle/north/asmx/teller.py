"""Runs an operation and tells its result in markup, the same for every binding."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from kavle.core.workers import Workers
from kavle.model.errors import Reason, Refusal
from kavle.north.asmx.service import Arguments, Listed, Operation
from kavle.north.http import HttpError
from kavle.wire.soap import Markup, escape, records

_MOST_ON_THE_LOOP: Final = 5_000  # rows: about 2 ms


class Teller:
    """`code` tells a refusal's reason in the service's own status codes."""

    def __init__(self, code: Callable[[Reason], str], workers: Workers) -> None:
        self._code = code
        self._workers = workers

    async def tell(self, operation: Operation, arguments: Arguments) -> Markup:
        """The result; a refusal is one too. Raises HttpError 503 where a list can't be had: it has no place
        for a code, and an empty one would be a lie."""
        try:
            result = await operation.answer(arguments)
            return escape(result) if isinstance(result, str) else await self._list(result)
        except Refusal as refusal:
            if operation.records is None:
                return escape(self._code(refusal.reason))
            if refusal.reason is Reason.UNAVAILABLE:
                raise HttpError(HTTPStatus.SERVICE_UNAVAILABLE) from refusal
            return escape("")

    async def _list(self, result: Listed) -> Markup:
        arguments = result.records.item, result.records.fields, result.rows
        if len(result.rows) <= _MOST_ON_THE_LOOP:
            return records(*arguments)
        return await self._workers.run(records, *arguments)
