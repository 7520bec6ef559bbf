"""The files of MMS, one at a time, for who may see their message: pictures in their place on its page, all
else to be kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kavle.core.mms_files import MmsFiles
from kavle.model.account import Account, Operator
from kavle.model.mms import IncomingFile, MmsFile
from kavle.north.file_headers import shown
from kavle.north.web.door import Door
from kavle.north.web.visitor import Visitor

Read = Callable[[Account | Operator, str, str], Awaitable[MmsFile | IncomingFile | None]]
Page = Callable[[Request, Visitor, Account | Operator], Awaitable[Response]]


class Files:
    """Each stands below its message's page."""

    def __init__(self, files: MmsFiles) -> None:
        self._files = files

    def of_customers(self, door: Door) -> list[BaseRoute]:
        return [
            _route("/portal/message", door.customers(_from(self._files.sent))),
            _route("/portal/incoming", door.customers(_from(self._files.received))),
        ]

    def of_operators(self, door: Door) -> list[BaseRoute]:
        return [
            _route("/operator/message", door.operators(_from(self._files.sent))),
            _route("/operator/incoming", door.operators(_from(self._files.received))),
        ]


def _route(page: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(page + "/{id}/file/{name}", endpoint, methods=["GET"])


def _from(read: Read) -> Page:
    async def file(request: Request, visitor: Visitor, viewer: Account | Operator) -> Response:
        # Paths are matched whatever their letters' case; the name's own is in the path as it came.
        name = request.scope["raw_path"].rpartition(b"/")[2].decode("ascii", "replace")
        found = await read(viewer, request.path_params["id"], name)
        if found is None:
            raise HTTPException(404)
        headers = {name.decode(): value.decode() for name, value in shown(found.name, found.content_type)}
        return Response(found.data, headers=headers)

    return file
