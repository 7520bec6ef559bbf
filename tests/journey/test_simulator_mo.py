"""Texts from the phones of the simulated network, over real sockets: from the HTTP face, the command line and
a number that answers."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from kavle.simulator.journal import MemoryJournal, MoAnswered, MoSent
from kavle.simulator.mo_pdus import LONGEST_TEXT, MoText, pdus_of
from kavle.sms import gsm0338, udh
from kavle.sms.segment import Encoding, split
from kavle.wire.smpp.constants import ESM_UDHI, CommandStatus, DataCoding, Npi, Tag, Ton
from kavle.wire.smpp.pdus import BindReceiver, BindTransmitter, DataSm, DeliverSm
from support.esme import ANYBODY, bound, face_of, http, message, network, posting, started

GATEWAY = "46766123456"
LONG = "Räksmörgås € " * 30  # three parts
ECHO = "46701740622"


def text(said: str = "Hej", **fields: Any) -> MoText:
    return MoText(sender=ANYBODY, recipient=GATEWAY, text=said, **fields)


def order(said: str = "Hej", **fields: object) -> str:
    return posting(json.dumps({"from": ANYBODY, "to": GATEWAY, "text": said, **fields}), to="/mo")


# Their PDUs


def test_a_short_text_is_one_deliver_sm() -> None:
    (pdu,) = pdus_of(text("Hej d\u00e5"), 1)
    assert pdu == DeliverSm(
        source_addr_ton=Ton.INTERNATIONAL,
        source_addr_npi=Npi.ISDN,
        source_addr=ANYBODY,
        dest_addr_ton=Ton.INTERNATIONAL,
        dest_addr_npi=Npi.ISDN,
        destination_addr=GATEWAY,
        short_message=b"Hej d\x0f",
    )
    (named,) = pdus_of(MoText(sender="Bank & Co", recipient="72456", text="x"), 1)
    assert (named.source_addr_ton, named.source_addr_npi) == (Ton.ALPHANUMERIC, Npi.UNKNOWN)


@pytest.mark.parametrize(
    ("concatenation", "wide", "reference"), [("8 bit", False, 200), ("16 bit", True, 4711)]
)
@pytest.mark.parametrize("charset", ["auto", "ucs-2", "latin-1"])
def test_the_parts_of_a_long_text_are_tied_by_their_headers(
    charset: Any, concatenation: Any, wide: bool, reference: int
) -> None:
    said = "Räksmörgås åäö " * 30
    pdus = pdus_of(text(said, charset=charset, concatenation=concatenation, reference=reference), 7)
    assert len(pdus) > 2
    whole = b""
    for number, pdu in enumerate(pdus, start=1):
        assert isinstance(pdu, DeliverSm)
        assert pdu.esm_class == ESM_UDHI
        header, body = udh.parse(pdu.short_message)
        assert header.concatenation == udh.Concatenation(reference, len(pdus), number, wide)
        octets = 7 * len(pdu.short_message) / 8 if charset == "auto" else len(pdu.short_message)
        assert octets <= 140
        whole += body
    readable = {
        "auto": (DataCoding.DEFAULT, gsm0338.encode(said)),
        "ucs-2": (DataCoding.UCS2, said.encode("utf-16-be")),
        "latin-1": (DataCoding.LATIN1, said.encode("latin-1")),
    }
    assert (pdus[0].data_coding, whole) == readable[charset]


def test_the_parts_may_be_tied_by_tlvs() -> None:
    pdus = pdus_of(text(LONG, concatenation="sar"), 77)
    bodies = [part.body for part in split(LONG, Encoding.GSM7, 0)]
    assert [pdu.user_data for pdu in pdus] == bodies
    for number, pdu in enumerate(pdus, start=1):
        assert pdu.esm_class == 0
        assert dict(pdu.tlvs) == {
            Tag.SAR_MSG_REF_NUM: b"\0\x4d",
            Tag.SAR_TOTAL_SEGMENTS: b"\3",
            Tag.SAR_SEGMENT_SEQNUM: bytes((number,)),
        }


@pytest.mark.parametrize("pdu", ["deliver_sm", "data_sm"])
def test_a_long_text_may_go_whole(pdu: Any) -> None:
    (made,) = pdus_of(text(LONG, concatenation="payload", pdu=pdu), 1)
    assert isinstance(made, DataSm) == (pdu == "data_sm")
    assert dict(made.tlvs) == {Tag.MESSAGE_PAYLOAD: gsm0338.encode(LONG)}
    assert getattr(made, "short_message", b"") == b""


def test_data_sm_has_each_part_in_its_payload() -> None:
    as_data = pdus_of(text(LONG, pdu="data_sm"), 9)
    assert [pdu.user_data for pdu in as_data] == [pdu.user_data for pdu in pdus_of(text(LONG), 9)]
    assert {(type(pdu), pdu.esm_class) for pdu in as_data} == {(DataSm, ESM_UDHI)}


@pytest.mark.parametrize("order", [(2, 1, 3), (3, 2, 1), (1, 3), (1, 1, 2, 3, 2)])
def test_parts_go_in_another_order_are_lost_or_doubled(order: tuple[int, ...]) -> None:
    pdus = pdus_of(text(LONG), 9)
    assert pdus_of(text(LONG, order=order), 9) == [pdus[number - 1] for number in order]


def test_the_data_coding_may_lie() -> None:
    (pdu,) = pdus_of(text("åäö", charset="latin-1", data_coding=0), 1)
    assert (pdu.data_coding, pdu.user_data) == (0, b"\xe5\xe4\xf6")


@pytest.mark.parametrize("charset", ["auto", "ucs-2"])
@pytest.mark.parametrize("character", ["a", "€", "Ω", "≠", "🫐"])
@pytest.mark.parametrize("concatenation", ["8 bit", "payload"])
def test_the_longest_text_can_be_said(character: str, concatenation: Any, charset: Any) -> None:
    pdus = pdus_of(text(character * LONGEST_TEXT, concatenation=concatenation, charset=charset), 255)
    assert 1 <= len(pdus) <= 255
    assert all(len(pdu.tlvs.get(Tag.MESSAGE_PAYLOAD, b"")) < 65_536 for pdu in pdus)


# Their way to the ESME


async def test_a_text_comes_over_any_link_that_receives_and_its_answer_is_told() -> None:
    journal = MemoryJournal()
    async with network(journal) as smsc, face_of(smsc) as port, bound(smsc) as esme:
        mo = smsc.mos.send(text("Hej"))
        delivered = await esme.next()
        assert (delivered.source_addr, delivered.short_message) == (ANYBODY, b"Hej")
        await mo.wait()
        ended = {"id": 1, "ended": True, "parts": [{"number": 1, "answers": ["ESME_ROK"]}]}
        assert await http(port, "GET /mo/1 HTTP/1.1\n\n") == (200, ended)
        assert (smsc.counts.mo, smsc.counts.mo_sent, smsc.counts.mo_acked) == (1, 1, 1)
        await smsc.until(lambda counts: bool(journal.entries[1:]))
    sent, answered = journal.entries
    assert isinstance(sent, MoSent)
    assert isinstance(answered, MoAnswered)
    assert (sent.id, sent.sender, sent.recipient, sent.attempt) == (1, ANYBODY, GATEWAY, 1)
    assert bytes.fromhex(sent.user_data) == b"Hej"
    assert (answered.id, answered.part, answered.status) == (1, 1, 0)


async def test_a_text_as_data_sm_is_answered_as_such() -> None:
    async with network() as smsc, bound(smsc) as esme:
        mo = smsc.mos.send(text("Hej", pdu="data_sm"))
        assert (await esme.next()).user_data == b"Hej"
        await mo.wait()
        assert smsc.counts.mo_acked == 1
        assert smsc.counts.peer_errors == 0


async def test_what_is_refused_for_a_while_comes_again_and_all_answers_are_told() -> None:
    statuses = [CommandStatus.ESME_RX_T_APPN, CommandStatus.ESME_RSYSERR, 0]
    async with network(receipt_retry=0.01) as smsc, bound(smsc) as esme:
        esme.ack = lambda delivered: statuses.pop(0)
        mo = smsc.mos.send(text())
        assert len({(await esme.next()).short_message for _ in range(3)}) == 1
        await mo.wait()
        assert mo.told()["parts"] == [
            {"number": 1, "answers": ["ESME_RX_T_APPN", "ESME_RSYSERR", "ESME_ROK"]}
        ]
        assert (smsc.counts.mo_refused, smsc.counts.mo_acked, smsc.counts.mo_given_up) == (2, 1, 0)


async def test_what_is_refused_for_good_does_not_come_again() -> None:
    async with network(receipt_retry=0.01) as smsc, bound(smsc) as esme:
        esme.ack = lambda delivered: CommandStatus.ESME_RX_P_APPN
        mo = smsc.mos.send(text())
        await esme.next()
        await mo.wait()
        assert mo.told()["parts"] == [{"number": 1, "answers": ["ESME_RX_P_APPN"]}]
        assert smsc.counts.mo_given_up == 1
        assert await esme.silent()


async def test_what_is_refused_too_often_is_given_up() -> None:
    async with network(receipt_retry=0.01, receipt_attempts=2) as smsc, bound(smsc) as esme:
        esme.ack = lambda delivered: CommandStatus.ESME_RX_T_APPN
        mo = smsc.mos.send(text())
        for _ in range(2):
            await esme.next()
        await mo.wait()
        assert (smsc.counts.mo_refused, smsc.counts.mo_given_up) == (2, 1)


async def test_a_text_waits_for_a_receiver_and_outlives_its_link() -> None:
    async with network() as smsc, face_of(smsc) as port, bound(smsc, BindTransmitter("kavle", "secret")):
        status, told = await http(port, order(wait=0))
        assert (status, told) == (202, {"id": 1, "ended": False, "parts": [{"number": 1, "answers": []}]})
        async with bound(smsc, BindReceiver("kavle", "secret")) as deaf:
            deaf.ack = lambda delivered: None
            assert (await deaf.next()).short_message == b"Hej"
        async with bound(smsc, BindReceiver("kavle", "secret")) as esme:
            assert (await esme.next()).short_message == b"Hej"
            await smsc.until(lambda counts: counts.mo_acked == 1)
        assert (await http(port, "GET /mo/1 HTTP/1.1\n\n"))[0] == 200


async def test_parts_are_spread_over_the_links() -> None:
    async with network() as smsc, bound(smsc) as one, bound(smsc) as other:
        smsc.mos.send(text(LONG, order=(1, 2)))
        parts = {(await esme.next()).short_message[5] for esme in (one, other)}
        assert parts == {1, 2}


async def test_there_may_be_a_pause_between_two_parts() -> None:
    async with network() as smsc, bound(smsc) as esme:
        time = asyncio.get_running_loop().time
        begun = time()
        smsc.mos.send(text(LONG, pause=0.5))
        assert [(await esme.next()).short_message[5] for _ in range(2)] == [1, 2]
        assert time() - begun > 0.4  # what is slow is later only


async def test_texts_are_told_apart_by_their_references() -> None:
    async with network() as smsc, bound(smsc) as esme:
        for _ in range(257):
            smsc.mos.send(text(LONG, order=(1,)))
        references = [(await esme.next()).short_message[3] for _ in range(257)]
        assert references == [*range(1, 256), 0, 1]


# The face


async def test_the_face_sends_texts_and_waits_for_their_answers() -> None:
    async with network() as smsc, face_of(smsc) as port, bound(smsc) as esme:
        asked = http(port, order(LONG, order=[2, 1], wait=600, concatenation="16 bit"))
        task = asyncio.create_task(asked)
        assert [(await esme.next()).short_message[6] for _ in range(2)] == [2, 1]
        parts = [{"number": number, "answers": ["ESME_ROK"]} for number in (1, 2)]
        assert await task == (200, {"id": 1, "ended": True, "parts": parts})


@pytest.mark.parametrize(
    "fields",
    [
        {"from": ""},
        {"from": "4670å"},
        {"to": "1" * 21},
        {"text": None},
        {"text": "x" * (LONGEST_TEXT + 1)},
        {"charset": "cp1252"},
        {"charset": "gsm", "text": "≠"},
        {"charset": "latin-1", "text": "€"},
        {"data_coding": 256},
        {"concatenation": "8 bit", "reference": 256, "text": LONG},
        {"order": []},
        {"order": [0]},
        {"order": [2]},
        {"pdu": "submit_sm"},
        {"pause": -1},
        {"wait": 601},
        {"other": 1},
    ],
    ids=str,
)
async def test_the_face_refuses_orders_that_make_no_sense(fields: dict[str, object]) -> None:
    async with network() as smsc, face_of(smsc) as port, bound(smsc) as esme:
        asked = {"from": ANYBODY, "to": GATEWAY, "text": "Hej"} | fields
        status, told = await http(port, posting(json.dumps(asked), to="/mo"))
        assert status == 400
        assert told["error"]
        assert smsc.counts.mo == 0
        assert await esme.silent()


async def test_the_face_knows_no_text_that_was_never_sent() -> None:
    async with network() as smsc, face_of(smsc) as port:
        assert (await http(port, "GET /mo/1 HTTP/1.1\n\n"))[0] == 404


# The number that answers


async def test_one_number_answers_with_the_text_that_it_got() -> None:
    async with network() as smsc, bound(smsc) as esme:
        for part in split(LONG, Encoding.GSM7, 4711):
            body, told = part.udh + part.body, {"esm_class": 0x40, "registered_delivery": 0}
            esme.submit(message(ECHO, body, source_addr=GATEWAY, **told))
        heard = [event for _ in range(6) if isinstance(event := await esme.next(), DeliverSm)]
        assert {(pdu.source_addr, pdu.destination_addr) for pdu in heard} == {(ECHO, GATEWAY)}
        assert b"".join(pdu.short_message[6:] for pdu in heard) == gsm0338.encode(LONG)


async def test_it_has_no_answer_to_a_name() -> None:
    async with network() as smsc, bound(smsc) as esme:
        esme.submit(message(ECHO, registered_delivery=0))
        assert (await esme.next()).status == 0
        await smsc.until(lambda counts: counts.delivered == 1)
        assert smsc.counts.mo == 0


async def test_the_answer_to_an_endless_text_is_cut() -> None:
    # 255 parts of octets that are no septets: each would be a character of UCS-2.
    async with network() as smsc, bound(smsc) as esme:
        for number in range(1, 256):
            part = bytes([5, 0, 3, 9, 255, number]) + b"\xff" * 134
            esme.submit(message(ECHO, part, esm_class=0x40, registered_delivery=0, source_addr=GATEWAY))
        await smsc.until(lambda counts: counts.mo > 0)
        assert smsc.counts.mo == -(-LONGEST_TEXT // 66)


# The command


async def test_the_command_sends_a_text_and_tells_its_answers() -> None:
    async with network(receipt_retry=0.01) as smsc, face_of(smsc) as port, bound(smsc) as esme:
        statuses = [0, CommandStatus.ESME_RX_T_APPN, 0]
        esme.ack = lambda delivered: statuses.pop(0)
        process = await started(
            "mo", ANYBODY, GATEWAY, LONG, "--http-port", str(port), "--order", "3,1", "--reference", "5"
        )
        assert [(await esme.next()).short_message[:6] for _ in range(2)] == [
            b"\5\0\3\5\3\3",
            b"\5\0\3\5\3\1",
        ]
        await esme.next()
        out, err = await process.communicate()
        assert (process.returncode, err) == (0, b"")
        assert out.decode() == "part 1: ESME_ROK\npart 2: ESME_RX_T_APPN, ESME_ROK\n"


async def test_the_command_tells_what_was_not_taken() -> None:
    async with network() as smsc, face_of(smsc) as port:
        process = await started("mo", ANYBODY, GATEWAY, "Hej", "--http-port", str(port), "--wait", "0")
        out, _ = await process.communicate()
        assert (process.returncode, out) == (1, b"part 1: waits for a link\n")
        process = await started("mo", ANYBODY, GATEWAY, "Hej", "--http-port", str(port), "--order", "2")
        out, err = await process.communicate()
        assert (process.returncode, out) == (1, b"")
        assert err == b"Error: order: there is no part 2, the text has 1\n"


async def test_the_command_tells_how_to_start_a_network() -> None:
    process = await started("mo", ANYBODY, GATEWAY, "Hej", "--http-port", "1")
    out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert re.fullmatch(
        rb"Error: no network answers on 127\.0\.0\.1:1: .*; start one with `kavle simulate smsc"
        rb" --http-port 1`, or name the port it has: --http-port\n",
        err,
    )
