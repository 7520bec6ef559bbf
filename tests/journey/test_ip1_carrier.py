"""The REST carrier and a provider over real sockets: what becomes of messages, whatever it answers or fails
to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from journey.smsc_peer import Core
from kavle.clock import SetClock
from kavle.model.message import Accepted, Lease, Parcel, Refused, Result, Unsent, Unsure
from kavle.model.status import Status
from kavle.sms.segment import Encoding, split
from kavle.south.ip1 import client
from kavle.south.ip1 import requests as requests_module
from kavle.south.ip1.carrier import Ip1Carrier
from kavle.south.ip1.settings import Ip1Settings
from support.patience import PATIENCE, until
from support.provider import TOKEN, Provider, cut, status, when
from support.tls import CERTIFICATES

EXPIRES = datetime(2026, 1, 5, tzinfo=UTC)


def parcel(message_id: int, text: str = "", **changes: Any) -> Parcel:
    text = text or f"message {message_id}"
    encoding = Encoding.GSM7
    fields = {
        "recipient": f"4670261{message_id:04}",
        "sender": "ip1",
        "flash": False,
        "priority": 2,
        "expires_at": EXPIRES,
    } | changes
    lease, segments = Lease(message_id, 7, 1), split(text, encoding, message_id)
    return Parcel(lease=lease, text=text, encoding=encoding, segments=segments, **fields)


@asynccontextmanager
async def running(
    provider: Provider, core: Core, bound: bool = True, **changes: Any
) -> AsyncIterator[Ip1Carrier]:
    """A carrier at work; once the block is left nothing of it runs."""
    fields = {"name": "ip1", "token": TOKEN, "api": provider.url, "reconnect_max": 0.02} | changes
    carrier = Ip1Carrier(Ip1Settings(**fields), core, SetClock(), "")
    run = asyncio.create_task(carrier.run())
    try:
        if bound:
            await until(lambda: carrier.bound)
        yield carrier
    finally:
        await carrier.close()
        async with asyncio.timeout(PATIENCE):
            await run


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with Provider() as provider:
        yield provider


@pytest.fixture
def core() -> Core:
    return Core()


async def ended(core: Core, number: int = 1) -> list[Result]:
    await until(lambda: len(core.ended) >= number)
    return [outcome.result for outcome in core.ended]


# --- what goes well ------------------------------------------------------------------------------------


async def test_a_message_is_taken_and_named_by_what_we_named_it(provider: Provider, core: Core) -> None:
    async with running(provider, core) as carrier:
        assert carrier.free() == carrier.lot
        carrier.submit([parcel(5)])
        assert carrier.in_flight == 1
        assert await ended(core) == [Accepted("5-1-7")]
        assert carrier.in_flight == 0
    assert [(one["body"], one["reference"]) for one in provider.batches] == [("message 5", "5-1-7")]


async def test_a_long_message_is_one_message_there(provider: Provider, core: Core) -> None:
    text = "å" * 400
    async with running(provider, core) as carrier:
        carrier.submit([parcel(5, text)])
        assert carrier.free() == carrier.lot - 3
        assert await ended(core, 3) == [Accepted("5-1-7"), Accepted(""), Accepted("")]
    assert [outcome.segment for outcome in core.ended] == [1, 2, 3]
    assert [one["body"] for one in provider.batches] == [text]


async def test_one_text_to_many_is_one_request(provider: Provider, core: Core) -> None:
    async with running(provider, core) as carrier:
        carrier.submit([parcel(id, "Hej") for id in (1, 2, 3)])
        assert await ended(core, 3) == [Accepted("1-1-7")] * 3
    assert [one["recipients"] for one in provider.batches] == [["46702610001", "46702610002", "46702610003"]]


async def test_no_more_requests_run_at_once_than_are_allowed(provider: Provider, core: Core) -> None:
    gate = asyncio.Event()
    provider.answers.extend([when(gate)] * 5)
    async with running(provider, core, connections=2) as carrier:
        carrier.submit([parcel(id, priority=3) for id in range(1, 6)])
        await until(lambda: provider.running == 2)
        assert carrier.in_flight == 2
        assert carrier.free() == carrier.lot - 5
        gate.set()
        await ended(core, 5)
    assert provider.most_running == 2


async def test_alarms_have_room_and_go_first(provider: Provider, core: Core) -> None:
    gate = asyncio.Event()
    provider.answers.append(when(gate))
    async with running(provider, core, connections=1, window=10) as carrier:
        assert (carrier.free(), carrier.kept()) == (10, 1)
        carrier.submit([parcel(id) for id in range(1, 10)])
        assert (carrier.free(), carrier.kept()) == (1, 1)
        await until(lambda: provider.running)
        carrier.submit([parcel(10, priority=3)])
        assert (carrier.free(), carrier.kept()) == (0, 0)
        gate.set()
        await ended(core, 10)
    assert [outcome.lease.message_id for outcome in core.ended] == [1, 10, *range(2, 10)]


async def test_an_alarm_waits_for_no_request_of_others(provider: Provider, core: Core) -> None:
    gate = asyncio.Event()
    provider.answers.extend([when(gate)] * 7)
    async with running(provider, core) as carrier:
        carrier.submit([parcel(id) for id in range(1, 20)])
        await until(lambda: provider.running == 7)  # of eight connections
        carrier.submit([parcel(20, priority=3)])
        assert await ended(core) == [Accepted("20-1-7")]
        gate.set()
        await ended(core, 20)
    assert provider.most_running == 8


async def test_an_alarm_goes_before_those_that_are_asked_anew_one_by_one(
    provider: Provider, core: Core
) -> None:
    gate = asyncio.Event()
    provider.answers.append(when(gate, status(400)))
    async with running(provider, core, connections=1) as carrier:
        carrier.submit([parcel(id, "Hej") for id in (1, 2, 3)])
        await until(lambda: provider.running)
        carrier.submit([parcel(4, priority=3)])
        gate.set()
        await ended(core, 4)
    assert [outcome.lease.message_id for outcome in core.ended] == [4, 1, 2, 3]


# --- what it refuses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "public"), [({"sender": "Öst"}, 51), ({"text": " "}, 41), ({"recipient": "x"}, 52)]
)
async def test_what_it_refuses_is_refused_for_good(
    provider: Provider, core: Core, changes: Any, public: int
) -> None:
    async with running(provider, core) as carrier:
        carrier.submit([parcel(5, **changes)])
        (result,) = await ended(core)
        assert isinstance(result, Refused)
        assert (result.status, result.retryable) == (public, False)
        assert carrier.bound
    assert len(provider.asked) == (public == 52)  # the others it need not be asked


async def test_one_bad_number_does_not_sink_the_others(provider: Provider, core: Core) -> None:
    async with running(provider, core) as carrier:
        carrier.submit([parcel(1, "Hej"), parcel(2, "Hej", recipient="x"), parcel(3, "Hej")])
        await ended(core, 3)
    results = {outcome.lease.message_id: outcome.result for outcome in core.ended}
    assert results == {
        1: Accepted("1-1-7"),
        2: Refused(Status.PHONE_FAILED, False, "HTTP 400: recipient"),
        3: Accepted("3-1-7"),
    }


# --- what it does not take now -------------------------------------------------------------------------


@pytest.mark.parametrize("code", [401, 402, 403, 404, 503])
async def test_it_takes_nothing_for_a_while(provider: Provider, core: Core, code: int) -> None:
    provider.answers.append(status(code))
    async with running(provider, core, connections=1, reconnect_max=60.0) as carrier:
        with capture_logs() as logs:
            carrier.submit([parcel(1), parcel(2)])
            results = await ended(core, 2)
        assert results == [Refused(Status.NETWORK_FAILED, True, f"HTTP {code}"), Unsent()]
        assert not carrier.bound
        assert carrier.free() == 0
        assert carrier.reason.startswith(f"HTTP {code}: ")
        assert [one["reason"] for one in logs if one["log_level"] == "error"] == [carrier.reason]
        carrier.submit([parcel(3)])  # leased meanwhile
        assert (await ended(core, 3))[2] == Unsent()
    assert len(provider.asked) == 1


async def test_with_the_right_token_it_comes_back(provider: Provider, core: Core) -> None:
    provider.token = "another"
    async with running(provider, core, bound=False) as carrier:
        await until(lambda: provider.probes > 2)
        assert not carrier.bound
        assert "carrier.ip1.token" in carrier.report().error
        provider.token = TOKEN
        await until(lambda: carrier.bound)
        assert (carrier.reason, carrier.reconnects) == ("", 0)
        carrier.submit([parcel(1)])
        assert await ended(core) == [Accepted("1-1-7")]


async def test_what_fails_again_and_again_is_tried_ever_more_rarely(provider: Provider, core: Core) -> None:
    provider.answers.extend([status(402)] * 3)
    async with running(provider, core) as carrier:

        def tried(times: int) -> bool:
            return carrier._backoff._tries == times

        for number, times in enumerate((1, 2, 3, 0), start=1):
            await until(lambda: carrier.bound)
            carrier.submit([parcel(number)])
            await ended(core, number)
            await until(partial(tried, times))


async def test_who_refused_one_is_asked_with_one_at_a_time(provider: Provider, core: Core) -> None:
    """Its probe may be let in where its messages are not."""
    provider.answers.extend([status(402), status(402)])
    async with running(provider, core, connections=3) as carrier:
        carrier.submit([parcel(1)])
        await ended(core)
        await until(carrier.free)
        assert (carrier.free(), carrier.lot) == (1, 1)
        carrier.submit([parcel(2, "a"), parcel(3, "b")])  # of two texts: two requests; leased before it fell
        refused = Refused(Status.NETWORK_FAILED, True, "HTTP 402")
        assert await ended(core, 3) == [refused, refused, Unsent()]
        await until(carrier.free)
        carrier.submit([parcel(4)])
        await ended(core, 4)
        assert (carrier.bound, carrier.free()) == (True, carrier.lot)
    assert len(provider.asked) == 3


async def test_it_asks_for_less(provider: Provider, core: Core) -> None:
    provider.answers.append(status(429, **{"Retry-After": "120"}))
    async with running(provider, core, connections=1) as carrier:
        carrier.submit([parcel(1), parcel(2)])
        assert await ended(core, 2) == [Refused(Status.NETWORK_FAILED, True, "HTTP 429"), Unsent()]
        assert carrier.bound
        assert carrier.free() == 0
        assert carrier._pause is not None
        left = carrier._pause.when() - asyncio.get_running_loop().time()
        assert 110 < left <= 120
        rooms = core.rooms
        carrier._go_on()
        assert (carrier.free(), core.rooms) == (carrier.lot, rooms + 1)


async def test_it_asks_for_less_before_it_was_asked_for_anything(provider: Provider, core: Core) -> None:
    provider.probe_answers.append(status(429, **{"Retry-After": "120"}))
    async with running(provider, core) as carrier:
        assert carrier.free() == core.rooms == 0
        carrier.submit([parcel(1)])
        assert await ended(core) == [Unsent()]


# --- what is not known ---------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [500, 502, 504])
async def test_it_failed_in_the_middle(provider: Provider, core: Core, code: int) -> None:
    provider.answers.append(status(code))
    async with running(provider, core) as carrier:
        carrier.submit([parcel(1)])
        assert await ended(core) == [Unsure(f"HTTP {code}")]
        await until(lambda: carrier.reconnects == 1)


async def test_the_connection_is_lost_once_the_request_was_written(provider: Provider, core: Core) -> None:
    provider.answers.append(cut)
    async with running(provider, core) as carrier:
        carrier.submit([parcel(1)])
        (result,) = await ended(core)
        assert isinstance(result, Unsure)
        await until(lambda: carrier.reconnects == 1)


async def test_no_answer_comes_in_time(provider: Provider, core: Core) -> None:
    provider.answers.append(when(asyncio.Event()))
    async with running(provider, core, request_timeout=0.5, connect_timeout=1.0) as carrier:
        carrier.submit([parcel(1)])
        assert await ended(core) == [Unsure("no answer in time")]


async def test_nobody_listens(provider: Provider, core: Core) -> None:
    async with running(provider, core, reconnect_max=60.0) as carrier:
        await provider.refuse_connections()
        carrier.submit([parcel(1)])
        assert await ended(core) == [Unsent()]
        assert not carrier.bound
    assert provider.asked == []


async def test_a_certificate_that_nobody_vouches_for(core: Core) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATES / "rsa.pem", CERTIFICATES / "rsa.key")
    async with Provider(tls) as provider, running(provider, core, bound=False) as carrier:
        await until(lambda: "certificate is not good" in carrier.reason)
        assert provider.probes == 0


async def test_the_token_goes_nowhere_else(provider: Provider, core: Core) -> None:
    async with Provider() as other:
        provider.answers.append(status(307, Location=f"{other.url}/v2/batches"))
        async with running(provider, core, reconnect_max=60.0) as carrier:
            carrier.submit([parcel(1)])
            assert await ended(core) == [Refused(Status.NETWORK_FAILED, True, "HTTP 307")]
            assert "carrier.ip1.api" in carrier.report().error
        assert other.asked == []


async def test_an_endless_answer_is_left(provider: Provider, core: Core) -> None:
    async def endless(request: Any) -> Any:
        answer = web.StreamResponse(status=201)
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * client.LONGEST_ANSWER)

    provider.answers.append(endless)
    async with running(provider, core) as carrier:
        carrier.submit([parcel(1)])
        assert await ended(core) == [Accepted("1-1-7")]


async def test_proxies_of_the_environment_are_not_for_us(
    provider: Provider, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with running(provider, core) as carrier:
        carrier.submit([parcel(1)])
        assert await ended(core) == [Accepted("1-1-7")]


# --- the end -------------------------------------------------------------------------------------------


async def test_a_stop_waits_for_answers_and_gives_back_what_was_not_asked(
    provider: Provider, core: Core
) -> None:
    gate = asyncio.Event()
    provider.answers.append(when(gate))
    async with running(provider, core, connections=1) as carrier:
        carrier.submit([parcel(1), parcel(2)])
        await until(lambda: provider.running)
        carrier.hold()
        assert await ended(core) == [Unsent()]
        settling = asyncio.create_task(carrier.settle(10))
        gate.set()
        await settling
        assert await ended(core, 2) == [Unsent(), Accepted("1-1-7")]
        carrier.submit([parcel(3)])
        assert (await ended(core, 3))[2] == Unsent()


async def test_what_is_under_way_when_it_closes_is_unsure(provider: Provider, core: Core) -> None:
    provider.answers.append(when(asyncio.Event()))
    async with running(provider, core) as carrier:
        carrier.submit([parcel(1)])
        await until(lambda: provider.running)
        await carrier.settle(0.01)
        await carrier.close()
        assert await ended(core) == [Unsure("closed")]
        assert not carrier.bound


async def test_what_had_not_begun_when_it_closes_was_not_sent(provider: Provider, core: Core) -> None:
    async with running(provider, core) as carrier:
        carrier.submit([parcel(1)])
        await carrier.close()
        assert await ended(core) == [Unsent()]
    assert provider.asked == []


async def test_what_waits_too_long_goes_back(
    provider: Provider, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = asyncio.Event()
    provider.answers.append(when(gate))
    async with running(provider, core, connections=1) as carrier:
        carrier.submit([parcel(1), parcel(2)])
        await until(lambda: provider.running)
        monkeypatch.setattr(requests_module, "PATIENCE", -1.0)
        gate.set()
        assert await ended(core, 2) == [Accepted("1-1-7"), Unsent()]


async def test_a_bug_in_a_request_ends_the_road(
    provider: Provider, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> bytes:
        raise RuntimeError("a bug")

    monkeypatch.setattr(requests_module, "request", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        async with running(provider, core) as carrier:
            carrier.submit([parcel(1)])
            assert await ended(core) == [Unsent()]
