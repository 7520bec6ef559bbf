"""The history as a file for spreadsheets."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest

from kavle.core.queries import Queries
from kavle.model.history import HistoryPage
from kavle.north.web import export
from kavle.north.web.export import safe
from support.pages import Browser, Page, browsing
from support.running import Running


def rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))


async def test_it_holds_each_message_that_the_filter_leaves_page_by_page(
    gateway: Running, customer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PIECE", 2)
    for number in range(5):
        await gateway.send(msg=f'text {number}; med "citat"\noch rad')
    page = await customer.get("/portal/messages.csv")
    assert page.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert page.headers["Content-Disposition"] == 'attachment; filename="messages.csv"'
    assert [row["Text"] for row in rows(page.body)] == [
        f'text {number}; med "citat"\noch rad' for number in (4, 3, 2, 1, 0)
    ]
    (one,) = rows((await customer.get("/portal/messages.csv?text=text+3")).body)
    assert (one["To"], one["From"], one["Price"], one["Segments"]) == ("46702617396", "ip1", "1.00", "1")
    assert "/portal/messages.csv?text=text+3" in (await customer.get("/visastatus.aspx?text=text+3")).body


async def test_in_swedish_it_is_as_spreadsheets_want_it_there(gateway: Running, customer: Browser) -> None:
    await gateway.send(msg="Hej åäö €")
    async with customer.session.get("/portal/messages.csv", headers={"Accept-Language": "sv"}) as answer:
        raw = await answer.read()
    assert raw.startswith(b"\xef\xbb\xbfId;Tid;Till;")
    (one,) = rows(raw.decode(), ";")
    assert (one["Text"], one["Pris"]) == ("Hej åäö €", "1,00")


@pytest.mark.parametrize("text", ["=1+1", "+46", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_what_would_be_a_formula_is_text(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Hej", "1=1", "a\t=1", "46702617396"])
def test_what_would_be_none_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


async def test_a_formula_in_a_text_is_none_in_the_file(gateway: Running, customer: Browser) -> None:
    await gateway.send(msg='=HYPERLINK("http://example.com")')
    (one,) = rows((await customer.get("/portal/messages.csv")).body)
    assert one["Text"].startswith("'=HYPERLINK")


async def test_each_account_saves_its_own(gateway: Running, customer: Browser) -> None:
    await gateway.account("other", "5678", 10)
    await gateway.send()
    async with browsing(gateway.url) as other:
        assert "Log in" in (await other.get("/portal/messages.csv")).text
        await other.sign_in("other", "5678")
        assert rows((await other.get("/portal/messages.csv")).body) == []


async def test_one_at_a_time_is_made_for_an_account(
    gateway: Running, customer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PIECE", 1)
    for _ in range(3):
        await gateway.send()
    started: list[bool] = []
    held: list[Page] = []
    real = Queries.messages

    async def messages(*asked: Any) -> HistoryPage:
        if not started:
            started.append(True)
            held.append(await customer.get("/portal/messages.csv?text=y"))
        return await real(*asked)

    monkeypatch.setattr(Queries, "messages", messages)
    whole = await customer.get("/portal/messages.csv")
    assert "An export is being made already." in held[0].text
    assert len(rows(whole.body)) == 3
    assert len(rows((await customer.get("/portal/messages.csv")).body)) == 3
