"""The pages' own files: read once, and kept by browsers for a while."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from kavle.north.http import NO_SNIFF, App, Receive, Scope, Send, allow, reply

_TYPES: Final = {
    "kavle.css": "text/css; charset=utf-8",
    "web.css": "text/css; charset=utf-8",
    "web.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "kavle.svg": "image/svg+xml",
}


def assets() -> dict[str, App]:
    """Each of them by its path."""
    return {f"/static/{name}": static(name, content_type) for name, content_type in _TYPES.items()}


def static(name: str, content_type: str) -> App:
    """The file of that name in the package's folder `static`."""
    content = files("kavle.north").joinpath("static", name).read_bytes()
    headers = ((b"content-type", content_type.encode()), (b"cache-control", b"max-age=3600"), NO_SNIFF)

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        allow(scope, "GET", "HEAD")
        await reply(send, 200, headers, content)

    return endpoint
