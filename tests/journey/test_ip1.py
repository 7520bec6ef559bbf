"""A business without an SMPP contract: its old call comes in, goes out to the REST provider, and is told of
by the provider's reports. Each ends with the invariants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from kavle.cli.app import Gateway
from kavle.cli.config import RouteSettings, Settings, check_can_serve
from kavle.cli.roles.role import Role
from kavle.clock import SystemClock
from kavle.core import receipts
from kavle.core.held import DecideHeld, Held, ListHeld
from kavle.north.settings import HttpSettings
from kavle.settings import SettingsError
from kavle.simulator.journal import MemoryJournal
from kavle.simulator.settings import SmscSettings
from kavle.simulator.smsc import Smsc
from kavle.south.ip1.settings import Ip1Settings
from kavle.south.ip1.webhook import LONGEST_REPORT
from kavle.store.types import Verdict
from support import invariants
from support.books import Place, reading
from support.patience import PATIENCE, until
from support.provider import TOKEN, Provider, cut, status
from support.running import LOOPBACK, Running

SECRET = "kept-between-us-and-them-0"
NUMBER = "46702617396"


def settings_for(place: Place, provider: Provider, **changes: Any) -> Settings:
    fields = {"name": "ip1", "token": TOKEN, "api": provider.url, "webhook": SECRET, "reconnect_max": 0.05}
    return Settings(
        database=f"sqlite:///{place}" if isinstance(place, Path) else place,
        http=HttpSettings(host=LOOPBACK, port=0, public_url="http://gateway.invalid"),
        carrier=[Ip1Settings(**fields | changes)],  # type: ignore[arg-type]
        route=[RouteSettings(carriers=["ip1"])],
    )


class Business(Running):
    def __init__(self, gateway: Gateway, provider: Provider) -> None:
        super().__init__(gateway, Smsc(SmscSettings(), None, MemoryJournal()), MemoryJournal())
        self.provider = provider
        self.hook = f"{self.url}/carriers/ip1/{SECRET}"

    async def taken(self, number: int = 1) -> list[dict[str, Any]]:
        """The batches that the provider has, with the address by which it reaches us in this test."""
        await until(lambda: len(self.provider.batches) >= number)
        return [{**one, "deliveryReportUrl": self.hook} for one in self.provider.batches]


@asynccontextmanager
async def business(place: Place, *, fresh: bool = True, **changes: Any) -> AsyncIterator[Business]:
    async with Provider() as provider:
        gateway = Gateway(settings_for(place, provider, **changes), SystemClock())
        await gateway.start()
        run = Business(gateway, provider)
        try:
            await run.account("test", "1234", 1000)
            yield run
        finally:
            await gateway.stop()
    read = reading(place)
    await invariants.ledger_is_balance(read)
    await invariants.refunds_are_what_no_network_took(read)
    await invariants.no_orphan_job(read)
    await invariants.no_final_status_regressed(read, {})


@pytest.fixture
async def run(place: Place) -> AsyncIterator[Business]:
    async with business(place) as run:
        yield run


async def test_the_manuals_own_example_goes_out_by_rest_and_comes_to_22(run: Business) -> None:
    answer = await run.get("/sendsms.aspx?acc=test&pass=1234&msg=Testar&to=0702617396&from=ip1&prio=2")
    (batch,) = await run.taken()
    assert (batch["sender"], batch["recipients"], batch["body"]) == ("ip1", [NUMBER], "Testar")
    assert run.provider.batches[0]["deliveryReportUrl"] == f"http://gateway.invalid/carriers/ip1/{SECRET}"
    await run.until(answer, 21)
    assert await run.provider.tell(batch, 102, duration=0) == [200]
    assert await run.provider.tell(batch, 201) == [200]
    assert await run.until(answer, 22) == 22
    assert await run.story(answer) == [10, 21, 22]
    assert await run.balance() == "999.00"


async def test_a_long_message_comes_to_22_by_one_report(run: Business) -> None:
    text = "å" * 400
    answer = await run.send(msg=text)
    (batch,) = await run.taken()
    assert batch["body"] == text
    await run.until(answer, 21)
    assert await run.provider.tell(batch, 201) == [200]
    assert await run.until(answer, 22) == 22
    assert await run.story(answer) == [10, 21, 22]
    assert await run.balance() == "997.00"


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("code", "public"), [(202, 43), (404, 41), (403, 51), (501, 50)])
async def test_what_it_reports_is_what_the_business_is_told(run: Business, code: int, public: int) -> None:
    answer = await run.send()
    (batch,) = await run.taken()
    await run.until(answer, 21)
    assert await run.provider.tell(batch, code) == [200]
    assert await run.until(answer, public) == public
    assert await run.provider.tell(batch, 201) == [200]  # the first last word counts
    assert await run.until(answer, public) == public


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
async def test_one_text_to_three_is_one_request_and_three_fates(run: Business) -> None:
    run.provider.answers.append(status(503))
    run.provider.token = "another"
    await run.send(msg="the way is closed by this one")
    await until(lambda: run.provider.probes > 3)
    for number in ("0702617396", "0702617397", "0702617398"):
        await run.send(to=number)
    read = reading_of(run)
    # Then the first one is what is tried alone, and the others may go together.
    await until_rows(read, "SELECT count(*) FROM job WHERE state = 0", 4)
    run.provider.token = TOKEN
    batch = next(one for one in await run.taken(2) if one["body"] == "Testar")
    assert batch["recipients"] == [NUMBER, "46702617397", "46702617398"]
    await until_rows(read, "SELECT count(*) FROM message WHERE status = 21", 4)
    for number, code in zip(batch["recipients"], (201, 501, 202), strict=True):
        assert await run.provider.post(run.hook, json=run.provider.report(batch, number, code)) == 200
    rows = await read("SELECT recipient, status FROM message WHERE id > 1 ORDER BY id")
    assert rows == [(NUMBER, 22), ("46702617397", 50), ("46702617398", 43)]


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
async def test_a_report_before_the_answer_is_kept_for_it(run: Business) -> None:
    async def first_reported(request: Any) -> Any:
        batch = await request.json()
        assert await run.provider.post(run.hook, json=run.provider.report(batch, NUMBER, 201)) == 200
        return run.provider._judge(batch)

    run.provider.answers.append(first_reported)
    assert await run.until(await run.send(), 22) == 22


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
async def test_a_request_cut_off_is_unsure_and_asked_again(run: Business) -> None:
    run.provider.answers.append(cut)
    answer = await run.send()
    await run.taken()
    await run.until(answer, 21)
    assert await run.story(answer) == [10, 11, 21]
    assert await run.balance() == "999.00"  # a second try costs nothing
    first, second = run.provider.asked
    assert first["body"] == second["body"]
    assert first["reference"] != second["reference"]


async def test_a_request_cut_off_may_be_held_for_an_operator(tmp_path: Path) -> None:
    async with business(tmp_path / "kavle.db", unsure="hold") as run:
        held = Held(run.gateway.store, SystemClock())
        run.provider.answers.append(cut)
        doubtful = await run.send()
        assert await run.until(doubtful, 21) == 21
        assert [(one.id, one.carrier) for one in await held.page(ListHeld())] == [(doubtful, "ip1")]
        certain = await run.send(msg="another")  # by the way that is open again
        await run.until(certain, 21)
        assert [one["body"] for one in run.provider.asked] == ["Testar", "another"]
        assert await held.decide(DecideHeld(Verdict.RELEASE, (doubtful,))) == [doubtful]
        assert [one["body"] for one in await run.taken(2)] == ["another", "Testar"]
        await run.until(doubtful, 21)


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
async def test_an_outage_loses_nothing(run: Business) -> None:
    run.provider.answers.extend([status(503), status(402), status(401)])
    answer = await run.send()
    await run.taken()
    await run.until(answer, 21)
    assert await run.story(answer) == [10, 11, 21]


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
async def test_what_is_refused_for_good_is_paid_back(run: Business) -> None:
    run.provider.answers.append(status(400, {"errors": {"Body": ["banned"]}}))
    answer = await run.send()
    assert await run.until(answer, 41) == 41
    assert await run.balance() == "1000.00"


@pytest.mark.parametrize("place", ["postgres"], indirect=True)
async def test_reports_may_come_to_a_process_that_has_no_link(run: Business, place: Place) -> None:
    without = Gateway(settings_for(place, run.provider), SystemClock(), frozenset({Role.NORTH}))
    await without.start()
    try:
        answer = await run.send()
        (batch,) = await run.taken()
        await run.until(answer, 21)
        hook = f"http://{LOOPBACK}:{without.http.port}/carriers/ip1/{SECRET}"
        assert await run.provider.tell({**batch, "deliveryReportUrl": hook}, 201) == [200]
        assert await run.until(answer, 22) == 22
    finally:
        await without.stop()


# --- the webhook ---------------------------------------------------------------------------------------


@pytest.fixture
async def idle(tmp_path: Path) -> AsyncIterator[Business]:
    async with business(tmp_path / "kavle.db") as run:
        yield run


REPORT = {"code": 201, "reference": "1-1-7", "recipient": NUMBER, "duration": 1}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/ip1",
        "/ip1/",
        "/ip1/wrong",
        f"/IP1/{SECRET}",
        f"/ip1/{SECRET.upper()}",
        f"/ip1/{SECRET}/",
        f"/x/{SECRET}",
        "/ip1/%ff",
    ],
)
async def test_whoever_does_not_know_the_secret_finds_nothing(idle: Business, path: str) -> None:
    assert await idle.provider.post(f"{idle.url}/carriers{path}", json=REPORT) == 404


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b"", 400),
        (b"{}", 400),
        (b"code=201", 400),
        (b"\xff" * 100, 400),
        (b"[" * LONGEST_REPORT, 400),
        (b" " * (LONGEST_REPORT + 1), 413),
        (json.dumps(REPORT | {"reference": "' OR 1=1"}).encode(), 400),
        (json.dumps(REPORT).encode(), 200),
    ],
)
async def test_what_is_no_report_is_answered_so_and_changes_nothing(
    idle: Business, body: bytes, answer: int
) -> None:
    with capture_logs() as logs:
        assert await idle.provider.post(idle.hook, data=body) == answer
    assert SECRET not in json.dumps(logs, default=str)
    assert idle.gateway.metrics.receipts["waiting"] == (answer == 200)  # it may be early
    assert idle.gateway.metrics.receipts["matched"] == 0


async def test_reports_come_by_post(idle: Business) -> None:
    async with idle.provider._client.get(idle.hook) as answer:
        assert answer.status == 405


async def test_a_report_that_can_not_be_kept_is_to_come_again(
    idle: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(batch: object) -> int:
        await asyncio.Event().wait()
        return 0

    monkeypatch.setattr(receipts, "PATIENCE", 0.05)
    with monkeypatch.context() as stuck:
        stuck.setattr(idle.gateway.store, "receive", never)
        assert await idle.provider.post(idle.hook, json=REPORT) == 503
    assert await idle.provider.post(idle.hook, json=REPORT) == 200


async def test_without_a_webhook_no_reports_are_asked_for(tmp_path: Path) -> None:
    async with business(tmp_path / "kavle.db", webhook="") as run:
        await run.until(await run.send(), 21)
        assert "deliveryReportUrl" not in run.provider.batches[0]
        assert await run.provider.post(f"{run.url}/carriers/ip1/", json=REPORT) == 404


async def test_reports_need_an_address_to_come_to(tmp_path: Path) -> None:
    async with Provider() as provider:
        settings = settings_for(tmp_path / "kavle.db", provider)
    check_can_serve(settings)
    with pytest.raises(SettingsError, match=r"http\.public_url"):
        check_can_serve(Settings(carrier=settings.carrier, route=settings.route))


def reading_of(run: Business) -> Any:
    return reading(Path(run.gateway.settings.database.removeprefix("sqlite:///")))


async def until_rows(read: Any, sql: str, number: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await read(sql))[0][0] != number:
            await asyncio.sleep(0.01)
