"""Runs an operation and tells its result in markup, the same for every binding."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from kavle.model.errors import Reason, Refusal
from kavle.north.asmx.service import Arguments, Listed, Operation
from kavle.north.http import HttpError
from kavle.wire.soap import Markup, escape, records

_AT_ONCE: Final = 2_500  # rows that are written before others have a turn: about 1 ms


class Teller:
    """`code` tells a refusal's reason in the service's own status codes."""

    def __init__(self, code: Callable[[Reason], str]) -> None:
        self._code = code

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
        told: list[str] = []
        for start in range(0, len(result.rows), _AT_ONCE):
            some = result.rows[start : start + _AT_ONCE]
            told.append(records(result.records.item, result.records.fields, some))
            await asyncio.sleep(0)
        return Markup("".join(told))
