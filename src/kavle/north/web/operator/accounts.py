"""`/operator/accounts`: customers, their settings and their money."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.core.accounts import (
    AdmitAccount,
    ChangeAccount,
    Command,
    CorrectAccount,
    CreateAccount,
    SetPassword,
    TopUpAccount,
)
from kavle.core.desk import Desk
from kavle.core.queries import Queries
from kavle.model.account import Account, Operator
from kavle.model.account_change import KEYS, complaint, shown
from kavle.model.errors import Complaint, OperatorError
from kavle.model.history import Wanted
from kavle.model.money import parse_money
from kavle.north.auth import LONGEST_PASSWORD, hash_password
from kavle.north.web.door import Door
from kavle.north.web.form import field, fields
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor
from kavle.north.web.words import Words

PAGE: Final = 50
LATEST: Final = 10
SHORTEST_PASSWORD: Final = 4  # the manual's example has so many
_NOTHING: Final[Mapping[str, str]] = {}


class Accounts:
    def __init__(self, queries: Queries, desk: Desk, renderer: Renderer) -> None:
        self._queries = queries
        self._desk = desk
        self._renderer = renderer

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route("/operator/accounts", door.operators(self.listing), methods=["GET"]),
            Route("/operator/accounts", door.admins(self.create), methods=["POST"]),
            Route("/operator/account", door.operators(self.show), methods=["GET"]),
            Route("/operator/account/settings", door.admins(self.change), methods=["POST"]),
            Route("/operator/account/credits", door.admins(self.credits), methods=["POST"]),
            Route("/operator/account/password", door.admins(self.password), methods=["POST"]),
            Route("/operator/account/log-in", door.admins(self.admit), methods=["POST"]),
        ]

    async def listing(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        given = request.query_params
        return await self._list(visitor, operator, given.get("after", ""), given.get("name", "").strip())

    async def _list(
        self,
        visitor: Visitor,
        operator: Operator,
        after: str = "",
        since: str = "",
        wrong: Mapping[str, str] = _NOTHING,
        given: Mapping[str, str] = _NOTHING,
    ) -> Response:
        lines = await self._queries.accounts(operator, PAGE + 1, after, since)
        return self._renderer.page(
            visitor,
            "operator/accounts.html",
            422 if wrong else 200,
            lines=lines[:PAGE],
            further=lines[PAGE - 1].name if len(lines) > PAGE else "",
            since=since,
            first=not after and not since,
            wrong=wrong,
            given=given,
        )

    async def create(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        given, words = await fields(request), visitor.words
        name = given.get("name", "")
        wrong = {
            "password": _password_complaint(given.get("password", ""), words),
            "credits": _credits_complaint(given.get("credits") or "0", words),
        }
        wrong = {key: text for key, text in wrong.items() if text}
        if not wrong:
            hashed = await asyncio.to_thread(hash_password, given["password"])
            command = CreateAccount(name, hashed, _credits(given.get("credits") or "0"))
            wrong = await self._refused(visitor, operator, command, "name")
        if wrong:
            return await self._list(visitor, operator, wrong=wrong, given=given)
        visitor.notify(words("The account is made."))
        return _to(name)

    async def show(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        return await self._show(visitor, operator, request.query_params.get("name", ""))

    async def _show(
        self,
        visitor: Visitor,
        operator: Operator,
        name: str,
        wrong: Mapping[str, str] = _NOTHING,
        given: Mapping[str, str] = _NOTHING,
    ) -> Response:
        account = await self._account(name)
        latest = await self._queries.messages(operator, Wanted(limit=LATEST), account)
        return self._renderer.page(
            visitor,
            "operator/account.html",
            422 if wrong else 200,
            account=account,
            balance=await self._queries.balance(account),
            keys=KEYS,
            values={**shown(account.settings), **given},
            wrong=wrong,
            page=latest,
        )

    async def change(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        account = await self._account(await field(request, "name"))
        written = await fields(request)
        before = shown(account.settings)
        given = {key: written[key] for key in KEYS if key in written and written[key] != before[key]}
        words = visitor.words
        wrong = {key: words.error(why) for key, text in given.items() if (why := complaint(key, text))}
        if given and not wrong:
            wrong = await self._refused(visitor, operator, ChangeAccount(account.name, given), "settings")
        if wrong:
            return await self._show(visitor, operator, account.name, wrong, given)
        visitor.notify(words("The settings are changed."))
        return _to(account.name)

    async def credits(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        given = await fields(request)
        name, amount = await field(request, "name"), given.get("amount", "")
        words = visitor.words
        why = _credits_complaint(amount, words) or ("" if amount.strip("0.,") else words("More than 0."))
        wrong = {"amount": why} if why else {}
        if not wrong:
            kind = CorrectAccount if given.get("do") == "take" else TopUpAccount
            wrong = await self._refused(visitor, operator, kind(name, _credits(amount)), "amount")
        if wrong:
            return await self._show(visitor, operator, name, wrong, {"amount": amount})
        balance = await self._queries.balance(await self._account(name))
        visitor.notify(words("The balance is {credits} now.", credits=words.money(balance)))
        return _to(name)

    async def password(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        name, password = await field(request, "name"), (await fields(request)).get("password", "")
        why = _password_complaint(password, visitor.words)
        wrong = {"password": why} if why else {}
        if not wrong:
            hashed = await asyncio.to_thread(hash_password, password)
            wrong = await self._refused(visitor, operator, SetPassword(name, hashed), "password")
        if wrong:
            return await self._show(visitor, operator, name, wrong)
        visitor.notify(visitor.words("The account has another password now."))
        return _to(name)

    async def admit(self, request: Request, visitor: Visitor, operator: Operator) -> Response:
        name, admitted = await field(request, "name"), await field(request, "admitted") == "yes"
        if wrong := await self._refused(visitor, operator, AdmitAccount(name, admitted), "log-in"):
            return await self._show(visitor, operator, name, wrong)
        words = visitor.words
        visitor.notify(words("The account is enabled.") if admitted else words("The account is disabled."))
        return _to(name)

    async def _account(self, name: str) -> Account:
        account = await self._queries.account(name)
        if account is None:
            raise HTTPException(404)
        return account

    async def _refused(
        self, visitor: Visitor, operator: Operator, command: Command, at: str
    ) -> dict[str, str]:
        """What stands beside the field `at` where the command can't be carried out."""
        try:
            await self._desk.ask(operator, command)
        except OperatorError as error:
            return {at: visitor.words.error(error)}
        return {}


def _to(name: str) -> Response:
    return RedirectResponse(f"/operator/account?{urlencode({'name': name})}", 303)


def _password_complaint(password: str, words: Words) -> str:
    if SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return ""
    return words("A password has at least {shortest} characters.", shortest=SHORTEST_PASSWORD)


def _credits(text: str) -> int:
    """As people write it: with a comma, too."""
    return parse_money(text.replace(",", "."))


def _credits_complaint(text: str, words: Words) -> str:
    try:
        _credits(text)
    except Complaint as error:
        return words.error(error)
    return ""
