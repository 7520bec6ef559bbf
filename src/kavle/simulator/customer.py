"""A customer's web application, as small as they come: it takes every call about an incoming message, and
answers OK. The network is not its place, but whoever tries a gateway on one wants to see the callback.

    GET  /customer?…        a callback: answered OK, and remembered
    GET  /customer/calls    those that came
"""

from __future__ import annotations

from collections import deque
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from kavle.clock import Clock, SystemClock
from kavle.simulator.http import Answer, BadRequest, Request

CUSTOMER: Final = "/customer"
"""Where it stands on a network's face."""

REMEMBERED: Final = 50
"""Calls that it can be asked for."""

_LONGEST: Final = 100  # parameters


class Call(msgspec.Struct, frozen=True):
    """One that came, its parameters in their order and as it understood them."""

    at: datetime
    target: str  # path and query, as they stood in the request
    parameters: list[tuple[str, str]]


class Customer:
    """Remembers the newest calls, oldest first."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._calls: deque[Call] = deque(maxlen=REMEMBERED)

    @property
    def calls(self) -> list[Call]:
        return list(self._calls)

    def take(self, target: str) -> bytes:
        """What it answers; raises ValueError for more parameters than any call has."""
        self._calls.append(Call(self._clock.now(), target, _parameters(target.partition("?")[2])))
        return b"OK"


class CustomerDesk:
    """Its place on a network's face."""

    def __init__(self) -> None:
        self._customer = Customer()

    async def answer(self, request: Request) -> Answer | None:
        if request.method != "GET":
            return None
        if request.path == f"{CUSTOMER}/calls":
            return HTTPStatus.OK, self._customer.calls
        if request.path.partition("?")[0] != CUSTOMER:
            return None
        try:
            return HTTPStatus.OK, self._customer.take(request.path)
        except ValueError as error:
            raise BadRequest(HTTPStatus.BAD_REQUEST, str(error)) from None


def _parameters(query: str) -> list[tuple[str, str]]:
    """UTF-8 where that is what the escapes are, else Latin-1: a number has either."""
    try:
        return _read(query, "utf-8")
    except UnicodeDecodeError:
        return _read(query, "latin-1")


def _read(query: str, charset: str) -> list[tuple[str, str]]:
    return parse_qsl(
        query, keep_blank_values=True, encoding=charset, errors="strict", max_num_fields=_LONGEST
    )
