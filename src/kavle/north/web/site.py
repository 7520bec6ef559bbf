"""The pages as one ASGI application, and what is shown where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from kavle.model.errors import OperatorError, Refusal
from kavle.north.http import App, ClientGone, HttpError, Receive, Scope, Send
from kavle.north.web.door import NOT_ALLOWED, Door
from kavle.north.web.render import Renderer
from kavle.north.web.safety import guarded
from kavle.north.web.visitor import Visitor


def site(door: Door, renderer: Renderer, routes: Sequence[BaseRoute]) -> App:
    async def failed(request: Request, error: Exception) -> Response:
        status = _status(error)
        if "text/html" not in request.headers.get("accept", ""):  # a program, which wants no page
            return PlainTextResponse(f"{status} {HTTPStatus(status).phrase}\n", status)

        async def page(request: Request, visitor: Visitor) -> Response:
            viewer = isinstance(error, HTTPException) and error.detail == NOT_ALLOWED
            why = visitor.words.error(error) if isinstance(error, OperatorError) else ""
            return renderer.page(visitor, "error.html", status, code=status, viewer=viewer, why=why)

        return await door.look(page)(request)

    async def cut(request: Request, error: Exception) -> Response:
        response = await failed(request, error)
        response.headers["connection"] = "close"  # the body may be unread
        return response

    async def gone(request: Request, error: Exception) -> Response:
        return Response(status_code=HTTPStatus.BAD_REQUEST)  # to nobody

    handlers = dict.fromkeys((HTTPException, Refusal, OperatorError), failed)
    application = Starlette(routes=routes, exception_handlers={**handlers, HttpError: cut, ClientGone: gone})

    async def rendered(scope: Scope, receive: Receive, send: Send) -> None:
        await renderer.ready()
        await application(scope, receive, send)

    return guarded(rendered)


def _status(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, HttpError):
        return error.status
    return HTTPStatus.CONFLICT if isinstance(error, OperatorError) else HTTPStatus.SERVICE_UNAVAILABLE
