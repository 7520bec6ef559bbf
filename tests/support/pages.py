"""The pages, asked for as a browser does, but with nothing between: cookies are kept, and forms carry what
stands in them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from html import unescape
from types import MappingProxyType
from typing import NamedTuple

from aiohttp import ClientSession, CookieJar

_TOKEN = re.compile(r'name="token" value="([^"]+)"')
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Page(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def token(self) -> str:
        found = _TOKEN.search(self.body)
        assert found, self.body
        return found[1]

    @property
    def text(self) -> str:
        """What is read on it, in one line."""
        words = re.sub(r"<[^>]+>", " ", self.body.partition("<main")[2] or self.body)
        return " ".join(unescape(words).split())


class Browser:
    """One visitor. `last` is the page that it is on, whose token its next form carries."""

    def __init__(self, session: ClientSession) -> None:
        self.session = session
        self.last = Page(0, {}, "")

    async def get(self, path: str, **headers: str) -> Page:
        return await self._ask("GET", path, headers=headers)

    async def post(self, path: str, *, token: str | None = None, **fields: str) -> Page:
        """A form of the page that it is on; the answer is the page that this leads to."""
        filled = {"token": self.last.token if token is None else token, **fields}
        return await self._ask("POST", path, fields=filled)

    async def sign_in(self, name: str = "test", password: str = "1234") -> Page:  # noqa: S107
        await self.get("/visastatus.aspx")
        return await self.post("/log-in", account=name, password=password, next="/visastatus.aspx")

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] = _NOTHING,
    ) -> Page:
        accept = {"Accept": "text/html", "Accept-Language": "en", **headers}
        async with self.session.request(method, path, data=fields, headers=accept) as answer:
            page = Page(answer.status, dict(answer.headers), await answer.text())
        if 'name="token"' in page.body:
            self.last = page
        return page


@asynccontextmanager
async def browsing(url: str) -> AsyncIterator[Browser]:
    async with ClientSession(url, cookie_jar=CookieJar(unsafe=True)) as session:
        yield Browser(session)
