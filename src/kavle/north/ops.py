"""For whoever runs the gateway: is it alive, and what has it counted."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from kavle.north.http import NO_STORE, TEXT, App, Receive, Scope, Send, allow, reply


async def healthz(scope: Scope, receive: Receive, send: Send) -> None:
    allow(scope, "GET", "HEAD")
    await reply(send, 200, (TEXT, NO_STORE), b"ok")


def metrics(registry: CollectorRegistry) -> App:
    described = ((b"content-type", CONTENT_TYPE_PLAIN_0_0_4.encode()), NO_STORE)

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        allow(scope, "GET", "HEAD")
        await reply(send, 200, described, generate_latest(registry))

    return endpoint
