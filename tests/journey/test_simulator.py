"""The simulated network over real sockets: with smpplib, a foreign ESME, and with our own session."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
import smpplib.client
import smpplib.consts
import smpplib.exceptions
import structlog

from kavle.simulator import magic
from kavle.simulator.face import LOOPBACK
from kavle.simulator.ids import IdFormat
from kavle.simulator.journal import (
    FileJournal,
    MemoryJournal,
    ReceiptAnswered,
    ReceiptSent,
    Submission,
    read_journal,
)
from kavle.simulator.settings import SmscSettings
from kavle.sms.segment import Encoding, split
from kavle.wire.smpp import events as ev
from kavle.wire.smpp.constants import CommandStatus, DataCoding, MessageState, Tag
from kavle.wire.smpp.pdus import BindReceiver, BindTransceiver, BindTransmitter, DataSm
from kavle.wire.smpp.receipt import ReceiptText
from kavle.wire.smpp.timers import Timers
from support.esme import (
    ANYBODY,
    CREDENTIALS,
    Esme,
    Network,
    bound,
    connected,
    face_of,
    http,
    message,
    network,
    posting,
    started,
)
from support.patience import PATIENCE

# Binds


@pytest.mark.parametrize("kind", [BindTransceiver, BindReceiver, BindTransmitter])
async def test_every_kind_of_bind_is_accepted(kind: Any) -> None:
    async with network() as smsc, bound(smsc, kind("kavle", "secret")) as esme:
        assert smsc.counts.binds == 1
        esme.unbind()
        assert isinstance(await esme.next(), ev.Unbound)
        assert await esme.next() is None
        await smsc.until(lambda counts: counts.links == 0)


async def test_a_network_that_does_not_keep_idle_links_unbinds_them() -> None:
    async with network(timers=Timers(inactivity=0.5)) as smsc, bound(smsc) as esme:
        assert isinstance(await esme.next(), ev.Unbound)
        await smsc.until(lambda counts: counts.links == 0)


@pytest.mark.parametrize(
    ("system_id", "password", "status"),
    [
        ("kavle", "wrong", CommandStatus.ESME_RINVPASWD),
        ("kavle", "", CommandStatus.ESME_RINVPASWD),
        ("other", "secret", CommandStatus.ESME_RINVSYSID),
    ],
)
async def test_a_stranger_is_refused_and_may_try_again(system_id: str, password: str, status: int) -> None:
    async with network() as smsc, connected(smsc) as esme:
        esme.bind(BindTransceiver(system_id, password))
        assert await esme.next() == ev.BindRefused(status)
        assert smsc.counts.binds == 0
        esme.bind(CREDENTIALS)
        assert isinstance(await esme.next(), ev.Bound)


def test_credentials_that_no_bind_can_carry_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="at most 8"):
        SmscSettings(password="ninechars")
    with pytest.raises(ValueError, match="1 to 15"):
        SmscSettings(system_id="")
    assert "secret" not in repr(SmscSettings())


# Messages and receipts


async def test_a_message_is_answered_shown_on_the_phone_and_receipted() -> None:
    async with network() as smsc, bound(smsc) as esme:
        esme.submit(message(text=b"Hej d\x0f"))
        response = await esme.next()
        assert response.status == 0
        receipt = await esme.next()
        assert (receipt.id, receipt.state) == (response.body.message_id, MessageState.DELIVERED)
        await smsc.until(lambda counts: counts.receipts_acked == 1)
        phone = smsc.phones.find(ANYBODY)
        assert phone is not None
        assert [(text.sender, text.text, text.flash) for text in phone.texts] == [("kavle", "Hej då", False)]


async def test_ids_are_unique_also_over_a_restart_and_in_the_base_that_was_set() -> None:
    ids: list[str] = []
    for form in (IdFormat.HEX, IdFormat.HEX, IdFormat.DECIMAL):
        async with network(id_format=form, receipts=False) as smsc, bound(smsc) as esme:
            esme.submit(*[message()] * 50)
            ids += [(await esme.next()).body.message_id for _ in range(50)]
    numbers = [int(taken, 16) for taken in ids[:100]] + [int(taken) for taken in ids[100:]]
    assert numbers == sorted(set(numbers))


async def test_without_tlvs_the_receipt_is_in_the_text_alone() -> None:
    async with network(receipt_tlvs=False) as smsc, connected(smsc) as esme:
        assert b"\x00\x1e" not in await _raw_receipt(esme)
    async with network() as smsc, connected(smsc) as esme:
        assert Tag.RECEIPTED_MESSAGE_ID.to_bytes(2, "big") in await _raw_receipt(esme)


async def _raw_receipt(esme: Esme) -> bytes:
    """The octets of a deliver_sm."""
    esme.bind(CREDENTIALS)
    await esme.next()
    esme.submit(message(text=b"The text of the message"))
    await esme._reader.readexactly(int.from_bytes(await esme._reader.readexactly(4), "big") - 4)
    octets = await esme._reader.readexactly(int.from_bytes(await esme._reader.readexactly(4), "big") - 4)
    appendix_b = (
        rb"id:([0-9a-f]+) sub:001 dlvrd:001 submit date:\d{10} done date:\d{10} stat:DELIVRD err:000 "
        rb"text:The text of the mess"
    )
    assert re.search(appendix_b, octets)
    return octets


@pytest.mark.parametrize(
    ("registered_delivery", "recipient", "receipts"),
    [(0, "46701740611", 0), (1, ANYBODY, 1), (2, ANYBODY, 0), (2, "46701740611", 1)],
)
async def test_a_receipt_comes_only_where_it_was_asked_for(
    registered_delivery: int, recipient: str, receipts: int
) -> None:
    async with network() as smsc, bound(smsc) as esme:
        esme.submit(message(recipient, registered_delivery=registered_delivery))
        assert (await esme.next()).status == 0
        for _ in range(receipts):
            assert isinstance(await esme.next(), ReceiptText)
        assert await esme.silent()


async def test_receipts_wait_for_a_receiver() -> None:
    async with network() as smsc:
        async with bound(smsc, BindTransmitter("kavle", "secret")) as esme:
            esme.submit(message(), message())
            ids = [(await esme.next()).body.message_id for _ in range(2)]
            assert await esme.silent()
        async with bound(smsc, BindReceiver("kavle", "secret")) as esme:
            assert [(await esme.next()).id for _ in range(2)] == ids


async def test_a_receiver_gets_all_receipts_beside_its_transmitter() -> None:
    journal = MemoryJournal()
    async with (
        network(journal) as smsc,
        bound(smsc, BindTransmitter("kavle", "secret")) as transmitter,
        bound(smsc, BindReceiver("kavle", "secret")) as receiver,
    ):
        transmitter.submit(*[message() for _ in range(9)])
        ids = [(await transmitter.next()).body.message_id for _ in range(9)]
        assert [(await receiver.next()).id for _ in range(9)] == ids
    # At once: no share of them was kept for the transmitter.
    assert len({entry.at for entry in journal.entries if isinstance(entry, ReceiptSent)}) == 1


async def test_a_receipt_that_was_refused_comes_again_but_not_for_ever() -> None:
    async with network(receipt_retry=0.01, receipt_attempts=3) as smsc, bound(smsc) as esme:
        esme.ack = lambda receipt: CommandStatus.ESME_RX_T_APPN
        esme.submit(message())
        await esme.next()
        assert len({(await esme.next()).id for _ in range(3)}) == 1
        await smsc.until(lambda counts: counts.receipts_given_up == 1)
        assert smsc.counts.receipts_refused == 3
        assert await esme.silent()


async def test_receipts_that_a_lost_link_had_in_flight_come_again_on_the_next() -> None:
    async with network() as smsc:
        async with bound(smsc) as esme:
            esme.ack = lambda receipt: None
            esme.submit(message(), message())
            ids = [(await esme.next()).body.message_id for _ in range(2)]
            assert [(await esme.next()).id for _ in range(2)] == ids
        async with bound(smsc) as esme:
            assert [(await esme.next()).id for _ in range(2)] == ids
            await smsc.until(lambda counts: counts.receipts_acked == 2)
            assert smsc.counts.receipts_sent == 4


async def test_no_more_receipts_are_in_flight_than_the_window_allows() -> None:
    async with network(receipt_window=3) as smsc, bound(smsc) as esme:
        esme.ack = lambda receipt: None
        esme.submit(*[message()] * 10)
        for _ in range(10 + 3):
            await esme.next()
        assert await esme.silent()
        assert (smsc.counts.receipts, smsc.counts.receipts_sent) == (10, 3)


async def test_receipts_are_spread_over_the_receivers() -> None:
    async with network(receipt_delay=0.02) as smsc, bound(smsc) as one, bound(smsc) as other:
        one.submit(*[message()] * 10)
        for _ in range(10):
            assert isinstance(await one.next(), ev.Response)
        for esme in (one, other):
            for _ in range(5):
                assert isinstance(await esme.next(), ReceiptText)


async def test_a_network_that_can_keep_no_more_receipts_takes_no_more_messages() -> None:
    async with network(most_receipts=2) as smsc, bound(smsc, BindTransmitter("kavle", "secret")) as esme:
        esme.submit(*[message()] * 3)
        statuses = [(await esme.next()).status for _ in range(3)]
        assert statuses == [0, 0, CommandStatus.ESME_RMSGQFUL]


async def test_delays_keep_the_order() -> None:
    async with network(response_delay=0.02, receipt_delay=0.02) as smsc, bound(smsc) as esme:
        esme.submit(*[message()] * 3)
        responses = [await esme.next() for _ in range(3)]
        assert [response.token for response in responses] == [0, 1, 2]
        receipts = [await esme.next() for _ in range(3)]
        assert [receipt.id for receipt in receipts] == [response.body.message_id for response in responses]


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        (message(""), CommandStatus.ESME_RINVDSTADR),
        (message("Anna"), CommandStatus.ESME_RINVDSTADR),
        (message(text=b"a" * 161), CommandStatus.ESME_RINVMSGLEN),
        (message(text=b"\0a" * 71, data_coding=DataCoding.UCS2), CommandStatus.ESME_RINVMSGLEN),
        (message(text=b"\6\x08\4\0\1\2\1" + b"a" * 153, esm_class=0x40), CommandStatus.ESME_RINVMSGLEN),
        (DataSm(destination_addr=ANYBODY), CommandStatus.ESME_RINVCMDID),
    ],
)
async def test_what_no_network_could_send_on_is_refused(bad: Any, status: int) -> None:
    async with network() as smsc, bound(smsc) as esme:
        esme.submit(bad, message(text=b"a" * 160))
        assert (await esme.next()).status == status
        assert (await esme.next()).status == 0


# The magic numbers


def test_the_magic_numbers_are_swedish_mobiles_reserved_for_fiction() -> None:
    for number in magic.MAGIC:
        assert 46701740605 <= int(number) <= 46701740699
        parsed = phonenumbers.parse(f"+{number}")
        assert phonenumbers.is_valid_number(parsed)
        assert phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE
        assert f"| `{number}` |" in magic.markdown()


@pytest.mark.parametrize(
    ("number", "states"),
    [
        ("46701740605", [MessageState.DELIVERED]),
        ("46701740611", [MessageState.UNDELIVERABLE]),
        ("46701740612", [MessageState.EXPIRED]),
        ("46701740613", [MessageState.REJECTED]),
        ("46701740614", []),
        ("46701740620", [MessageState.DELIVERED, MessageState.DELIVERED]),
        ("46701740621", [MessageState.UNKNOWN]),
    ],
)
async def test_what_the_receipt_says_is_in_the_number(number: str, states: list[MessageState]) -> None:
    async with network() as smsc, bound(smsc) as esme:
        esme.submit(message(number))
        response = await esme.next()
        receipts = [await esme.next() for _ in states]
        assert [(receipt.id, receipt.state) for receipt in receipts] == [
            (response.body.message_id, state) for state in states
        ]
        assert await esme.silent()
        phone = smsc.phones.find(number)
        shown = phone is not None and phone.texts != []
        assert shown == smsc.counts.delivered == (not states or MessageState.DELIVERED in states)


@pytest.mark.parametrize(
    ("number", "refusal", "refusals"),
    [
        ("46701740615", CommandStatus.ESME_RTHROTTLED, 2),
        ("46701740619", CommandStatus.ESME_RMSGQFUL, 1),
    ],
)
async def test_some_numbers_take_a_message_only_after_some_tries(
    number: str, refusal: int, refusals: int
) -> None:
    async with network() as smsc, bound(smsc) as esme:
        for text in (b"one", b"two", b"one"):
            for status in [refusal] * refusals + [0]:
                esme.submit(message(number, text))
                assert (await esme.next()).status == status
            assert (await esme.next()).state is MessageState.DELIVERED


async def test_one_number_is_refused_at_submit() -> None:
    async with network() as smsc, bound(smsc) as esme:
        for _ in range(3):
            esme.submit(message("46701740617"))
            assert (await esme.next()).status == CommandStatus.ESME_RINVDSTADR
        phone = smsc.phones.find("46701740617")
        assert phone is not None
        assert phone.texts == []
        assert [missed.error for missed in phone.missed] == ["ESME_RINVDSTADR"] * 3


async def test_the_receipt_of_one_number_is_before_its_response() -> None:
    async with network() as smsc, bound(smsc) as esme:
        esme.submit(message("46701740618"), message())
        first, second, third = [await esme.next() for _ in range(3)]
        assert (first.token, third.id) == (1, first.body.message_id)
        assert second.id != third.id
        assert await esme.next() == ev.Response(0, 0, type(first.body)(second.id))


async def test_the_slow_number_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    assert magic.behaviour_of("46701740616").response_delay == magic.SLOW == 5.0
    slow = magic.Behaviour(told="slow", response_delay=0.05)
    monkeypatch.setitem(magic.MAGIC, "46701740616", slow)
    async with network(receipts=False) as smsc, bound(smsc) as esme:
        esme.submit(message("46701740616"), message())
        assert [(await esme.next()).token for _ in range(2)] == [1, 0]


# Phones


@pytest.mark.parametrize(
    ("text", "encoding"), [("Räksmörgås € " * 30, Encoding.GSM7), ("Blåbär 🫐 och Ω≠ " * 20, Encoding.UCS2)]
)
async def test_a_long_message_is_put_together_on_the_phone(text: str, encoding: Encoding) -> None:
    segments = split(text, encoding, 4711)
    assert len(segments) > 2
    async with network() as smsc, bound(smsc) as esme:
        sms = [message(text=part.udh + part.body, esm_class=0x40, data_coding=encoding) for part in segments]
        for number, part in enumerate([*reversed(sms), sms[0]], start=1):  # the last is a repetition
            esme.submit(part)
            await smsc.until(lambda counts, n=number: counts.accepted == n)  # type: ignore[misc]
        phone = smsc.phones.find(ANYBODY)
        assert phone is not None
        assert [(shown.text, shown.segments) for shown in phone.texts] == [(text, len(segments))]


@pytest.mark.parametrize(
    ("data_coding", "body", "text", "flash"),
    [
        (DataCoding.GSM_FLASH, b"Hej", "Hej", True),
        (0x10, b"Hej", "Hej", True),
        (0x18, "Ωå".encode("utf-16-be"), "Ωå", True),
        (0xF1, b"Hej", "Hej", False),
        (DataCoding.LATIN1, b"\xe5", "å", False),
        (DataCoding.BINARY, b"\x01\xff", "01ff", False),
        (0xF5, b"\x01\xff", "01ff", False),
        (0xC8, b"\x01\xff", "01ff", False),
    ],
)
async def test_a_phone_shows_what_the_data_coding_says(
    data_coding: int, body: bytes, text: str, flash: bool
) -> None:
    async with network() as smsc, bound(smsc) as esme:
        esme.submit(message(text=body, data_coding=data_coding))
        await smsc.until(lambda counts: counts.accepted == 1)
        phone = smsc.phones.find(ANYBODY)
        assert phone is not None
        assert [(shown.text, shown.flash) for shown in phone.texts] == [(text, flash)]


async def test_phones_forget_so_that_no_flood_fills_the_memory() -> None:
    async with network(receipts=False) as smsc, bound(smsc) as esme:
        esme.submit(*[message(str(46700000000 + number)) for number in range(10_001)])
        part = b"\5\0\3%c\2\1half"
        esme.submit(*[message(str(number), part % (number % 256), esm_class=0x40) for number in range(1_001)])
        esme.submit(*[message("46700000001", b"%d" % number) for number in range(51)])
        await smsc.until(lambda counts: counts.submits == 10_001 + 1_001 + 51)
        assert smsc.phones.find("46700000000") is None
        # The oldest half was given up, the next one was not.
        esme.submit(*[message(str(number), b"\5\0\3%c\2\2" % number, esm_class=0x40) for number in (1, 0)])
        await smsc.until(lambda counts: counts.submits == 10_001 + 1_001 + 51 + 2)
        assert smsc.phones.find("0") is None
        assert smsc.phones.find("1") is not None
        phone = smsc.phones.find("46700000001")
        assert phone is not None
        assert [shown.text for shown in phone.texts] == [str(number) for number in range(1, 51)]


# The journal


async def test_the_journal_has_what_the_network_saw(tmp_path: Path) -> None:
    path = tmp_path / "network.jsonl"
    journal = FileJournal(path)
    async with network(journal) as smsc, bound(smsc) as esme:
        esme.submit(message(), message("46701740617"))
        response = await esme.next()
        # Whoever has the response finds it there, and while the network runs on.
        seen = [entry for entry in read_journal(path) if isinstance(entry, Submission)]
        assert [(entry.recipient, entry.id, entry.status) for entry in seen] == [
            (ANYBODY, response.body.message_id, 0),
            ("46701740617", "", CommandStatus.ESME_RINVDSTADR),
        ]
        assert bytes.fromhex(seen[0].short_message) == b"Hej"
        await esme.next()
        await esme.next()
        await smsc.until(lambda counts: counts.receipts_acked == 1)
    journal.close()
    sent, acked = list(read_journal(path))[2:]
    assert isinstance(sent, ReceiptSent)
    assert isinstance(acked, ReceiptAnswered)
    assert (sent.id, sent.state, sent.attempt) == (response.body.message_id, MessageState.DELIVERED, 1)
    assert (acked.id, acked.status) == (response.body.message_id, 0)


async def test_a_line_that_was_cut_short_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "network.jsonl"
    for _ in range(2):
        journal = FileJournal(path)
        async with network(journal, receipts=False) as smsc, bound(smsc) as esme:
            esme.submit(message())
            await esme.next()
        journal.close()
        with path.open("ab") as file:
            file.write(b'{"kind":"submit_sm","at":')
    assert len(list(read_journal(path))) == 2


# Hostile peers


@pytest.mark.parametrize(
    "octets",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\0\0\0\0" * 4,
        b"\xff" * 64,
        bytes.fromhex("00000011 00000009 00000000 00000001 41"),
        bytes.fromhex("00000010 00000004 00000000 00000001") * 1000,
        bytes.fromhex("00000010 80000005 00000000 00000001") * 1000,
        bytes.fromhex("00000010 00000006 00000000 00000001"),
        os.urandom(4096),
    ],
    ids=["http", "zeros", "ones", "half a bind", "unbound submits", "stray responses", "unbind", "noise"],
)
async def test_hostile_octets_harm_nobody_else(octets: bytes) -> None:
    async with network() as smsc, bound(smsc) as esme:
        hostile, writer = await asyncio.open_connection(*smsc.address)
        writer.write(octets)
        writer.write_eof()
        await hostile.read()
        writer.close()
        esme.submit(message())
        assert (await esme.next()).status == 0
        assert (smsc.counts.submits, smsc.counts.binds) == (1, 1)
        await smsc.until(lambda counts: counts.links == 1)


async def test_one_who_never_reads_is_not_read_from() -> None:
    async with network(timers=Timers(session_init=3600)) as smsc:
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect(smsc.address)
            deaf.setblocking(False)
            await smsc.until(lambda counts: counts.links == 1)
            (link,) = smsc._links
            enquiries = bytes.fromhex("00000010 00000015 00000000 00000001") * 4096
            at = 0
            while link._transport.is_reading():
                with suppress(BlockingIOError):
                    at = (at + deaf.send(enquiries[at:])) % 16
                await asyncio.sleep(0)
            assert not link._transport.is_closing()
            assert link._transport.get_write_buffer_size() < 1_000_000
        await smsc.until(lambda counts: counts.links == 0)


async def test_stopping_unbinds_those_who_answer_and_cuts_the_others() -> None:
    smsc = Network(SmscSettings(), structlog.get_logger())
    smsc.address = await smsc.start(LOOPBACK, 0)
    async with bound(smsc) as polite, bound(smsc), connected(smsc) as unbound:
        stopping = asyncio.create_task(smsc.stop())
        assert isinstance(await polite.next(), ev.Unbound)
        polite.send()
        assert await unbound.next() is None
        await stopping
        assert smsc.counts.links == 0
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*smsc.address)


# A foreign ESME


@contextmanager
def foreign_client(address: tuple[str, int]) -> Iterator[Any]:
    client = smpplib.client.Client(*address, timeout=PATIENCE, allow_unknown_opt_params=True)
    client.connect()
    try:
        yield client
    finally:
        client.disconnect()


def _foreign_journey(address: tuple[str, int]) -> tuple[list[Any], list[Any]]:
    """One message by smpplib: what it heard."""
    responses: list[Any] = []
    delivered: list[Any] = []

    # smpplib passes the PDU by name.
    def responded(pdu: Any) -> None:
        responses.append(pdu)

    def received(pdu: Any) -> None:
        delivered.append(pdu)

    with foreign_client(address) as client:
        client.set_message_sent_handler(responded)
        client.set_message_received_handler(received)
        client.bind_transceiver(system_id="kavle", password="secret")
        client.send_message(
            source_addr_ton=smpplib.consts.SMPP_TON_ALNUM,
            source_addr="kavle",
            dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
            destination_addr="46701740611",
            short_message=b"Hej",
            registered_delivery=True,
        )
        while not (responses and delivered):
            client.read_once()
        client.unbind()
    return responses, delivered


async def test_smpplib_sends_and_hears() -> None:
    async with network() as smsc:
        (response,), (delivered,) = await asyncio.to_thread(_foreign_journey, smsc.address)
        assert delivered.receipted_message_id.rstrip(b"\0") == response.message_id.rstrip(b"\0")
        assert delivered.message_state == MessageState.UNDELIVERABLE
        assert b"stat:UNDELIV err:027 text:Hej" in delivered.short_message
        assert delivered.source_addr == b"46701740611"
        await smsc.until(lambda counts: counts.receipts_acked == 1)


def _foreign_refusal(address: tuple[str, int]) -> int:
    with foreign_client(address) as client:
        with pytest.raises(smpplib.exceptions.PDUError) as refused:
            client.bind_transceiver(system_id="kavle", password="wrong")
        return int(refused.value.args[1])


async def test_smpplib_is_refused_with_a_wrong_password() -> None:
    async with network() as smsc:
        status = await asyncio.to_thread(_foreign_refusal, smsc.address)
        assert status == CommandStatus.ESME_RINVPASWD


# The HTTP face


async def test_the_face_shows_counts_and_phones() -> None:
    async with network() as smsc, face_of(smsc) as port, bound(smsc) as esme:
        esme.submit(message(data_coding=0xF0))
        await smsc.until(lambda counts: counts.accepted == 1)
        status, counts = await http(port, "GET /counts HTTP/1.1\nHost: x\n\n")
        assert (status, counts["submits"], counts["binds"]) == (200, 1, 1)
        status, phones = await http(port, "GET /phones HTTP/1.0\n\n")
        assert [phone["number"] for phone in phones] == [ANYBODY]
        status, phone = await http(port, f"GET /phones/{ANYBODY} HTTP/1.1\n\n")
        (text,) = phone["texts"]
        assert (text["sender"], text["text"], text["flash"], text["segments"]) == ("kavle", "Hej", True, 1)


async def test_the_face_takes_orders_for_trouble() -> None:
    async with network() as smsc, face_of(smsc) as port, bound(smsc) as esme:
        status, _ = await http(port, posting('{"drop_links": true, "refuse_binds": 60}'))
        assert status == 200
        assert await esme.next() is None
        async with connected(smsc) as other:
            other.bind(CREDENTIALS)
            assert isinstance(await other.next(), ev.BindRefused)


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("NONSENSE\n\n", 400),
        ("DELETE /counts HTTP/1.1\n\n", 400),
        ("GET /nothing HTTP/1.1\n\n", 404),
        ("GET /phones/1 HTTP/1.1\n\n", 404),
        ("POST /faults HTTP/1.1\nContent-Type: application/json\n\n", 411),
        ("POST /faults HTTP/1.1\nContent-Type: application/json\nContent-Length: 99999999\n\n", 413),
        (posting("{}", kind="text/plain"), 415),
        (posting("{"), 400),
        (posting('{"mute": -1}'), 400),
        (posting('{"mutes": 1}'), 400),
        ("GET /" + "a" * 20_000 + " HTTP/1.1\n\n", 431),
    ],
)
async def test_the_face_refuses_nonsense_and_lives_on(request_text: str, status: int) -> None:
    async with network() as smsc, face_of(smsc) as port, bound(smsc) as esme:
        assert (await http(port, request_text))[0] == status
        assert (await http(port, "GET /counts HTTP/1.1\n\n"))[0] == 200
        assert await esme.silent()


# The command


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
async def test_the_command_says_when_it_is_ready_and_ends_cleanly(by: signal.Signals, tmp_path: Path) -> None:
    journal = tmp_path / "network.jsonl"
    process = await started(
        "smsc",
        "--port",
        "0",
        "--http-port",
        "0",
        "--journal",
        str(journal),
        "--id-format",
        "decimal",
        "--quiet",
    )
    assert process.stdout is not None
    ready = re.fullmatch(
        rb"SMSC ready on 127\.0\.0\.1:(\d+), HTTP on 127\.0\.0\.1:(\d+)\n", await process.stdout.readline()
    )
    assert ready
    esme = Esme(*await asyncio.open_connection(LOOPBACK, int(ready[1])))
    esme.bind(CREDENTIALS)
    assert isinstance(await esme.next(), ev.Bound)
    esme.submit(message())
    message_id = (await esme.next()).body.message_id
    assert (await http(int(ready[2]), "GET /counts HTTP/1.1\n\n"))[1]["submits"] == 1
    process.send_signal(by)
    while not isinstance(await esme.next(), ev.Unbound):
        pass
    esme.send()
    await esme.close()
    out, err = await process.communicate()
    assert (process.returncode, out, err) == (0, b"", b"")
    assert next(read_journal(journal)).id == message_id
    assert message_id.isdecimal()


async def test_the_command_tells_a_port_in_use_in_one_line() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        process = await started("smsc", "--port", str(port))
        out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert err.decode() == (
        f"Error: can't listen on 127.0.0.1:{port}: address already in use; stop what holds it, or take"
        " another: --port\n"
    )


async def test_the_command_tells_what_is_wrong_with_its_options(tmp_path: Path) -> None:
    process = await started("smsc", "--port", "0", "--password", "ninechars")
    assert b"at most 8 characters" in (await process.communicate())[1]
    assert process.returncode == 2
    process = await started("smsc", "--port", "0", "--journal", str(tmp_path / "no" / "such"))
    assert (await process.communicate())[1].endswith(b"No such file or directory\n")
    assert process.returncode == 1


async def test_the_help_has_the_magic_numbers() -> None:
    process = await started("smsc", "--port", "0", "--help")
    out = (await process.communicate())[0].decode()
    for number, does in magic.MAGIC.items():
        assert f"{number}  {magic.national(number)}  {does.told}" in out
