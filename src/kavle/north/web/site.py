"""The pages as one ASGI application, and what is shown where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from kavle.model.errors import Refusal
from kavle.north.http import App
from kavle.north.web.door import NOT_ALLOWED, Door
from kavle.north.web.render import Renderer
from kavle.north.web.safety import guarded
from kavle.north.web.visitor import Visitor


def site(door: Door, renderer: Renderer, routes: Sequence[BaseRoute]) -> App:
    async def failed(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 503
        if "text/html" not in request.headers.get("accept", ""):  # a program, which wants no page
            return PlainTextResponse(f"{status} {HTTPStatus(status).phrase}\n", status)

        async def page(request: Request, visitor: Visitor) -> Response:
            detail = error.detail if isinstance(error, HTTPException) else ""
            return renderer.page(visitor, "error.html", status, code=status, viewer=detail == NOT_ALLOWED)

        return await door.look(page)(request)

    return guarded(Starlette(routes=routes, exception_handlers={HTTPException: failed, Refusal: failed}))
