"""What a browser may do with our pages: run our script and style, show them in no frame, keep no copy."""

from __future__ import annotations

from typing import Final

from kavle.north.http import NO_REFERRER, NO_SNIFF, NO_STORE, App, Message, Receive, Scope, Send

# CSP Level 3. Nothing inline, nothing from elsewhere; message texts are hostile input even so escaped.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = [
    (b"content-security-policy", _POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    NO_REFERRER,
    NO_SNIFF,
    NO_STORE,
]


def guarded(app: App) -> App:
    """`app` with these headers on each of its answers."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(header for header in _HEADERS if header[0] not in ours),
                ]
            await send(message)

        await app(scope, receive, with_headers)

    return wrapped
