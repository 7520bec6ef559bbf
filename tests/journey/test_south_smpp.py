"""The SMPP carrier and a network over real sockets: what becomes of segments and receipts, whatever happens
to the link."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from journey.smsc_peer import Core, Link, Smsc
from kavle.clock import SetClock
from kavle.model.message import Accepted, Lease, Parcel, Refused, Unsent, Unsure
from kavle.model.status import Status
from kavle.sms.segment import Encoding, split
from kavle.south.smpp import deliveries, window
from kavle.south.smpp import link as link_module
from kavle.south.smpp.carrier import LinkState, SmppCarrier
from kavle.south.smpp.rate import Rate
from kavle.south.smpp.settings import SmppSettings
from kavle.wire.smpp.constants import ESM_UDHI, CommandStatus, MessageState, Tag
from kavle.wire.smpp.events import Submitted
from kavle.wire.smpp.pdus import DataSm, DeliverSm, SubmitSmResp
from kavle.wire.smpp.receipt import format_receipt, receipt_tlvs
from support.patience import PATIENCE, until

TEXT = "Hej på dig"
RECIPIENT = "46702617396"

EXPIRES = datetime(2026, 1, 5, tzinfo=UTC)


def parcel(message_id: int, text: str = TEXT, **changes: Any) -> Parcel:
    """An urgent one: for these there is the whole window."""
    encoding = Encoding.GSM7
    fields = {
        "recipient": RECIPIENT,
        "sender": "Kavle",
        "text": text,
        "flash": False,
        "priority": 3,
        "expires_at": EXPIRES,
    } | changes
    return Parcel(
        lease=Lease(message_id, 7, 1), encoding=encoding, segments=split(text, encoding, message_id), **fields
    )


def receipt(network_id: str, state: MessageState = MessageState.DELIVERED) -> DeliverSm:
    when = datetime(2026, 1, 1, 12, 0)  # noqa: DTZ001  as networks write it, with no zone
    text = format_receipt(network_id, state, when, when, text=TEXT.encode("latin-1"))
    return DeliverSm(source_addr="+" + RECIPIENT, esm_class=0x04, short_message=text)


@asynccontextmanager
async def running(smsc: Smsc, core: Core, **changes: Any) -> AsyncIterator[SmppCarrier]:
    """A carrier at work, whose last link has gone once the block is left."""
    fields = {"system_id": "kavle", "password": "s3cret", "reconnect_max": 0.02} | changes
    settings = SmppSettings(name="telia", host="127.0.0.1", port=smsc.port, **fields)
    carrier = SmppCarrier(settings, 3, core, SetClock())
    run = asyncio.create_task(carrier.run())
    try:
        yield carrier
    finally:
        await carrier.close()
        async with asyncio.timeout(PATIENCE):
            await run


@pytest.fixture
async def smsc() -> AsyncIterator[Smsc]:
    async with Smsc() as smsc:
        yield smsc


@pytest.fixture
async def core() -> Core:
    return Core()


async def link_of(smsc: Smsc, carrier: SmppCarrier) -> Link:
    await until(lambda: carrier.bound)
    return smsc.links[-1]


# --- the window ----------------------------------------------------------------------------------------


async def test_a_message_goes_out_and_the_network_names_it(smsc: Smsc, core: Core) -> None:
    async with running(smsc, core) as carrier:
        link = await link_of(smsc, carrier)
        assert core.rooms  # now it may be leased for
        carrier.submit([parcel(1)])
        await until(lambda: core.ended)
    assert smsc.bound_as == [("kavle", "s3cret")]
    (outcome,) = core.ended
    assert (outcome.lease.message_id, outcome.segment) == (1, 1)
    assert outcome.result == Accepted("net-1")
    assert outcome.at == SetClock().now()
    assert link.submitted[0].message.destination_addr == RECIPIENT
    assert link.submitted[0].message.validity_period == "000003120000000R"


async def test_what_the_window_has_room_for_goes_out_in_one_write(smsc: Smsc, core: Core) -> None:
    async with running(smsc, core, window=50) as carrier:
        link = await link_of(smsc, carrier)
        carrier.submit([parcel(number) for number in range(50)])
        await until(lambda: len(core.ended) == 50)
    assert [len(read) for read in link.reads] == [50]
    assert len(core.reported) == 1  # and the responses of one read are told at once


async def test_the_window_is_never_exceeded(smsc: Smsc, core: Core) -> None:
    smsc.answers = False
    async with running(smsc, core, window=5, unsure="hold") as carrier:  # nothing is leased ahead
        link = await link_of(smsc, carrier)
        assert carrier.free() == 5
        carrier.submit([parcel(1, "x" * 152 * 8)])  # eight segments: three of them past the room
        assert carrier.free() == 0
        await until(lambda: len(link.waiting) == 5)
        link.answer(2)
        await until(lambda: len(link.submitted) == 7)
        link.answer(5)
        await until(lambda: len(link.submitted) == 8)
        assert carrier.free() == 4
        link.answer(1)
        await until(lambda: len(core.ended) == 8)
        assert carrier.free() == 5
    assert link.most_waiting == 5
    assert [outcome.segment for outcome in core.ended] == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_a_refusal_says_what_the_customer_sees(smsc: Smsc, core: Core) -> None:
    smsc.status_for = lambda event: CommandStatus.ESME_RINVDSTADR
    async with running(smsc, core) as carrier:
        await link_of(smsc, carrier)
        carrier.submit([parcel(1)])
        await until(lambda: core.ended)
    assert core.ended[0].result == Refused(Status.PHONE_FAILED, False, "ESME_RINVDSTADR")


async def test_a_sender_that_smpp_cannot_say_is_refused_alone(smsc: Smsc, core: Core) -> None:
    async with running(smsc, core) as carrier:
        await link_of(smsc, carrier)
        carrier.submit([parcel(1), parcel(2, sender="Ω mega"), parcel(3)])
        await until(lambda: len(core.ended) == 3)
    by_message = {outcome.lease.message_id: outcome.result for outcome in core.ended}
    assert by_message[1] == Accepted("net-1")
    assert by_message[3] == Accepted("net-2")
    refused = by_message[2]
    assert isinstance(refused, Refused)
    assert (refused.status, refused.retryable) == (Status.NETWORK_FAILED, False)
    assert "mega" not in refused.error


async def test_a_throttled_segment_may_be_tried_again_and_the_link_says_that_it_is_slowed(
    smsc: Smsc, core: Core
) -> None:
    smsc.answers = False
    async with running(smsc, core, rate=50.0) as carrier:
        link = await link_of(smsc, carrier)
        assert (carrier.report().rate, carrier.report().slowed) == (50.0, False)
        carrier.submit([parcel(number) for number in range(20)])
        await until(lambda: len(link.waiting) == 20)
        link.answer(10)
        link.answer(10, CommandStatus.ESME_RTHROTTLED)
        await until(lambda: len(core.ended) == 20)
        assert core.ended[-1].result == Refused(Status.NETWORK_FAILED, True, "ESME_RTHROTTLED")
        smsc.answers = True
        smsc.status_for = lambda event: CommandStatus.ESME_RTHROTTLED
        number = 100
        while not carrier.report().slowed:  # it asks again and again, and is told no
            ended = len(core.ended)
            carrier.submit([parcel(number)])
            await until(lambda ended=ended: len(core.ended) > ended)  # type: ignore[misc]
            number += 1
        slow = carrier.report().rate
        assert slow is not None
        assert slow < 50.0


async def test_a_link_settles_below_the_networks_limit_and_loses_nothing(smsc: Smsc, core: Core) -> None:
    """The network bears 250 a second; what it refuses is handed over again, as the core does."""
    bears, refused = Rate(250.0), []
    loop = asyncio.get_running_loop()

    def bear(event: Submitted) -> int:
        now = loop.time()
        if bears.ready(now):
            bears.take(1, now)
            return 0
        refused.append(event)
        return CommandStatus.ESME_RTHROTTLED

    smsc.status_for = bear
    async with running(smsc, core, rate=400.0) as carrier:
        await link_of(smsc, carrier)
        left, told, taken = deque(range(1000)), 0, set()
        while len(taken) < 1000:
            for outcome in core.ended[told:]:
                done = isinstance(outcome.result, Accepted)
                (taken.add if done else left.append)(outcome.lease.message_id)
                told += 1
            if len(taken) <= 500:
                early = len(refused)
            while left and carrier.free():
                carrier.submit([parcel(left.popleft())])
            await asyncio.sleep(0.002)
        assert carrier.report().slowed
    late = len(refused) - early
    assert early > 0  # it had to find out
    assert late <= 50, f"{late} of some 500 were refused once the limit was known"


async def test_an_alarm_goes_before_what_waits_on_a_slowed_link(smsc: Smsc, core: Core) -> None:
    async with running(smsc, core, rate=5.0) as carrier:
        link = await link_of(smsc, carrier)
        smsc.status_for = lambda event: CommandStatus.ESME_RMSGQFUL
        carrier.submit([parcel(1, sender="first", priority=1)])
        await until(lambda: core.ended)
        smsc.status_for = lambda event: 0
        carrier.submit([parcel(number, sender="bulk", priority=1) for number in (2, 3)])
        carrier.submit([parcel(4, sender="alarm")])
        await until(lambda: len(core.ended) == 4)
    assert [one.message.source_addr for one in link.submitted] == ["first", "alarm", "bulk", "bulk"]


# --- the link's fate -----------------------------------------------------------------------------------


async def test_a_dead_link_leaves_what_was_in_flight_unsure_and_the_rest_unsent(
    smsc: Smsc, core: Core
) -> None:
    smsc.answers = False
    async with running(smsc, core, window=3) as carrier:
        link = await link_of(smsc, carrier)
        carrier.submit([parcel(number) for number in (1, 2, 3, 4, 5)])
        await until(lambda: len(link.waiting) == 3)
        link.answer(1)
        await until(lambda: len(link.waiting) == 3)  # 4 has taken its place
        link.transport.abort()
        await until(lambda: len(core.ended) == 5)
        results = {outcome.lease.message_id: outcome.result for outcome in core.ended}
        assert results[1] == Accepted("net-1")
        assert all(isinstance(results[number], Unsure) for number in (2, 3, 4))
        assert results[5] == Unsent()
        smsc.answers = True
        await until(lambda: carrier.bound and carrier.reconnects == 1)
        assert carrier.free() == 3
        carrier.submit([parcel(6)])
        await until(lambda: len(core.ended) == 6)
    assert len(core.ended) == 6  # one outcome each, and none again at the end


async def test_what_was_leased_ahead_comes_back_unsent_and_a_new_link_has_to_show_that_it_is_quick(
    smsc: Smsc, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "AHEAD", 3600.0)  # so long is a moment where this runs
    async with running(smsc, core, window=3) as carrier:
        link = await link_of(smsc, carrier)
        assert carrier.free() == 3
        carrier.submit([parcel(1)])
        await until(lambda: core.ended)
        assert carrier.free() == 6
        smsc.answers = False
        carrier.submit([parcel(number) for number in range(2, 8)])
        await until(lambda: len(link.waiting) == 3)
        assert carrier.free() == 0
        link.transport.abort()
        await until(lambda: len(core.ended) == 7)
        results = {outcome.lease.message_id: type(outcome.result) for outcome in core.ended}
        assert results == {1: Accepted} | dict.fromkeys((2, 3, 4), Unsure) | dict.fromkeys((5, 6, 7), Unsent)
        smsc.answers = True
        await until(lambda: carrier.bound and carrier.reconnects == 1)
        assert carrier.free() == 3
    assert link.most_waiting == 3


async def test_a_stop_gives_back_what_was_leased_ahead_and_waits_for_what_is_in_flight(
    smsc: Smsc, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "AHEAD", 3600.0)
    async with running(smsc, core, window=3) as carrier:
        link = await link_of(smsc, carrier)
        carrier.submit([parcel(1)])
        await until(lambda: core.ended)
        smsc.answers = False
        carrier.submit([parcel(number) for number in range(2, 8)])
        await until(lambda: len(link.waiting) == 3)
        carrier.hold()
        assert [outcome.result for outcome in core.ended[1:]] == [Unsent()] * 3
        link.answer(3)
        await carrier.settle(PATIENCE)
        assert carrier.free() == 0
    assert sum(isinstance(outcome.result, Accepted) for outcome in core.ended) == 4


async def test_a_network_that_unbinds_is_bound_again(smsc: Smsc, core: Core) -> None:
    smsc.answers = False
    async with running(smsc, core) as carrier:
        link = await link_of(smsc, carrier)
        carrier.submit([parcel(1), parcel(2)])
        await until(lambda: len(link.waiting) == 2)
        event = link.waiting.popleft()
        link.session.respond(event.sequence, SubmitSmResp("a"))
        link.session.unbind(0.0)
        link.flush()  # a response and the unbind in one read
        await until(lambda: len(core.ended) == 2)
        results = {outcome.lease.message_id: outcome.result for outcome in core.ended}
        assert results[1] == Accepted("a")
        assert isinstance(results[2], Unsure)
        await until(lambda: len(smsc.links) == 2 and carrier.bound)
    assert link.unbound  # it got its unbind_resp


async def test_what_is_handed_over_without_a_link_comes_back_at_once(smsc: Smsc, core: Core) -> None:
    carrier = SmppCarrier(
        SmppSettings(name="telia", host="127.0.0.1", port=smsc.port, system_id="a", password="b"),
        3,
        core,
        SetClock(),
    )
    assert carrier.free() == 0
    carrier.submit([parcel(1, "x" * 200)])
    assert [outcome.result for outcome in core.ended] == [Unsent(), Unsent()]


async def test_a_response_that_does_not_come_leaves_its_segment_unsure(smsc: Smsc, core: Core) -> None:
    smsc.answers = False
    async with running(smsc, core, response_timeout=1.0) as carrier:
        link = await link_of(smsc, carrier)
        carrier.submit([parcel(1)])
        await until(lambda: core.ended)
        assert core.ended[0].result == Unsure("no response in time")
        assert carrier.bound
        link.answer(1)  # too late: nobody waits for it
        smsc.answers = True
        carrier.submit([parcel(2)])
        await until(lambda: len(core.ended) == 2)
    assert core.ended[1].result == Accepted("net-2")


async def test_a_peer_that_has_gone_silent_is_found_out(smsc: Smsc, core: Core) -> None:
    async with running(smsc, core, enquire_link=0.1, response_timeout=0.5) as carrier:
        await link_of(smsc, carrier)
        smsc.deaf = True
        await until(lambda: not carrier.bound)
        smsc.deaf = False
        await until(lambda: carrier.bound)
    assert len(smsc.links) > 1


async def test_a_peer_that_answers_enquire_link_is_kept(smsc: Smsc, core: Core) -> None:
    async with running(smsc, core, enquire_link=0.02, response_timeout=1.0) as carrier:
        link = await link_of(smsc, carrier)
        heard: list[bytes] = []
        receive = link.session.receive
        link.session.receive = lambda data, now: heard.append(data) or receive(data, now)  # type: ignore[method-assign]
        await until(lambda: len(heard) >= 75)  # of a link that would have been cut after 50
        assert carrier.bound
    assert len(smsc.links) == 1


async def test_a_refused_bind_is_tried_again(smsc: Smsc, core: Core) -> None:
    smsc.bind_refusals.extend([CommandStatus.ESME_RINVPASWD, CommandStatus.ESME_RALYBND])
    with capture_logs() as logs:
        async with running(smsc, core) as carrier:
            await until(lambda: carrier.bound)
    assert len(smsc.bound_as) == 3
    refused = [entry["status"] for entry in logs if entry["log_level"] == "error"]
    assert refused == ["ESME_RINVPASWD", "ESME_RALYBND"]
    assert [entry.get("look_at") for entry in logs if entry["log_level"] == "error"] == [
        f"carrier.{carrier.name}.password",
        None,
    ]
    waits = [entry for entry in logs if entry["event"] == "no link to the network"]
    assert [(entry["network"], entry["next_try_in"] > 0) for entry in waits] == [
        (f"127.0.0.1:{smsc.port}", True)
    ] * 2
    assert "s3cret" not in str(logs)


async def test_a_network_that_is_not_there_is_waited_for(core: Core) -> None:
    async with Smsc() as absent:
        port = absent.port
    gone = Smsc()
    gone.port = port
    with capture_logs() as logs:
        async with running(gone, core) as carrier:
            await until(lambda: len([1 for entry in logs if "no connection" in entry["event"]]) >= 2)
            assert carrier.state in (LinkState.WAITING, LinkState.CONNECTING)
            assert carrier.free() == 0


async def test_octets_that_are_no_smpp_end_the_link(smsc: Smsc, core: Core) -> None:
    async with running(smsc, core) as carrier:
        link = await link_of(smsc, carrier)
        link.transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await until(lambda: len(smsc.links) == 2 and carrier.bound)


# --- the end -------------------------------------------------------------------------------------------


async def test_it_ends_in_order(smsc: Smsc, core: Core) -> None:
    smsc.answers = False
    async with running(smsc, core, window=2) as carrier:
        link = await link_of(smsc, carrier)
        carrier.submit([parcel(1), parcel(2), parcel(3)])
        await until(lambda: len(link.waiting) == 2)
        carrier.hold()
        assert carrier.free() == 0
        assert [(one.lease.message_id, one.result) for one in core.ended] == [(3, Unsent())]
        carrier.submit([parcel(4)])  # leased a moment before
        assert core.ended[-1].result == Unsent()
        settled = asyncio.create_task(carrier.settle(10))
        link.answer(1)
        await until(lambda: len(core.ended) == 3)
        assert not settled.done()
        link.answer(1)
        await settled
        assert len(core.ended) == 4
        await carrier.close()
        assert link.unbound
        assert carrier.state is LinkState.CLOSED
    assert len(smsc.links) == 1


async def test_what_does_not_settle_ends_as_unsure(smsc: Smsc, core: Core) -> None:
    smsc.answers = False
    async with running(smsc, core) as carrier:
        link = await link_of(smsc, carrier)
        carrier.submit([parcel(1)])
        await until(lambda: link.waiting)
        carrier.hold()
        await carrier.settle(0.01)
        await carrier.close()
    assert [type(outcome.result) for outcome in core.ended] == [Unsure]


async def test_a_network_that_does_not_answer_the_unbind_holds_nothing_up(
    smsc: Smsc, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_module, "GOODBYE", 0.05)
    async with running(smsc, core) as carrier:
        link = await link_of(smsc, carrier)
        smsc.deaf = True
        carrier.submit([parcel(1)])
        await until(lambda: link.submitted)
        await carrier.close()
        assert [type(outcome.result) for outcome in core.ended] == [Unsure]
        await until(lambda: link.closed)


async def test_a_stop_without_warning_leaves_no_segment_without_an_outcome(smsc: Smsc, core: Core) -> None:
    smsc.answers = False
    settings = SmppSettings(
        name="telia", host="127.0.0.1", port=smsc.port, system_id="a", password="b", window=1
    )
    carrier = SmppCarrier(settings, 3, core, SetClock())
    run = asyncio.create_task(carrier.run())
    link = await link_of(smsc, carrier)
    carrier.submit([parcel(1), parcel(2)])
    await until(lambda: link.waiting)
    run.cancel()
    await asyncio.wait([run])
    assert [type(outcome.result) for outcome in core.ended] == [Unsure, Unsent]
    await until(lambda: link.closed)


# --- receipts ------------------------------------------------------------------------------------------


async def test_receipts_are_acknowledged_once_they_are_stored_and_not_before(smsc: Smsc, core: Core) -> None:
    core.store.clear()
    async with running(smsc, core) as carrier:
        link = await link_of(smsc, carrier)
        link.deliver(receipt("a"), receipt("b", MessageState.UNDELIVERABLE))
        await until(lambda: core.receipt_batches)
        carrier.submit([parcel(1)])  # the link goes on meanwhile
        await until(lambda: core.ended)
        assert link.responses == []
        core.store.set()
        await until(lambda: len(link.responses) == 2)
    assert len(core.receipt_batches) == 1  # one read, one batch
    assert [response.token for response in link.responses] == [0, 1]
    assert {response.status for response in link.responses} == {0}
    first, second = core.kept
    assert (first.carrier_id, first.network_id, first.recipient) == (3, "a", RECIPIENT)
    assert (first.status, second.status) == (Status.DELIVERED, Status.PHONE_FAILED)
    assert "Hej" not in first.raw


async def test_receipts_that_cannot_be_stored_stay_with_the_network(smsc: Smsc, core: Core) -> None:
    core.full = True
    async with running(smsc, core) as carrier:
        link = await link_of(smsc, carrier)
        link.deliver(receipt("a"), receipt("b"))
        await until(lambda: len(link.responses) == 2)
        assert {response.status for response in link.responses} == {CommandStatus.ESME_RX_T_APPN}
        core.full = False
        link.deliver(receipt("a"))
        await until(lambda: len(link.responses) == 3)
        assert link.responses[-1].status == 0


async def test_a_receipt_may_come_before_its_response(smsc: Smsc, core: Core) -> None:
    smsc.answers = False
    async with running(smsc, core) as carrier:
        link = await link_of(smsc, carrier)
        carrier.submit([parcel(1)])
        await until(lambda: link.waiting)
        link.deliver(receipt("net-1"))
        await until(lambda: link.responses)
        assert core.ended == []
        link.answer(1)
        await until(lambda: core.ended)
    assert core.kept[0].network_id == "net-1"
    assert core.ended[0].result == Accepted("net-1")


async def test_a_receipt_by_data_sm_counts_too(smsc: Smsc, core: Core) -> None:
    async with running(smsc, core) as carrier:
        link = await link_of(smsc, carrier)
        tlvs = receipt_tlvs("a", MessageState.EXPIRED)
        link.deliver(DataSm(source_addr=RECIPIENT, esm_class=0x04, tlvs=tlvs))
        await until(lambda: link.responses)
    assert link.responses[0].status == 0
    assert (core.kept[0].network_id, core.kept[0].status) == ("a", Status.EXPIRED)


async def test_what_can_not_be_read_is_answered_for_good_and_not_told_in_the_log(
    smsc: Smsc, core: Core
) -> None:
    with capture_logs() as logs:
        async with running(smsc, core) as carrier:
            link = await link_of(smsc, carrier)
            broken = DeliverSm(source_addr=RECIPIENT, esm_class=ESM_UDHI, short_message=b"secret")
            unreadable = DeliverSm(source_addr=RECIPIENT, esm_class=0x04, short_message=b"secret")
            link.deliver(broken, unreadable, receipt("c"))
            await until(lambda: len(link.responses) == 3)
    statuses = {response.token: response.status for response in link.responses}
    assert statuses == {0: CommandStatus.ESME_RX_P_APPN, 1: 0, 2: 0}
    assert [one.network_id for one in core.kept] == ["c"]
    assert core.message_batches == []
    told = str(logs)
    assert "an incoming message can't be read" in told
    assert "without a readable id" in told
    assert RECIPIENT not in told
    assert "secret" not in told


async def test_receipts_that_pile_up_are_left_in_the_network(
    smsc: Smsc, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "MOST_OPEN", 10)
    core.store.clear()
    smsc.answers = False
    async with running(smsc, core, enquire_link=10, response_timeout=1.0) as carrier:
        link = await link_of(smsc, carrier)
        await asyncio.sleep(1.1)  # the bind's own timer is over
        carrier.submit([parcel(1)])
        await until(lambda: link.waiting)
        link.deliver(*[receipt(f"first-{number}") for number in range(20)])
        await until(lambda: len(core.kept) == 20)
        link.answer(1)
        link.deliver(*[receipt(f"second-{number}") for number in range(20)])
        await asyncio.sleep(1.5)  # time enough to read on, or to take the unread peer for dead
        assert len(core.kept) == 20
        core.store.set()
        await until(lambda: len(link.responses) == 40)
        assert carrier.bound
    assert len(smsc.links) == 1
    assert [one.network_id for one in core.kept[20:]] == [f"second-{number}" for number in range(20)]
    # Its response had come in time, and lay unread.
    assert [outcome.result for outcome in core.ended] == [Accepted("net-1")]


async def test_the_last_receipts_are_answered_before_the_goodbye(smsc: Smsc, core: Core) -> None:
    core.store.clear()
    async with running(smsc, core) as carrier:
        link = await link_of(smsc, carrier)
        link.deliver(receipt("a"))
        await until(lambda: core.receipt_batches)
        closing = asyncio.create_task(carrier.close())
        await asyncio.sleep(0)
        core.store.set()
        await closing
        await until(lambda: link.closed)
    kinds = [type(event).__name__ for event in link.events]
    assert kinds == ["BindRequested", "Response", "Unbound"]


async def test_messages_from_phones_are_acknowledged_once_they_are_on_disk(smsc: Smsc, core: Core) -> None:
    core.store.clear()
    async with running(smsc, core) as carrier:
        link = await link_of(smsc, carrier)
        forged = DeliverSm(
            source_addr=RECIPIENT, destination_addr="46737494123", short_message=b"id:1 stat:DELIVRD"
        )
        payload = {Tag.MESSAGE_PAYLOAD: "Hallå".encode("utf-16-be")}
        link.deliver(forged, receipt("a"), DataSm(source_addr=RECIPIENT, data_coding=8, tlvs=payload))
        await until(lambda: core.message_batches and core.receipt_batches)
        assert link.responses == []
        core.store.set()
        await until(lambda: len(link.responses) == 3)
    assert {response.status for response in link.responses} == {0}
    ((first, second),) = core.message_batches
    assert (first.carrier_id, first.sender, first.recipient) == (3, RECIPIENT, "46737494123")
    assert (first.text, second.text) == ("id:1 stat:DELIVRD", "Hallå"), "no phone can forge a receipt"


async def test_messages_that_can_not_be_stored_stay_with_the_network(smsc: Smsc, core: Core) -> None:
    core.full = True
    with capture_logs() as logs:
        async with running(smsc, core) as carrier:
            link = await link_of(smsc, carrier)
            link.deliver(DeliverSm(source_addr=RECIPIENT, short_message=b"secret"))
            await until(lambda: link.responses)
            assert link.responses[0].status == CommandStatus.ESME_RX_T_APPN
    assert "incoming messages are left with the network" in str(logs)
    assert "secret" not in str(logs)
    assert RECIPIENT not in str(logs)
