"""From a customer's call to the phone and back: real sockets, real SMPP, real disk. Each ends with the
invariants."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from kavle.simulator.faults import Faults
from kavle.simulator.journal import Submission
from support.books import Place
from support.running import Running, running


@pytest.fixture
async def run(place: Place) -> AsyncIterator[Running]:
    async with running(place) as run:
        yield run


async def test_the_manuals_own_example_goes_10_21_22(run: Running) -> None:
    answer = await run.get("/sendsms.aspx?acc=test&pass=1234&msg=Testar&to=0702617396&from=ip1&prio=2")
    run.answered.append(answer)
    assert int(answer) >= 1000
    await run.until(answer, 22)
    assert await run.story(answer) == [10, 21, 22]
    assert await run.balance() == "999.00"
    phone = run.network.phones.find("46702617396")
    assert phone is not None
    assert [(text.sender, text.text) for text in phone.texts] == [("ip1", "Testar")]


async def test_a_soap_call_goes_the_same_way(run: Running) -> None:
    children = {"konto": "test", "passwd": "1234", "till": "46702617396", "from": "46701740699", "prio": "3"}
    answer = await run.soap("sms", **children, meddelande="Blåbärssoppa för 20 €")
    run.answered.append(answer)
    await run.until(answer, 22)
    phone = run.network.phones.find("46702617396")
    assert phone is not None
    assert [(text.sender, text.text) for text in phone.texts] == [("46701740699", "Blåbärssoppa för 20 €")]


async def test_161_characters_debit_two_and_arrive_whole(run: Running) -> None:
    text = "å" * 161
    answer = await run.send(msg=text)
    await run.until(answer, 22)
    assert await run.balance() == "998.00"
    phone = run.network.phones.find("46702617396")
    assert phone is not None
    assert [(one.text, one.segments) for one in phone.texts] == [(text, 2)]


async def test_unicode_goes_as_ucs2(run: Running) -> None:
    text = "Привет 👋 " * 10
    answer = await run.send(msg=text)
    await run.until(answer, 22)
    phone = run.network.phones.find("46702617396")
    assert phone is not None
    assert phone.texts[0].text == text


async def test_a_network_that_takes_latin_1_shows_the_same_texts(place: Place) -> None:
    latin1 = {"charset": "latin1", "data_coding": 3, "flash": "dest_addr_subunit"}
    texts = "Blåbärssoppa @ [hem] för 20 kr", "Blåbärssoppa för 20 €"
    async with running(place, carrier=latin1) as run:
        run.complete = False  # the invariants read the journal as GSM 03.38
        for text in texts:
            await run.until(await run.send(msg=text), 22)
        assert [one.text for one in run.texts("46702617396")] == [*texts]
        assert [one.data_coding for one in run.journal.entries if isinstance(one, Submission)] == [3, 8]


async def test_a_network_that_tells_failures_alone_leaves_what_arrives_21(place: Place) -> None:
    async with running(place, carrier={"registered_delivery": "failures"}) as run:
        run.complete = False  # what is delivered never ends
        delivered = await run.send()
        await run.until(await run.send(to="46701740611"), 52)
        await run.network.until(lambda counts: counts.delivered == 1)
        assert await run.story(delivered) == [10, 21]
        assert run.network.counts.receipts == 1


async def test_a_price_by_prefix_is_exact(run: Running) -> None:
    for _ in range(3):
        await run.until(await run.send(to="4791234567"), 22)
    assert await run.balance() == "996.40"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"pass": "wrong"}, "101"),
        ({"acc": "nobody"}, "101"),
        ({"acc": ""}, "110"),
        ({"pass": None}, "110"),
        ({"from": None}, "110"),
        ({"from": "a\x07b"}, "110"),
        ({"prio": "4"}, "110"),
        ({"type": "fax"}, "110"),
        ({"msg": ""}, "2"),
        ({"msg": None}, "110"),
        ({"msg": "x" * 1521}, "2"),
        ({"to": "12"}, "3"),
        ({"to": None}, "110"),
        ({"to": "0702617396,0702617397"}, "3"),
        ({"acc": "empty"}, "100"),
    ],
)
async def test_what_is_refused_stores_and_debits_nothing(
    run: Running, wrong: dict[str, str], code: str
) -> None:
    await run.account("empty", "1234", 0)
    assert await run.send(**wrong) == code
    assert await run.balance() == "1000.00"
    assert await run.gateway.store.newest_id() == 0
    assert run.network.counts.submits == 0


async def test_the_checks_come_in_the_contracts_order(run: Running) -> None:
    await run.account("empty", "1234", 0)
    everything = {"acc": "empty", "pass": "wrong", "prio": "9", "from": "", "msg": "", "to": "1"}
    assert await run.send(**{**everything, "acc": ""}) == "110"
    assert await run.send(**everything) == "101"
    everything["pass"] = "1234"
    assert await run.send(**everything) == "110"
    everything |= {"prio": "2", "from": "ip1"}
    assert await run.send(**everything) == "2"
    everything["msg"] = "Testar"
    assert await run.send(**everything) == "3"
    everything["to"] = "0702617396"
    assert await run.send(**everything) == "100"


async def test_64_at_once_on_credit_for_10_are_exactly_10(run: Running) -> None:
    await run.account("poor", "1234", 10)
    answers = await asyncio.gather(*(run.send(acc="poor") for _ in range(64)))
    taken = [answer for answer in answers if int(answer) >= 1000]
    assert len(taken) == 10
    assert set(answers) - set(taken) == {"100"}
    for answer in taken:
        await run.until(answer, 22)
    assert run.network.counts.accepted == 10


MAGIC = [
    ("46701740605", 22, "999.00", [10, 21, 22]),
    ("46701740611", 52, "999.00", [10, 21, 52]),
    ("46701740612", 43, "999.00", [10, 21, 43]),
    ("46701740613", 51, "999.00", [10, 21, 51]),
    ("46701740614", 21, "999.00", [10, 21]),
    ("46701740615", 22, "999.00", [10, 11, 21, 22]),
    ("46701740617", 52, "1000.00", [10, 52]),
    ("46701740619", 22, "999.00", [10, 11, 21, 22]),
    ("46701740620", 22, "999.00", [10, 21, 22]),
    ("46701740621", 50, "999.00", [10, 21, 50]),
]


@pytest.mark.parametrize(("number", "status", "balance", "story"), MAGIC)
async def test_each_of_the_networks_outcomes(
    run: Running, number: str, status: int, balance: str, story: list[int]
) -> None:
    answer = await run.send(to=number)
    await run.until(answer, status)
    assert await run.story(answer) == story
    assert await run.balance() == balance


async def test_a_receipt_before_its_response_is_not_lost(run: Running) -> None:
    answer = await run.send(to="46701740618")
    await run.until(answer, 22)


async def test_a_link_that_breaks_with_a_message_in_flight_leaves_it_unsure_and_sends_it_again(
    place: Place,
) -> None:
    async with running(place) as run:
        run.network.inflict(Faults(drop_at_submit=1))
        answer = await run.send()
        await run.until(answer, 22)
        assert await run.story(answer) == [10, 11, 21, 22]
        assert await run.balance() == "999.00"  # a second try costs nothing
        assert run.network.counts.submits == 2


async def test_what_waits_survives_a_stop_and_goes_out_at_the_next_start(place: Place) -> None:
    async with running(place) as run:
        run.network.inflict(Faults(refuse_binds=60, drop_links=True))
        await run.network.until(lambda counts: counts.links == 0)
        answer = await run.send()
        run.complete = False
    async with running(place, fresh=False) as run:
        assert await run.until(answer, 22) == 22
        assert await run.story(answer) == [10, 21, 22]


async def test_health_and_metrics(run: Running) -> None:
    assert (await run.get("/healthz")).strip() == "ok"
    await run.until(await run.send(), 22)
    while run.gateway.metrics.stored_at is None:  # the first sweep may come later than all that
        await asyncio.sleep(0.01)
    assert await run.get("/readyz") == "ready"
    while not run.gateway.metrics.receipts.total():  # counted when the commit's caller goes on
        await asyncio.sleep(0.01)
    told = await run.get("/metrics")
    assert "kavle_accepted_total 1.0" in told
    assert 'kavle_outcomes_total{outcome="accepted"} 1.0' in told
    # On PostgreSQL a receipt may be on disk before its segment's outcome, and then waits for that.
    assert re.findall(r'kavle_receipts_total\{match="\w+"\} 1\.0', told)
    assert 'kavle_link_bound{carrier="simulated"} 1.0' in told
