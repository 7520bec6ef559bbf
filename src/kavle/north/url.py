"""`/sendsms.aspx`: one SMS by one GET, answered by its id or a status code, and nothing round it."""

from __future__ import annotations

from typing import Final

from kavle.core.accept import Accept
from kavle.core.order import SmsOrder
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
from kavle.north.query import fields, text
from kavle.north.redirect import destination, with_answer

_HEADERS: Final = (HTML, NO_REFERRER, NO_STORE)  # the URL holds a password
_FORM: Final = b"application/x-www-form-urlencoded"
_LONGEST_FORM: Final = 64 * 1024  # as an address may be


class SendByUrl:
    """The manual's URL request. Errors answer 200 too: clients look at nothing but the number."""

    def __init__(
        self, accept: Accept, authenticator: Authenticator, callers: Callers, body_bytes: int
    ) -> None:
        self._accept = accept
        self._authenticator = authenticator
        self._callers = callers
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        allow(scope, "GET", "POST")
        given = fields(scope["query_string"])
        if has_body(scope):
            given = _form(scope, await read_body(scope, receive, self._body_bytes)) | given
        name, password = text(given.get("acc", "")), text(given.get("pass", ""))
        try:
            account = await self._authenticator.log_in(name, password, self._callers.caller(scope))
        except Refusal as refusal:  # printed, wherever Error leads: we are nobody's open redirect
            await reply(send, 200, _HEADERS, sms_code(refusal.reason).encode())
            return
        number, address = await self._send(account, given)
        if address:
            await reply(send, 302, (*_HEADERS, (b"location", address.encode())), number.encode())
        else:
            await reply(send, 200, _HEADERS, number.encode())

    async def _send(self, account: Account, given: dict[str, str]) -> tuple[str, str]:
        """The id or code, and where it is to be brought; empty where it is to be printed."""
        error = ""
        try:
            error = _address(account, given.get("error"))
            ok = _address(account, given.get("ok"))
            number = str(await self._accept.sms(account, _order(given, account.settings.charset)))
            return number, ok and with_answer(ok, "smsid", number)
        except Refusal as refusal:
            code = sms_code(refusal.reason)
            return code, error and with_answer(error, "status", code)


def _form(scope: Scope, body: bytes) -> dict[str, str]:
    """What a form says; what else clients send with all in the query has no meaning."""
    is_form = (header(scope, b"content-type") or b"").lower().startswith(_FORM)
    return fields(body) if is_form and len(body) <= _LONGEST_FORM else {}


def _address(account: Account, written: str | None) -> str:
    if not written:
        return ""
    return destination(text(written, account.settings.charset), account.settings.hosts)


def _order(given: dict[str, str], charset: Charset) -> SmsOrder:
    """Raises Refusal(PARAMETER) for what is missing; what is empty is accept's to judge."""
    if "msg" not in given or "to" not in given:
        raise Refusal(Reason.PARAMETER, "Msg or To is missing")
    kind = text(given.get("type", ""), charset).lower()
    if kind not in ("", "flash"):
        raise Refusal(Reason.PARAMETER, "Type is flash or nothing")
    return SmsOrder(
        recipient=text(given["to"], charset),
        sender=text(given.get("from", ""), charset),
        text=text(given["msg"], charset),
        priority=text(given.get("prio", ""), charset),
        flash=kind == "flash",
    )
