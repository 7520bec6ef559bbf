"""`/api/current/mms/getfile.php`: a customer fetches an incoming MMS's files, at the path that public clients
of this gateway family have built in."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from kavle.clock import Clock
from kavle.core.mms_files import MmsFiles
from kavle.model.errors import Reason, Refusal
from kavle.model.mms import StoredFile
from kavle.north.auth import Authenticator
from kavle.north.caller import Caller, Callers
from kavle.north.file_headers import attachment
from kavle.north.http import (
    HttpError,
    Receive,
    Scope,
    Send,
    allow,
    has_body,
    header,
    read_body,
    reply_in_pieces,
)
from kavle.north.query import SHORT, texts
from kavle.north.throttle import Throttle, network_of

_CHALLENGE: Final = (b"www-authenticate", b'Basic realm="MMS files", charset="UTF-8"')  # RFC 7617 §2


class GetFile:
    def __init__(self, files: MmsFiles, authenticator: Authenticator, callers: Callers, clock: Clock) -> None:
        self._files = files
        self._authenticator = authenticator
        self._callers = callers
        self._clock = clock
        self._unknown = Throttle(limit=100, window=timedelta(minutes=1))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises HttpError 404 alike for what is unknown, another's, or asked for with a wrong password: who
        tries learns nothing."""
        allow(scope, "GET", "HEAD", "POST")
        asked = await _asked(scope, receive)
        name, password = _credentials(scope, asked)
        if not name or not password:
            raise HttpError(HTTPStatus.UNAUTHORIZED, _CHALLENGE)
        file = await self._file(asked, name, password, self._callers.caller(scope))
        if file is None:
            raise HttpError(HTTPStatus.NOT_FOUND)
        described = attachment(file.name, file.content_type)
        try:
            await reply_in_pieces(scope, send, described, file.size, self._files.pieces(file))
        except Refusal as refusal:
            raise HttpError(HTTPStatus.SERVICE_UNAVAILABLE) from refusal

    async def _file(
        self, asked: Mapping[str, str], name: str, password: str, caller: Caller
    ) -> StoredFile | None:
        now = self._clock.now()
        try:
            account = await self._authenticator.log_in(name, password, caller)
            # By account, too: who guesses keeps no neighbour behind the same address from its files.
            guesser = network_of(caller.address), account.id
            if self._unknown.full(guesser, now):
                return None
            file = await self._files.received(account, asked.get("mmsid", ""), asked.get("filename", ""))
        except Refusal as refusal:
            if refusal.reason is Reason.UNAVAILABLE:
                raise HttpError(HTTPStatus.SERVICE_UNAVAILABLE) from refusal
            return None
        if file is None:
            self._unknown.add(guesser, now)
        return file


async def _asked(scope: Scope, receive: Receive) -> dict[str, str]:
    """By query, and by form."""
    body = await read_body(scope, receive, SHORT) if has_body(scope) else b""
    form = body if scope["method"] == "POST" else b""
    return texts(scope["query_string"][:SHORT] + b"&" + form, "auto")


def _credentials(scope: Scope, asked: Mapping[str, str]) -> tuple[str, str]:
    if "username" in asked:
        return asked["username"], asked.get("password", "")
    scheme, _, encoded = (header(scope, b"authorization") or b"").partition(b" ")
    if scheme.lower() != b"basic":
        return "", ""
    try:
        name, _, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (Error, UnicodeDecodeError):
        return "", ""
    return name, password
