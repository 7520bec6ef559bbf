"""What goes wrong with the simulated network on demand, over real sockets."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

import pytest

from kavle.simulator.faults import Faults, Troubles
from kavle.simulator.journal import MemoryJournal, Submission
from kavle.wire.smpp import events as ev
from kavle.wire.smpp.constants import CommandStatus
from kavle.wire.smpp.receipt import ReceiptText
from support.esme import (
    CREDENTIALS,
    LOOPBACK,
    Esme,
    bound,
    connected,
    face_of,
    http,
    message,
    network,
    posting,
    started,
)
from support.tls import CERTIFICATES, trusting


async def test_a_link_is_dropped_and_the_next_one_works() -> None:
    async with network() as smsc:
        async with bound(smsc) as esme:
            smsc.inflict(Faults(drop_links=True))
            assert await esme.next() is None
        async with bound(smsc) as esme:
            esme.submit(message())
            assert (await esme.next()).status == 0


async def test_a_link_dropped_at_a_submit_leaves_the_esme_unsure() -> None:
    journal = MemoryJournal()
    async with network(journal) as smsc:
        async with bound(smsc) as esme:
            smsc.inflict(Faults(drop_at_submit=2))
            esme.submit(*[message()] * 3)
            assert await esme.next() is None
        await smsc.until(lambda counts: counts.links == 0)
        taken = [entry.id for entry in journal.entries if isinstance(entry, Submission)]
        assert len(taken) == smsc.counts.accepted == 2
        async with bound(smsc) as esme:
            assert [(await esme.next()).id for _ in range(2)] == taken


async def test_binds_are_refused_for_a_while() -> None:
    async with network() as smsc, connected(smsc) as esme:
        smsc.inflict(Faults(refuse_binds=3600))
        esme.bind(CREDENTIALS)
        assert await esme.next() == ev.BindRefused(CommandStatus.ESME_RBINDFAIL)
        smsc.inflict(Faults(refuse_binds=0))
        esme.bind(CREDENTIALS)
        assert isinstance(await esme.next(), ev.Bound)


async def test_a_half_open_link_takes_everything_and_says_nothing() -> None:
    async with network() as smsc, bound(smsc) as esme:
        smsc.inflict(Faults(half_open=3600))
        esme.submit(message())
        async with connected(smsc) as other:
            other.bind(CREDENTIALS)
            smsc.inflict(Faults(half_open=0))
            async with bound(smsc) as third:  # its submit came behind theirs
                third.submit(message())
                assert (await third.next()).status == 0
        assert (smsc.counts.submits, smsc.counts.binds) == (1, 2)


async def test_a_mute_network_acts_on_what_it_does_not_answer() -> None:
    async with network(receipts=False) as smsc, bound(smsc) as esme:
        smsc.inflict(Faults(mute=3600))
        esme.submit(message())
        await smsc.until(lambda counts: counts.accepted == 1)
        smsc.inflict(Faults(mute=0))
        esme.submit(message())
        response = await esme.next()
        assert smsc.counts.accepted == 2
        assert response.token == 0
        assert await esme.silent()


async def test_responses_can_be_delayed() -> None:
    async with network() as smsc, bound(smsc) as esme:
        smsc.inflict(Faults(response_delay=0.05))
        esme.submit(message())
        assert await esme.silent()
        assert (await esme.next()).status == 0


async def test_links_are_dropped_again_and_again() -> None:
    async with network() as smsc:
        smsc.inflict(Faults(drop_links_every=0.5))
        for _ in range(3):
            async with bound(smsc) as esme:
                assert await esme.next() is None
        smsc.inflict(Faults(drop_links_every=0))
        async with bound(smsc) as esme:
            esme.submit(message())
            assert (await esme.next()).status == 0


async def test_links_are_dropped_at_a_share_of_the_submits() -> None:
    async with network() as smsc:
        smsc.inflict(Faults(drop=1))
        async with bound(smsc) as esme:
            esme.submit(message())
            assert await esme.next() is None
        assert smsc.counts.accepted == 1


async def test_responses_overtake_one_another_and_each_receipt_is_behind_its_own() -> None:
    async with network(seed=1) as smsc, bound(smsc) as esme:
        smsc.inflict(Faults(response_jitter=0.1, receipt_jitter=0.1))
        esme.submit(*[message() for _ in range(50)])
        heard = [await esme.next() for _ in range(100)]
        responses = [event for event in heard if isinstance(event, ev.Response)]
        receipts = [event.id for event in heard if isinstance(event, ReceiptText)]
        tokens = [response.token for response in responses]
        assert sorted(tokens) == list(range(50)) != tokens
        ids = [response.body.message_id for response in responses]
        assert sorted(ids) == sorted(receipts)
        assert ids != receipts
        for response in responses:
            (receipt,) = [
                at
                for at, event in enumerate(heard)
                if isinstance(event, ReceiptText) and event.id == response.body.message_id
            ]
            assert heard.index(response) < receipt


async def test_receipts_may_come_before_their_responses() -> None:
    async with network() as smsc, bound(smsc) as esme:
        smsc.inflict(Faults(early_receipts=1))
        esme.submit(message())
        receipt, response = await esme.next(), await esme.next()
        assert receipt.id == response.body.message_id


async def test_receipts_may_come_twice() -> None:
    async with network() as smsc, bound(smsc) as esme:
        smsc.inflict(Faults(duplicate_receipts=1, receipt_jitter=0.01))
        esme.submit(message(), message("46701740614"))  # of which none ever comes
        taken = (await esme.next()).body.message_id
        heard = [await esme.next() for _ in range(3)]
        assert [event.id for event in heard if isinstance(event, ReceiptText)] == [taken, taken]
        assert smsc.counts.receipts == 2


async def test_receipts_may_come_by_another_link() -> None:
    async with network() as smsc, bound(smsc) as one:
        smsc.inflict(Faults(other_link=1))
        one.submit(message())  # there is no other
        response, receipt = await one.next(), await one.next()
        assert receipt.id == response.body.message_id
        async with bound(smsc) as other:
            one.submit(*[message() for _ in range(5)])
            ids = [(await one.next()).body.message_id for _ in range(5)]
            assert [(await other.next()).id for _ in range(5)] == ids


async def test_what_waits_for_another_link_that_has_gone_comes_by_the_first() -> None:
    async with network(receipt_window=1) as smsc, bound(smsc) as one:
        smsc.inflict(Faults(other_link=1))
        async with bound(smsc) as other:
            other.ack = lambda receipt: None
            one.submit(*[message() for _ in range(3)])
            ids = [(await one.next()).body.message_id for _ in range(3)]
            assert (await other.next()).id == ids[0]
            assert await one.silent()
        assert sorted([(await one.next()).id for _ in range(3)]) == sorted(ids)


async def test_some_are_never_answered_and_delivered_all_the_same() -> None:
    async with network() as smsc, bound(smsc) as esme:
        smsc.inflict(Faults(lost_responses=1))
        esme.submit(message())
        assert isinstance(await esme.next(), ReceiptText)
        assert await esme.silent()


@pytest.mark.parametrize(
    ("faults", "status"),
    [
        (Faults(throttle=1), CommandStatus.ESME_RTHROTTLED),
        (Faults(queue_full=1), CommandStatus.ESME_RMSGQFUL),
    ],
)
async def test_a_share_of_the_submits_is_refused(faults: Faults, status: CommandStatus) -> None:
    journal = MemoryJournal()
    async with network(journal) as smsc, bound(smsc) as esme:
        smsc.inflict(faults)
        esme.submit(message())
        assert (await esme.next()).status == status
        assert await esme.silent()
    (entry,) = journal.entries
    assert isinstance(entry, Submission)
    assert (entry.id, entry.status) == ("", status)


async def test_more_than_the_rate_is_throttled() -> None:
    async with network(receipts=False) as smsc, bound(smsc) as esme:
        smsc.inflict(Faults(rate=10))
        esme.submit(*[message() for _ in range(100)])
        statuses = [(await esme.next()).status for _ in range(100)]
        # A second may have begun meanwhile.
        assert statuses.count(0) in range(10, 31)
        assert set(statuses) == {0, CommandStatus.ESME_RTHROTTLED}


# The orders


def test_a_rate_is_of_each_second() -> None:
    troubles = Troubles(1)
    troubles.order(Faults(rate=2), 0.0)
    told = [troubles.refusal(now) for now in (7.0, 7.1, 7.9, 8.0, 8.0, 8.0)]
    throttled = CommandStatus.ESME_RTHROTTLED
    assert told == [0, 0, throttled, 0, 0, throttled]


def test_a_share_meets_about_so_many_and_the_same_ones_by_the_same_seed() -> None:
    def met(seed: int) -> list[bool]:
        troubles = Troubles(seed)
        troubles.order(Faults(duplicate_receipts=0.3), 0.0)
        return [troubles.duplicate_receipt() for _ in range(1000)]

    assert 200 < sum(met(1)) < 400
    assert met(1) == met(1) != met(2)


def test_an_order_changes_what_it_names_and_calm_ends_all() -> None:
    troubles = Troubles(1)
    troubles.order(Faults(throttle=1, mute=10, drop_at_submit=5), 100.0)
    troubles.order(Faults(rate=3), 101.0)
    assert troubles.in_force(102.0) == {"throttle": 1, "mute": 8, "drop_at_submit": 5, "rate": 3}
    troubles.order(Faults(throttle=0, mute=0), 103.0)
    assert troubles.in_force(103.0) == {"drop_at_submit": 5, "rate": 3}
    troubles.order(Faults(calm=True, queue_full=0.5), 104.0)
    assert troubles.in_force(104.0) == {"queue_full": 0.5}


async def test_the_face_tells_the_faults_in_force() -> None:
    async with network() as smsc, face_of(smsc) as port:
        await http(port, posting('{"throttle": 0.25, "refuse_binds": 3600}'))
        _, told = await http(port, "GET /faults HTTP/1.1\n\n")
        assert 3500 < told.pop("refuse_binds") <= 3600
        assert told == {"throttle": 0.25}
        await http(port, posting('{"calm": true}'))
        assert await http(port, "GET /faults HTTP/1.1\n\n") == (200, {})


@pytest.mark.parametrize("wrong", ['{"drop": 1.5}', '{"throttle": -0.1}', '{"rate": "x"}', '{"nonsense": 1}'])
async def test_the_face_refuses_faults_that_make_no_sense(wrong: str) -> None:
    async with network() as smsc, face_of(smsc) as port:
        status, told = await http(port, posting(wrong))
        assert status == 400
        assert told["error"]
        assert smsc.troubled() == {}


async def test_the_command_has_faults_from_the_start() -> None:
    process = await started(
        "smsc", "--port", "0", "--http-port", "0", "--quiet", "--throttle", "0.5", "--drop-at-submit", "7"
    )
    assert process.stdout is not None
    (_, face) = re.findall(rb":(\d+)", await process.stdout.readline())
    assert (await http(int(face), "GET /faults HTTP/1.1\n\n"))[1] == {"throttle": 0.5, "drop_at_submit": 7}
    process.terminate()
    assert (await process.communicate())[1] == b""


async def test_the_command_demands_a_certificate() -> None:
    files = {"--certificate": "rsa.pem", "--key": "rsa.key", "--client-ca": "ec.pem"}
    options = [part for name, file in files.items() for part in (name, str(CERTIFICATES / file))]
    process = await started("smsc", "--port", "0", "--quiet", *options)
    assert process.stdout is not None
    port = int((await process.stdout.readline()).split(b":")[1])
    stranger, known = trusting(), trusting()
    known.load_cert_chain(CERTIFICATES / "ec.pem", CERTIFICATES / "ec.key")
    esme = Esme(*await asyncio.open_connection(LOOPBACK, port, ssl=stranger))
    with suppress(OSError):  # by TLS 1.3 it is told after the handshake, if it still listens
        esme.bind(CREDENTIALS)
        assert await esme.next() is None
    with suppress(OSError):
        await esme.close()
    esme = Esme(*await asyncio.open_connection(LOOPBACK, port, ssl=known))
    esme.bind(CREDENTIALS)
    assert isinstance(await esme.next(), ev.Bound)
    await esme.close()  # before it says goodbye itself: the two at once are a fault of TLS
    process.terminate()
    await process.communicate()


async def test_the_command_wants_a_certificate_of_its_own_to_demand_one() -> None:
    process = await started("smsc", "--client-ca", str(CERTIFICATES / "ec.pem"))
    assert b"--client-ca wants a --certificate" in (await process.communicate())[1]
    assert process.returncode == 2
