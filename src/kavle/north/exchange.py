"""One request and its answer: uvicorn's, but that nobody is answered where the answer is not known."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from kavle.model.errors import OutcomeUnknown
from kavle.north.http import App, Receive, Scope, Send

if TYPE_CHECKING:
    from kavle.north.connection import Connection


class Exchange(RequestResponseCycle):
    """Writes to the connection and not to its transport, so that the connection decides how to close."""

    def __init__(self, connection: Connection, app: App, scope: Scope) -> None:
        super().__init__(
            scope=cast(Any, scope),
            transport=cast(asyncio.Transport, connection),
            flow=connection.flow,
            logger=connection.logger,
            access_logger=connection.access_logger,
            access_log=False,  # the URL holds a password
            default_headers=connection.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=connection.expect_100_continue,
            keep_alive=True,
            on_response=connection.on_response_complete,
        )
        self._app = app

    async def run(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application. Where it can't tell what became of a request, the connection closes without a
        word: a caller who is told of an error calls again, and might pay twice."""
        try:
            await self._app(scope, receive, send)
        except (OutcomeUnknown, asyncio.CancelledError):
            self.disconnected = True
            self.transport.close()
