"""`python -m bench.history`: how soon the pages of the history answer, before a database with many messages.

What there is to be shown is made by `bench.past`. Each page is asked for over HTTP, from a gateway in this
process, one at a time."""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import click
from aiohttp import ClientSession, CookieJar

from bench import past
from bench.load import percentile
from bench.postgres import postgres
from bench.shapes import ACCOUNT, PASSWORD
from kavle.cli.app import Gateway
from kavle.cli.config import Settings
from kavle.clock import SystemClock
from kavle.north.settings import HttpSettings

AIM: Final = 0.1
"""Seconds: the 95th percentile of each page."""
NEVER: Final = "46738888888"


class Look(NamedTuple):
    name: str
    path: str


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--messages", type=click.IntRange(min=100_000), default=1_000_000, show_default=True)
@click.option("--engine", type=click.Choice(["sqlite", "postgres"]), default="sqlite", show_default=True)
@click.option("--times", type=click.IntRange(min=20), default=100, show_default=True, help="Of each page.")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Put the database there; 10,000,000 messages take some 4 GB, and 9 GB on PostgreSQL.",
)
def main(messages: int, engine: str, times: int, folder: Path | None) -> None:
    """Measure how soon the pages of the history answer; the aim is 100 ms at the 95th percentile."""
    with tempfile.TemporaryDirectory(prefix="bench-history-", dir=folder) as name, ExitStack() as stack:
        database = stack.enter_context(_database(engine, Path(name)))
        start, since = past.began(), time.perf_counter()
        past.fill(database, messages, start)
        click.echo(f"{messages:,} messages on {engine}, made in {time.perf_counter() - since:.0f} s")
        slow = asyncio.run(_measure(database, messages, start, times))
    if slow:
        raise click.ClickException(f"over {AIM * 1000:.0f} ms at p95: {', '.join(slow)}")


@contextmanager
def _database(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'kavle.db'}"
        return
    with postgres(folder) as server:
        yield server.url


async def _measure(database: str, messages: int, start: datetime, times: int) -> list[str]:
    """The names of the pages that take too long."""
    slow = []
    async with _browser(database) as (session, gateway):
        public = gateway.store.public_ids.public
        while await gateway.store.keep_runs(SystemClock().now()):
            pass
        # By key, as the links of the 999 pages before it lead there.
        deep = public(max(2, messages - 2 * 50 * 1000))
        day = f"{start + timedelta(days=past.DAYS // 2):%Y-%m-%d}"
        for look in (
            Look("first page", ""),
            Look("1,000th page", f"?before={deep}"),
            Look("1,000th page of a period", f"?since={start:%Y-%m-%d}&before={deep}"),
            Look("a day", f"?since={day}&until={day}"),
            Look("status, 1 of 100", "?state=failed"),
            Look("text within a day", f"?since={day}&until={day}&text=code+is+{messages // 2}."),
            Look("number, 10 in a million", f"?number={past.COMMON}"),
            Look("number, once and long ago", f"?number={past.RARE}"),
            Look("number, never", f"?number={NEVER}"),
        ):
            took = sorted([await _timed(session, look.path) for _ in range(times)])
            p50, p95 = percentile(took, 0.5), percentile(took, 0.95)
            found, whole = await _found(session, look.path)
            told = f"{found} found{'' if whole else ', not looked at all'}"
            click.echo(f"{look.name:28} p50 {p50 * 1000:7.1f} ms   p95 {p95 * 1000:7.1f} ms   {told}")
            if p95 > AIM:
                slow.append(look.name)
    return slow


@asynccontextmanager
async def _browser(database: str) -> AsyncIterator[tuple[ClientSession, Gateway]]:
    """Signed in."""
    gateway = Gateway(Settings(database, HttpSettings(host="127.0.0.1", port=0)), SystemClock())
    await gateway.start()
    url = f"http://127.0.0.1:{gateway.http.port}"
    try:
        async with ClientSession(url, cookie_jar=CookieJar(unsafe=True)) as session:
            async with session.get("/visastatus.aspx") as answer:
                token = re.search(r'name="token" value="([^"]+)"', await answer.text())
            assert token
            form = {"token": token[1], "account": ACCOUNT, "password": PASSWORD, "next": "/visastatus.aspx"}
            async with session.post("/log-in", data=form) as answer:
                assert answer.url.path == "/visastatus.aspx"
                assert 'name="number"' in await answer.text()
            yield session, gateway
    finally:
        await gateway.stop()


async def _timed(session: ClientSession, query: str) -> float:
    began = time.perf_counter()
    async with session.get(f"/visastatus.aspx{query}") as answer:
        await answer.read()
        assert answer.status == 200
    return time.perf_counter() - began


async def _found(session: ClientSession, query: str) -> tuple[int, bool]:
    """How many lines the page has, and whether all was looked through."""
    async with session.get(f"/visastatus.aspx{query}", headers={"Accept-Language": "en"}) as answer:
        page = await answer.text()
    return len(re.findall(r'<tr id="m', page)), "Look further back" not in page


if __name__ == "__main__":
    main()
