"""`/portal/numbers`: the account's numbers, where what phones write to them goes, and a call to try that."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kavle.clock import Clock
from kavle.core.caller import Answer
from kavle.core.portal import Portal
from kavle.model.account import Account
from kavle.model.errors import OperatorError
from kavle.model.number import Number
from kavle.north.throttle import Throttle
from kavle.north.web.door import Door
from kavle.north.web.form import field, fields, settings
from kavle.north.web.render import Renderer
from kavle.north.web.visitor import Visitor
from kavle.north.web.words import Words

PAGE: Final = 50
TESTS: Final = 5
"""Test calls that an account may make in `WITHIN`: each may take this process a connection for a while."""
WITHIN: Final = timedelta(minutes=1)

_HERE: Final = "/portal/numbers"


class Numbers:
    def __init__(self, portal: Portal, renderer: Renderer, clock: Clock) -> None:
        self._portal = portal
        self._renderer = renderer
        self._clock = clock
        self._tests = Throttle(TESTS, WITHIN)  # by account

    def routes(self, door: Door) -> list[BaseRoute]:
        return [
            Route(_HERE, door.customers(self.listing), methods=["GET"]),
            Route(f"{_HERE}/change", door.customers(self.change), methods=["POST"]),
            Route(f"{_HERE}/test", door.customers(self.test), methods=["POST"]),
        ]

    async def listing(self, request: Request, visitor: Visitor, account: Account) -> Response:
        return await self._list(visitor, account, request.query_params.get("after", ""))

    async def _list(
        self,
        visitor: Visitor,
        account: Account,
        after: str = "",
        wrong: str = "",
        given: dict[str, str] | None = None,
    ) -> Response:
        """`wrong` is about what was `given`."""
        lines = await self._portal.numbers(account, after, PAGE + 1)
        return self._renderer.page(
            visitor,
            "numbers.html",
            422 if wrong else 200,
            lines=lines[:PAGE],
            further=lines[PAGE - 1].msisdn if len(lines) > PAGE else "",
            first=not after,
            wrong=wrong,
            given=given or {},
        )

    async def change(self, request: Request, visitor: Visitor, account: Account) -> Response:
        number, given = await self._number(request, account), await fields(request)
        try:
            await self._portal.change_number(account, number.msisdn, settings(given, "delivered"))
        except OperatorError as error:
            return await self._list(visitor, account, wrong=visitor.words.error(error), given=given)
        visitor.notify(visitor.words("The number is changed."))
        return RedirectResponse(_HERE, 303)

    async def test(self, request: Request, visitor: Visitor, account: Account) -> Response:
        """One call, as if a phone had written; nothing is kept of it, and it is not repeated."""
        number, now, words = await self._number(request, account), self._clock.now(), visitor.words
        if self._tests.full(account.id, now):
            visitor.refuse(words("That is enough for now: try again in a minute."))
            return RedirectResponse(_HERE, 303)
        self._tests.add(account.id, now)
        answer = await self._portal.test_call(account, number.msisdn, words("A test call: åäö ÅÄÖ"))
        if answer is None:  # it was taken away a moment ago
            raise HTTPException(404)
        visitor.notify(_told(words, number.msisdn, answer))
        return RedirectResponse(_HERE, 303)

    async def _number(self, request: Request, account: Account) -> Number:
        number = await self._portal.number(account, await field(request, "number"))
        if number is None:
            raise HTTPException(404)
        return number


def _told(words: Words, number: str, answer: Answer) -> str:
    if answer.ok:
        return words("{number}: your application said OK.", number=number)
    if answer.error is not None:
        return words("{number}: it could not be called: {why}", number=number, why=words.why(answer.error))
    return words(
        "{number}: it answered {status} and “{said}”. Only 2xx and OK, nothing else, count.",
        number=number,
        status=answer.status,
        said=answer.head,
    )
