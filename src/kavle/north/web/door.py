"""Every page is reached through here: who comes, whether the page is theirs to see, and whether a form was
really sent from our own page."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kavle.clock import Clock
from kavle.core.room import Lease, Room
from kavle.model.account import Account, Operator
from kavle.model.description import Language
from kavle.model.operator import OperatorAccount
from kavle.north.caller import Caller, Callers
from kavle.north.http import read_body
from kavle.north.throttle import network_of
from kavle.north.web.posted import FORM_BYTES, read_form
from kavle.north.web.sessions import Session, Sessions
from kavle.north.web.visitor import Visitor
from kavle.north.web.words import LANGUAGES, Words, all_words, preferred

Endpoint = Callable[[Request], Awaitable[Response]]
Page = Callable[[Request, Visitor], Awaitable[Response]]
CustomerPage = Callable[[Request, Visitor, Account], Awaitable[Response]]
OperatorPage = Callable[[Request, Visitor, Operator], Awaitable[Response]]
Find = Callable[[str], Awaitable[Account | None]]
FindOperator = Callable[[str], Awaitable[OperatorAccount | None]]

LOG_IN: Final = "/visastatus.aspx"
OPERATOR: Final = "/operator"
NOT_ALLOWED: Final = "a viewer changes nothing"
_LANGUAGE_COOKIE: Final = "kavle-language"


class Door:
    def __init__(
        self,
        sessions: Sessions,
        find: Find,
        find_operator: FindOperator,
        callers: Callers,
        clock: Clock,
        language: Language,
        room: Room,
    ) -> None:
        """`find` gives a customer with the portal's password; long forms share `room`."""
        self.sessions = sessions
        self.clock = clock
        self._find = find
        self._find_operator = find_operator
        self._callers = callers
        self._language = language
        self._room = room
        self._words: Mapping[Language, Words] = all_words()

    def open(self, page: Page) -> Endpoint:
        """To anybody."""

        async def endpoint(request: Request) -> Response:
            _check_address(request)
            caller = self._callers.caller(request.scope)
            lease = self._room.lease(network_of(caller.address))
            try:
                request = await _with_body(request, lease)
                visitor = await self._visitor(request)
                await self._check_form(request, visitor)
                return self._keep(request, visitor, await page(request, visitor))
            finally:
                await request.close()  # what was uploaded
                lease.end()

        return endpoint

    def look(self, page: Page) -> Endpoint:
        """To anybody, who only looks: whatever was sent is not read."""

        async def endpoint(request: Request) -> Response:
            visitor = await self._visitor(request)
            return self._keep(request, visitor, await page(request, visitor))

        return endpoint

    def customers(self, page: CustomerPage) -> Endpoint:
        """To those who are signed in; others are asked to, and come back here."""

        async def theirs(request: Request, visitor: Visitor) -> Response:
            if visitor.account is None:
                return _to_log_in(request, LOG_IN)
            return await page(request, visitor, visitor.account)

        return self.open(theirs)

    def operators(self, page: OperatorPage) -> Endpoint:
        """To operators who are signed in."""

        async def theirs(request: Request, visitor: Visitor) -> Response:
            if visitor.operator is None:
                return _to_log_in(request, OPERATOR)
            return await page(request, visitor, visitor.operator)

        return self.open(theirs)

    def admins(self, page: OperatorPage) -> Endpoint:
        """To those of them who may change something."""

        async def theirs(request: Request, visitor: Visitor, operator: Operator) -> Response:
            if not operator.may_change:
                raise HTTPException(403, NOT_ALLOWED)
            return await page(request, visitor, operator)

        return self.operators(theirs)

    async def _visitor(self, request: Request) -> Visitor:
        now = self.clock.now()
        session = self.sessions.read(request.cookies.get(self._cookie(request), ""), now)
        if session is None:
            session = self.sessions.new(now)
        elif session.kind != "operator" or "hx-request" not in request.headers:
            session = self.sessions.renewed(session, now)  # a page that lies open is nobody at work
        caller = self._callers.caller(request.scope)
        account = await self._customer(session, caller)
        operator = await self._operator(session, caller)
        if session.kind and account is None and operator is None:
            session = self.sessions.new(now)
        return Visitor(
            caller=caller,
            words=self._spoken(request),
            session=session,
            form_token=self.sessions.form_token(session),
            here=request.url.path,
            query=request.url.query if request.method == "GET" else "",
            account=account,
            operator=operator,
        )

    async def _customer(self, session: Session, caller: Caller) -> Account | None:
        """While the password is the one that the session was opened by, and the account may log in here."""
        if session.kind != "customer":
            return None
        account = await self._find(session.name)
        if account is None or account.settings.disabled or not caller.may_be(account.name):
            return None
        proof = self.sessions.proof(account.password_hash)
        return account if hmac.compare_digest(proof, session.proof) else None

    async def _operator(self, session: Session, caller: Caller) -> Operator | None:
        """As a customer is."""
        if session.kind != "operator" or not caller.may_be_operator:
            return None
        found = await self._find_operator(session.name)
        if found is None or found.disabled:
            return None
        proof = self.sessions.proof(found.password_hash)
        return found.viewer if hmac.compare_digest(proof, session.proof) else None

    async def _check_form(self, request: Request, visitor: Visitor) -> None:
        """Raises HTTPException 403 for a form that another site sent, or that is older than its session."""
        if request.method in ("GET", "HEAD"):
            return
        # Fetch Metadata §2.1: browsers say it themselves, and pages can't.
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise HTTPException(403)
        token = (await read_form(request, stranger=not visitor.name)).get("token")
        # The visitor's token is that of the session which came; a new one's matches no form there is.
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), visitor.form_token.encode()):
            raise HTTPException(403)

    def _spoken(self, request: Request) -> Words:
        chosen = request.cookies.get(_LANGUAGE_COOKIE)
        for language in LANGUAGES:
            if language == chosen:
                return self._words[language]
        return self._words[preferred(request.headers.get("accept-language", ""), self._language)]

    def _keep(self, request: Request, visitor: Visitor, response: Response) -> Response:
        written = self.sessions.write(visitor.session)
        if request.cookies.get(self._cookie(request)) != written:
            self._set(request, response, self._cookie(request), written)
        return response

    def speak(self, request: Request, response: Response, language: Language) -> None:
        """From now on, to this browser."""
        self._set(request, response, _LANGUAGE_COOKIE, language, max_age=365 * 24 * 3600)

    def _set(self, request: Request, response: Response, name: str, value: str, **more: Any) -> None:
        secure = self._callers.secure(request.scope)
        response.set_cookie(name, value, httponly=True, samesite="lax", secure=secure, path="/", **more)

    def _cookie(self, request: Request) -> str:
        # RFC 6265bis §4.1.3.2: no other host and no page by plain http can set one of that name.
        return "__Host-kavle" if self._callers.secure(request.scope) else "kavle"


def _check_address(request: Request) -> None:
    """Raises HTTPException 400 for one with a NUL in it, which PostgreSQL has in no text."""
    if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
        raise HTTPException(400)


async def _with_body(request: Request, lease: Lease) -> Request:
    """The same, its body read up to our limit; raises HttpError 413."""
    body = await read_body(request.scope, request.receive, FORM_BYTES, lease)

    async def replay() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, replay)


def _to_log_in(request: Request, entrance: str) -> Response:
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    there = f"{entrance}?next={quote(here, safe='')}" if request.method == "GET" else entrance
    if "hx-request" in request.headers:  # a piece of a page: the whole page is to go there
        return Response(status_code=401, headers={"hx-redirect": entrance})
    return RedirectResponse(there, status_code=303)
