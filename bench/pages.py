"""How soon pages of the history answer, with very many messages in it. Asked for over HTTP, one at a time."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

from aiohttp import ClientSession, CookieJar

from bench import ours, past
from bench.load import percentile
from bench.scenarios import Figures, Scenario
from bench.shapes import ACCOUNT, PASSWORD
from kavle.cli.database import open_store
from kavle.clock import SystemClock

_TIMES: Final = 100
_NEVER: Final = "46738888888"
_PAGE: Final = 50  # lines
_IN_PART: Final = "Look further back"


Tell = Callable[[float], None]


class Look(NamedTuple):
    name: str
    query: str


def pages(scenario: Scenario, messages: int, folder: Path, kept: Path | None, tell: Tell) -> Figures:
    """`kept`: the folder where the database with so many messages is, or is to be. The rate and the CPU are
    those of a page."""
    times = min(_TIMES, messages // 1000)
    with past.kept(kept or folder, messages, server=bool(scenario.nodes)) as history:
        looks = _looks(history, asyncio.run(_thousandth(history.url, messages)), messages)
        config = ours.settings(folder, 2775, history.url)
        with ours.serve("kavle", config, folder) as (port, process):
            cpu, began = process.cpu(), time.perf_counter()
            slowest = asyncio.run(_ask(f"http://127.0.0.1:{port}", looks, times, tell))
            asked, took = times * len(looks), time.perf_counter() - began
            return Figures(
                messages=messages,
                rate=asked / took,
                cpu=(process.cpu() - cpu) / asked,
                memory=process.peak_memory(),
                pages=slowest,
            )


async def _thousandth(database: str, messages: int) -> int:
    """The id behind which the first account's 1,000th page begins: every second message is its."""
    store = await open_store(database, SystemClock())
    try:
        while await store.keep_runs(SystemClock().now()):
            pass
        return store.public_ids.public(max(2, messages - 2 * _PAGE * 1000))
    finally:
        await store.close()


def _looks(history: past.Past, deep: int, messages: int) -> list[Look]:
    """By key, as the links of the 999 pages before it lead to the 1,000th."""
    day = f"{history.start + timedelta(days=past.DAYS // 2):%Y-%m-%d}"
    return [
        Look("first", ""),
        Look("1,000th", f"?before={deep}"),
        Look("1,000th of a period", f"?since={history.start:%Y-%m-%d}&before={deep}"),
        Look("a day", f"?since={day}&until={day}"),
        Look("status, 1 of 100", "?state=failed"),
        Look("text within a day", f"?since={day}&until={day}&text=code+is+{messages // 2}."),
        Look("number, 10 in a million", f"?number={past.COMMON}"),
        Look("number, once and long ago", f"?number={past.RARE}"),
        Look("number, never", f"?number={_NEVER}"),
    ]


async def _ask(url: str, looks: list[Look], times: int, tell: Tell) -> dict[str, float]:
    """Seconds of each at the 95th percentile."""
    slowest = {}
    async with _browser(url) as session:
        for number, look in enumerate(looks):
            tell(0.5 + number / len(looks) / 2)
            took = sorted([await _timed(session, look.query) for _ in range(times)])
            part = " (in part)" if _IN_PART in await _page(session, look.query) else ""
            slowest[look.name + part] = percentile(took, 0.95)
    return slowest


@asynccontextmanager
async def _browser(url: str) -> AsyncIterator[ClientSession]:
    """Signed in."""
    jar = CookieJar(unsafe=True)
    async with ClientSession(url, cookie_jar=jar, headers={"Accept-Language": "en"}) as session:
        token = re.search(r'name="token" value="([^"]+)"', await _page(session))
        assert token
        form = {"token": token[1], "account": ACCOUNT, "password": PASSWORD, "next": "/visastatus.aspx"}
        async with session.post("/log-in", data=form) as answer:
            assert answer.url.path == "/visastatus.aspx"
            assert 'name="number"' in await answer.text()
        yield session


async def _timed(session: ClientSession, query: str) -> float:
    began = time.perf_counter()
    await _page(session, query)
    return time.perf_counter() - began


async def _page(session: ClientSession, query: str = "") -> str:
    async with session.get(f"/visastatus.aspx{query}") as answer:
        assert answer.status == 200
        return await answer.text()
