"""`/sendsms.aspx`: one SMS by one GET, answered by its id or a status code, and nothing round it."""

from __future__ import annotations

from typing import Final

from kavle.core.accept import Accept
from kavle.core.order import SmsOrder
from kavle.model.errors import Reason, Refusal
from kavle.north.auth import Authenticator
from kavle.north.caller import Caller, Callers
from kavle.north.codes import sms_code
from kavle.north.http import HTML, NO_STORE, Receive, Scope, Send, allow, has_body, read_body, reply
from kavle.north.query import fields, text

_HEADERS: Final = (HTML, (b"referrer-policy", b"no-referrer"), NO_STORE)  # the URL holds a password


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
        if has_body(scope):  # clients send one with everything in the query, and no meaning in it
            await read_body(scope, receive, self._body_bytes)
        try:
            answer = str(await self._send(fields(scope["query_string"]), self._callers.caller(scope)))
        except Refusal as refusal:
            answer = sms_code(refusal.reason)
        await reply(send, 200, _HEADERS, answer.encode())

    async def _send(self, given: dict[str, str], caller: Caller) -> int:
        name, password = text(given.get("acc", "")), text(given.get("pass", ""))
        account = await self._authenticator.log_in(name, password, caller)
        return await self._accept.sms(account, _order(given))


def _order(given: dict[str, str]) -> SmsOrder:
    """Raises Refusal(PARAMETER) for what is missing; what is empty is accept's to judge."""
    if "msg" not in given or "to" not in given:
        raise Refusal(Reason.PARAMETER, "Msg or To is missing")
    kind = text(given.get("type", "")).lower()
    if kind not in ("", "flash"):
        raise Refusal(Reason.PARAMETER, "Type is flash or nothing")
    return SmsOrder(
        recipient=text(given["to"]),
        sender=text(given.get("from", "")),
        text=text(given["msg"]),
        priority=text(given.get("prio", "")),
        flash=kind == "flash",
    )
