"""Where delivery reports come in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import structlog

from kavle.clock import Clock
from kavle.model.errors import Refusal
from kavle.south.hooks import Keep, Scope, SecretPath, read_body, reply
from kavle.south.ip1.reports import receipt_of
from kavle.south.sparse import SparseLog

LONGEST_REPORT: Final = 16 * 1024
"""Octets. The one in the provider's documentation has some 300."""

_log = structlog.get_logger("kavle.ip1")


class Webhook:
    """Answers 200 once the report is on disk; anything else has the provider send it again, every ten
    minutes and ten times at most."""

    def __init__(self, name: str, path: str, carrier_id: int, keep: Keep, clock: Clock) -> None:
        self._path = SecretPath(path)
        self._carrier_id = carrier_id
        self._keep = keep
        self._clock = clock
        self._sparse = SparseLog(_log.bind(carrier=name))

    def serves(self, path: str) -> bool:
        return self._path.is_it(path)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        status = await self._answer(scope, receive)
        if status is not None:
            await reply(send, status)

    async def _answer(self, scope: Scope, receive: Any) -> HTTPStatus | None:
        """None where nobody waits for it any more."""
        if scope["method"] != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        body = await read_body(receive, LONGEST_REPORT)
        if body is None:
            return None
        if len(body) > LONGEST_REPORT:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        try:
            receipt = receipt_of(self._carrier_id, body, self._clock.now())
        except ValueError as error:
            self._sparse.warning("a delivery report that can't be read", error=str(error))
            return HTTPStatus.BAD_REQUEST
        try:
            await self._keep([receipt])
        except Refusal:
            return HTTPStatus.SERVICE_UNAVAILABLE
        return HTTPStatus.OK
