"""For whoever runs the gateway: is it alive, and what has it counted."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from kavle.north.http import NO_STORE, TEXT, App, HttpError, Receive, Scope, Send, allow, reply

PATIENCE: Final = 15.0
"""Seconds without a sweep after which a process is not ready. One waits 10 s at most for a statement."""


async def healthz(scope: Scope, receive: Receive, send: Send) -> None:
    allow(scope, "GET", "HEAD")
    await reply(send, 200, (TEXT, NO_STORE), b"ok")


def readyz(seconds_unstored: Callable[[], float]) -> App:
    """For a load balancer: whether what comes here can be stored. 503 says why not."""

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        allow(scope, "GET", "HEAD")
        seconds = seconds_unstored()
        if seconds <= PATIENCE:
            await reply(send, 200, (TEXT, NO_STORE), b"ready")
        elif math.isinf(seconds):
            await reply(send, 503, (TEXT, NO_STORE), b"starting: the database has taken nothing yet")
        else:
            told = f"the database has taken nothing for {seconds:.0f} s: see the log"
            await reply(send, 503, (TEXT, NO_STORE), told.encode())

    return endpoint


def metrics(text: Callable[[], Awaitable[bytes]]) -> App:
    """Where its listener has it: how much goes through is nobody's business who comes as a customer."""
    described = ((b"content-type", CONTENT_TYPE_PLAIN_0_0_4.encode()), NO_STORE)

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["listener"].metrics:
            raise HttpError(HTTPStatus.NOT_FOUND)
        allow(scope, "GET", "HEAD")
        await reply(send, 200, described, await text())

    return endpoint
