"""`/sendsms.aspx`: one SMS by one GET, answered by its id or a status code, and nothing round it."""

from __future__ import annotations

from typing import Final

from kavle.core.accept import Accept
from kavle.core.order import SmsOrder
from kavle.core.workers import Workers
from kavle.model.account import Account, Charset
from kavle.model.errors import Reason, Refusal
from kavle.north.auth import Authenticator
from kavle.north.caller import Callers
from kavle.north.codes import sms_code
from kavle.north.http import (
    HTML,
    NO_REFERRER,
    NO_STORE,
    Receive,
    Scope,
    Send,
    allow,
    has_body,
    header,
    read_body,
    reply,
)
from kavle.north.query import SHORT, texts
from kavle.north.redirect import destination, with_answer

_HEADERS: Final = (HTML, NO_REFERRER, NO_STORE)  # the URL holds a password
_FORM: Final = b"application/x-www-form-urlencoded"
_LONGEST_FORM: Final = 64 * 1024  # as an address may be


class SendByUrl:
    """The manual's URL request. Errors answer 200 too: clients look at nothing but the number."""

    def __init__(
        self,
        accept: Accept,
        authenticator: Authenticator,
        callers: Callers,
        body_bytes: int,
        workers: Workers,
    ) -> None:
        """`workers` read long ones."""
        self._accept = accept
        self._authenticator = authenticator
        self._callers = callers
        self._body_bytes = body_bytes
        self._workers = workers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        allow(scope, "GET", "POST")
        query = scope["query_string"]
        if has_body(scope):
            query += _form(scope, await read_body(scope, receive, self._body_bytes))
        try:
            given = await self._texts(query, "auto")
            name, password = given.get("acc"), given.get("pass")
            account = await self._authenticator.log_in(name, password, self._callers.caller(scope))
        except Refusal as refusal:  # printed, wherever Error leads: we are nobody's open redirect
            await reply(send, 200, _HEADERS, sms_code(refusal.reason).encode())
            return
        number, address = await self._send(account, given, query)
        if address:
            await reply(send, 302, (*_HEADERS, (b"location", address.encode())), number.encode())
        else:
            await reply(send, 200, _HEADERS, number.encode())

    async def _send(self, account: Account, given: dict[str, str], query: bytes) -> tuple[str, str]:
        """The id or code, and where it is to be brought; empty where it is to be printed."""
        error = ""
        try:
            error = _address(account, given.get("error"))
            if account.settings.charset != "auto":
                given = await self._texts(query, account.settings.charset)
            ok = _address(account, given.get("ok"))
            number = str(await self._accept.sms(account, _order(given)))
            return number, ok and with_answer(ok, "smsid", number)
        except Refusal as refusal:
            code = sms_code(refusal.reason)
            return code, error and with_answer(error, "status", code)

    async def _texts(self, query: bytes, charset: Charset) -> dict[str, str]:
        if len(query) <= SHORT:
            return texts(query, charset)
        return await self._workers.run(texts, query, charset)


def _form(scope: Scope, body: bytes) -> bytes:
    """What a form adds to the query; what else clients send with all in the query has no meaning."""
    is_form = (header(scope, b"content-type") or b"").lower().startswith(_FORM)
    return b"&" + body if is_form and len(body) <= _LONGEST_FORM else b""


def _address(account: Account, written: str | None) -> str:
    if not written:
        return ""
    return destination(written, account.settings.hosts)


def _order(given: dict[str, str]) -> SmsOrder:
    """Raises Refusal(PARAMETER) for what is missing; what is empty is accept's to judge."""
    if "msg" not in given or "to" not in given:
        raise Refusal(Reason.PARAMETER, "Msg or To is missing")
    kind = given.get("type", "").lower()
    if kind not in ("", "flash"):
        raise Refusal(Reason.PARAMETER, "Type is flash or nothing")
    return SmsOrder(
        recipient=given["to"],
        sender=given.get("from", ""),
        text=given["msg"],
        priority=given.get("prio", ""),
        flash=kind == "flash",
    )
