"""`/portal/account`: the account's passwords, and how its programs call the gateway."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.core.portal import Portal
from kavle.model.account import Account
from kavle.model.errors import Reason, Refusal
from kavle.north.auth import LONGEST_PASSWORD, SHORTEST_PASSWORD, Authenticator, hash_password
from kavle.north.caller import Callers
from kavle.north.web.door import Door
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor
from kavle.north.web.words import Words


class AccountPage:
    def __init__(
        self, door: Door, renderer: Renderer, entrants: Authenticator, portal: Portal, callers: Callers
    ) -> None:
        self._door = door
        self._renderer = renderer
        self._entrants = entrants
        self._portal = portal
        self._callers = callers

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route("/portal/account", door.customers(self.form), methods=["GET"]),
            Route("/portal/account/{which}-password", door.customers(self.change), methods=["POST"]),
        ]

    async def form(self, request: Request, visitor: Visitor, account: Account) -> Response:
        return self._form(request, visitor, account)

    async def change(self, request: Request, visitor: Visitor, account: Account) -> Response:
        """Of the pages, or of the programs; for either the one by which the pages are entered is asked for,
        so that a browser left open is not enough."""
        which = "portal" if request.path_params["which"] == "portal" else "programs"
        form = await request.form()
        current, new, again = (str(form.get(name, "")) for name in ("current", "new", "again"))
        wrong = _wrong(visitor.words, new, again)
        if not wrong:
            try:
                await self._entrants.log_in(account.name, current, visitor.caller)
            except Refusal as refusal:
                if refusal.reason is Reason.UNAVAILABLE:
                    raise
                wrong = {"current": visitor.words("That is not the password that you logged in by.")}
        if wrong:
            return self._form(request, visitor, account, which, wrong)
        await self._change(visitor, account, which, await asyncio.to_thread(hash_password, new))
        return RedirectResponse("/portal/account", 303)

    async def _change(self, visitor: Visitor, account: Account, which: str, password_hash: str) -> None:
        if which == "portal":
            await self._portal.set_for_portal(account, password_hash)
            visitor.notify(visitor.words("The portal has a password of its own from now on."))
        else:
            await self._portal.set_for_programs(account, password_hash)
            visitor.notify(visitor.words("Your programs have another password from now on."))
        # A session is bound to the password that the pages are entered by: this one goes on by the new one.
        if which == "portal" or account.portal_hash is None:
            now = self._door.clock.now()
            told = visitor.session.notice
            visitor.session = self._door.sessions.sign_in("customer", account.name, password_hash, now)
            visitor.notify(told)

    def _form(
        self,
        request: Request,
        visitor: Visitor,
        account: Account,
        which: str = "",
        wrong: dict[str, str] | None = None,
    ) -> Response:
        here = self._callers.url(request.scope)
        return self._renderer.page(
            visitor,
            "account.html",
            422 if wrong else 200,
            account=account,
            base=here[: here.rindex(request.scope["path"])],
            which=which,
            wrong=wrong or {},
            shortest=SHORTEST_PASSWORD,
        )


def _wrong(words: Words, new: str, again: str) -> dict[str, str]:
    if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD or not new.isprintable():
        return {"new": words("A password has at least {shortest} characters.", shortest=SHORTEST_PASSWORD)}
    return {} if new == again else {"again": words("The two are not the same.")}
