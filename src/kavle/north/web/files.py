"""The files of MMS, one at a time, for who may see their message: pictures in their place on its page, all
else to be kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kavle.core.mms_files import MmsFiles
from kavle.model.account import Account, Operator
from kavle.model.mms import StoredFile
from kavle.north.file_headers import shown
from kavle.north.http import Headers, Receive, Scope, Send, reply_in_pieces
from kavle.north.web.door import Door
from kavle.north.web.visitor import Visitor

Find = Callable[[Account | Operator, str, str], Awaitable[StoredFile | None]]
Page = Callable[[Request, Visitor, Account | Operator], Awaitable[Response]]


class Files:
    """Each stands below its message's page."""

    def __init__(self, files: MmsFiles) -> None:
        self._files = files

    def of_customers(self, door: Door) -> list[BaseRoute]:
        return [
            _route("/portal/message", door.customers(_from(self._files, self._files.sent))),
            _route("/portal/incoming", door.customers(_from(self._files, self._files.received))),
        ]

    def of_operators(self, door: Door) -> list[BaseRoute]:
        return [
            _route("/operator/message", door.operators(_from(self._files, self._files.sent))),
            _route("/operator/incoming", door.operators(_from(self._files, self._files.received))),
        ]


def _route(page: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(page + "/{id}/file/{name}", endpoint, methods=["GET"])


class _InPieces(Response):
    """A file that is read while it goes out."""

    def __init__(self, described: Headers, size: int, pieces: AsyncIterator[bytes]) -> None:
        super().__init__(headers={name.decode(): value.decode() for name, value in described})
        del self.headers["content-length"]
        self._size = size
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await reply_in_pieces(scope, send, self.raw_headers, self._size, self._pieces)


def _from(files: MmsFiles, find: Find) -> Page:
    async def file(request: Request, visitor: Visitor, viewer: Account | Operator) -> Response:
        # Paths are matched whatever their letters' case; the name's own is in the path as it came.
        name = request.scope["raw_path"].rpartition(b"/")[2].decode("ascii", "replace")
        found = await find(viewer, request.path_params["id"], name)
        if found is None:
            raise HTTPException(404)
        return _InPieces(shown(found.name, found.content_type), found.size, files.pieces(found))

    return file
