"""Nouns to PDUs and back: what goes on the wire, and what the network's words mean."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog import get_logger

from journey.smsc_peer import Core
from kavle.cli.config import read
from kavle.clock import SetClock
from kavle.model.message import Accepted, Lease, Refused
from kavle.model.status import FAILED, Status
from kavle.settings import SettingsError, load
from kavle.sms.segment import Encoding
from kavle.south.backoff import Backoff
from kavle.south.smpp.governor import TELLING
from kavle.south.smpp.ids import Ids
from kavle.south.smpp.outcomes import REFUSALS, THROTTLES, result_of
from kavle.south.smpp.receipts import LONGEST_RAW, STATUSES, receipt_of
from kavle.south.smpp.retry import Retries, Retry
from kavle.south.smpp.senders import Senders
from kavle.south.smpp.settings import SmppSettings
from kavle.south.smpp.submit import Form, payload_submit_sm, submit_sm, validity_period
from kavle.south.smpp.submitter import Submitter
from kavle.south.smpp.window import Handed, Window
from kavle.south.sparse import SparseLog
from kavle.wire.smpp.constants import (
    ESM_INTERMEDIATE_NOTIFICATION,
    CommandStatus,
    DataCoding,
    MessageState,
    Tag,
)
from kavle.wire.smpp.errors import FieldError
from kavle.wire.smpp.events import Response
from kavle.wire.smpp.pdus import DataSm, DeliverSm, GenericNack, SubmitSmResp
from kavle.wire.smpp.receipt import receipt_tlvs
from support.bound import NOW, Line, parcel


@pytest.mark.parametrize(
    ("form", "left", "expected"),
    [
        ("relative", timedelta(hours=48), "000002000000000R"),
        ("relative", timedelta(days=1, hours=2, minutes=3, seconds=4.9), "000001020304000R"),
        ("relative", timedelta(seconds=-5), "000000000001000R"),  # 0 would mean the network's default
        ("relative", timedelta(days=400), "000031000000000R"),
        ("none", timedelta(hours=48), ""),
    ],
)
def test_what_is_left_of_the_validity_is_told(form: Any, left: timedelta, expected: str) -> None:
    assert validity_period(form, NOW + left, NOW) == expected


def test_an_absolute_validity_is_in_utc() -> None:
    at = datetime(2026, 7, 1, 14, 30, 5, tzinfo=timezone(timedelta(hours=2)))
    assert validity_period("absolute", at, NOW) == "260701123005000+"
    message = parcel()
    assert submit_sm(message, message.segments[0], "260701123005000+").validity_period == "260701123005000+"


# --- submit_sm -----------------------------------------------------------------------------------------


def test_a_submit_sm_says_all_that_a_parcel_does() -> None:
    message = parcel("På [dig]")
    sm = submit_sm(message, message.segments[0])
    assert (sm.dest_addr_ton, sm.dest_addr_npi, sm.destination_addr) == (1, 1, "46702617396")
    assert (sm.esm_class, sm.data_coding, sm.registered_delivery) == (0, 0, 1)
    assert sm.short_message == b"P\x0f \x1b<dig\x1b>"  # GSM 03.38, one septet an octet


@pytest.mark.parametrize(
    ("sender", "numbering"),
    [
        ("Kavle", (5, 0)),
        ("Åsa & Co", (5, 0)),
        ("4U", (5, 0)),
        ("46702617396", (1, 1)),
        ("467026173", (1, 1)),
        ("72456789", (3, 0)),
        ("72456", (3, 0)),
    ],
)
def test_a_sender_has_its_type_of_number(sender: str, numbering: tuple[int, int]) -> None:
    message = parcel(sender=sender)
    sm = submit_sm(message, message.segments[0])
    assert (sm.source_addr_ton, sm.source_addr_npi) == numbering
    assert sm.source_addr == sender


NO_LETTERS = Senders("46701234567", text=(5, 1), short=(6, 8), international=(2, 9))


@pytest.mark.parametrize(
    ("sender", "said", "numbering"),
    [
        ("Kavle", "46701234567", (2, 9)),
        ("4U", "46701234567", (2, 9)),
        ("46702617396", "46702617396", (2, 9)),
        ("72456", "72456", (6, 8)),
    ],
)
def test_where_no_letters_are_taken_a_number_of_ours_goes_in_their_place(
    sender: str, said: str, numbering: tuple[int, int]
) -> None:
    message = parcel(sender=sender)
    sm = submit_sm(message, message.segments[0], form=Form(NO_LETTERS))
    assert (sm.source_addr, sm.source_addr_ton, sm.source_addr_npi) == (said, *numbering)
    assert (sm.dest_addr_ton, sm.dest_addr_npi) == (2, 9)


def test_that_number_may_be_a_short_one_and_text_may_have_a_numbering_of_its_own() -> None:
    assert Senders("72456").said("Kavle") == ("72456", (3, 0))
    assert Senders(text=(5, 1)).said("Kavle") == ("Kavle", (5, 1))


@pytest.mark.parametrize(
    ("encoding", "flash", "data_coding"),
    [
        (Encoding.GSM7, False, 0x00),
        (Encoding.GSM7, True, 0x10),
        (Encoding.UCS2, False, 0x08),
        (Encoding.UCS2, True, 0x18),
    ],
)
def test_alphabet_and_class_share_an_octet(encoding: Encoding, flash: bool, data_coding: int) -> None:
    message = parcel(encoding=encoding, flash=flash)
    assert submit_sm(message, message.segments[0]).data_coding == data_coding


def flash(form: Form, encoding: Encoding = Encoding.GSM7) -> tuple[int, dict[int, bytes]]:
    message = parcel(encoding=encoding, flash=True)
    sm = submit_sm(message, message.segments[0], form=form)
    return sm.data_coding, dict(sm.tlvs)


def test_a_network_may_be_told_by_a_parameter_to_show_a_message_at_once() -> None:
    to_the_display = {Tag.DEST_ADDR_SUBUNIT: b"\x01"}  # SMPP 3.4 §5.3.2.1
    form = Form(flash="dest_addr_subunit", data_coding=1)
    assert flash(form) == (1, to_the_display)
    assert flash(form, Encoding.UCS2) == (8, to_the_display)
    assert flash(Form(data_coding=1)) == (0x10, {})
    message = parcel()
    assert not submit_sm(message, message.segments[0], form=form).tlvs


@pytest.mark.parametrize(
    ("wanted", "octet"), [("final", 1), ("final+intermediate", 0x11), ("failures", 2), ("none", 0)]
)
def test_the_network_is_asked_for_the_receipts_that_are_wanted(wanted: Any, octet: int) -> None:
    message = parcel()
    assert submit_sm(message, message.segments[0], form=Form(receipts=wanted)).registered_delivery == octet


LATIN1 = Form(charset="latin1", data_coding=3)


@pytest.mark.parametrize(
    ("text", "encoding", "octets", "data_coding"),
    [
        ("@ På [dig]", Encoding.GSM7, b"@ P\xe5 [dig]", 3),
        ("Привет", Encoding.UCS2, "Привет".encode("utf-16-be"), 8),
    ],
)
def test_a_network_may_take_latin_1(text: str, encoding: Encoding, octets: bytes, data_coding: int) -> None:
    message = parcel(text, encoding=encoding)
    sm = submit_sm(message, message.segments[0], form=LATIN1)
    assert (sm.short_message, sm.data_coding) == (octets, data_coding)


def test_a_long_text_in_latin_1_is_cut_where_it_was_counted() -> None:
    text = "[å]" * 100  # 500 septets, 300 octets
    message = parcel(text)
    parts = [submit_sm(message, segment, form=LATIN1).short_message for segment in message.segments]
    assert len(parts) == 4
    assert all(part.startswith(b"\x06\x08\x04\x01\x02\x04") for part in parts)
    assert b"".join(part[7:] for part in parts) == text.encode("latin-1")
    whole = payload_submit_sm(message, "", LATIN1)
    assert whole.tlvs[Tag.MESSAGE_PAYLOAD] == text.encode("latin-1")


def test_what_latin_1_has_not_is_refused_and_not_garbled() -> None:
    message = parcel("5 €")
    with pytest.raises(FieldError, match="Latin-1") as error:
        submit_sm(message, message.segments[0], form=LATIN1)
    assert "€" not in str(error.value)
    window = Window(5)
    window.put([message], 0.0)
    said = lambda handed: submit_sm(message, handed.segments[0], form=LATIN1)  # noqa: E731
    ((_, result),) = window.fill(Line().session, 0.0, said)
    assert isinstance(result, Refused)
    assert not result.retryable


@pytest.mark.parametrize(("priority", "flag"), [(1, 0), (2, 0), (3, 1)])
def test_an_alarm_goes_before_the_others(priority: int, flag: int) -> None:
    message = parcel(priority=priority)
    assert submit_sm(message, message.segments[0]).priority_flag == flag


def test_a_part_of_a_long_message_has_its_header_before_it() -> None:
    message = parcel("x" * 200)
    first, second = [submit_sm(message, segment) for segment in message.segments]
    assert first.esm_class == second.esm_class == 0x40
    assert first.short_message == b"\x06\x08\x04\x01\x02\x02\x01" + b"x" * 152
    assert second.short_message == b"\x06\x08\x04\x01\x02\x02\x02" + b"x" * 48


# --- responses -----------------------------------------------------------------------------------------


def test_every_status_of_the_specification_has_its_meaning() -> None:
    assert set(REFUSALS) == set(CommandStatus) - {CommandStatus.ESME_ROK}
    for status, refused in REFUSALS.items():
        assert refused.error == CommandStatus(status).name
        assert refused.status in FAILED


@pytest.mark.parametrize(
    ("status", "public", "retryable"),
    [
        (CommandStatus.ESME_RTHROTTLED, Status.NETWORK_FAILED, True),
        (CommandStatus.ESME_RMSGQFUL, Status.NETWORK_FAILED, True),
        (CommandStatus.ESME_RSYSERR, Status.NETWORK_FAILED, True),
        (CommandStatus.ESME_RX_T_APPN, Status.NETWORK_FAILED, True),
        (CommandStatus.ESME_RINVDSTADR, Status.PHONE_FAILED, False),
        (CommandStatus.ESME_RINVMSGLEN, Status.CONTENT_REFUSED, False),
        (CommandStatus.ESME_RINVSRCADR, Status.NETWORK_FAILED, False),
        (CommandStatus.ESME_RSUBMITFAIL, Status.NETWORK_FAILED, False),
        (CommandStatus.ESME_RINVSYSTYP, Status.INTERNAL_ERROR, False),
    ],
)
def test_a_refusal(status: CommandStatus, public: Status, retryable: bool) -> None:
    assert result_of(status, SubmitSmResp()) == Refused(public, retryable, status.name)


def test_a_networks_own_code_is_for_good_and_shown() -> None:
    assert result_of(0x410, SubmitSmResp()) == Refused(Status.NETWORK_FAILED, False, "0x00000410")


def test_a_yes_is_a_yes_with_or_without_an_id() -> None:
    assert result_of(0, SubmitSmResp("7F")) == Accepted("7F")
    assert result_of(0, SubmitSmResp()) == Accepted("")


def test_a_generic_nack_is_never_a_yes() -> None:
    assert result_of(0, GenericNack()) == Refused(Status.INTERNAL_ERROR, False, "generic_nack")
    throttled = result_of(CommandStatus.ESME_RTHROTTLED, GenericNack())
    assert isinstance(throttled, Refused)
    assert throttled.retryable


def test_who_is_throttled_tries_again() -> None:
    assert all(REFUSALS[status].retryable for status in THROTTLES)


# --- receipts ------------------------------------------------------------------------------------------

HEAD = "id:abc-1 sub:001 dlvrd:001 submit date:2601011200 done date:2601011201 stat:DELIVRD err:000"


def receipt(text: str | bytes, **changes: Any) -> DeliverSm:
    octets = text.encode("latin-1") if isinstance(text, str) else text
    fields = {"source_addr": "46702617396", "esm_class": 0x04, "short_message": octets} | changes
    return DeliverSm(**fields)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("DELIVRD", Status.DELIVERED),
        ("EXPIRED", Status.EXPIRED),
        ("UNDELIV", Status.PHONE_FAILED),
        ("FAILED", Status.PHONE_FAILED),
        ("REJECTD", Status.NETWORK_FAILED),
        ("DELETED", Status.DELIVERY_FAILED),
        ("UNKNOWN", Status.DELIVERY_FAILED),
        ("ACCEPTD", Status.IN_NETWORK),
        ("ENROUTE", Status.IN_NETWORK),
        ("SKIPPED", None),
    ],
)
def test_a_receipts_word_has_its_status(word: str, status: Status | None) -> None:
    got = receipt_of(3, receipt(HEAD.replace("DELIVRD", word)), NOW)
    assert got is not None
    assert (got.status, got.network_id) == (status, "abc-1")


@pytest.mark.parametrize(
    ("word", "err", "status"),
    [
        ("UNDELIV", "000", Status.PHONE_FAILED),
        ("UNDELIV", "069", Status.NETWORK_FAILED),
        ("UNDELIV", "69", Status.PHONE_FAILED),  # the codes are the network's, letter by letter
        ("EXPIRED", "069", Status.EXPIRED),
        ("DELIVRD", "069", Status.DELIVERED),
    ],
)
def test_a_network_that_could_not_deliver_is_told_from_a_phone(word: str, err: str, status: Status) -> None:
    text = HEAD.replace("DELIVRD", word).replace("err:000", f"err:{err}")
    got = receipt_of(3, receipt(text), NOW, network_errors={"069"})
    assert got is not None
    assert got.status is status


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("UNDELIV", Status.IN_NETWORK),
        ("REJECTD", Status.IN_NETWORK),
        ("EXPIRED", Status.IN_NETWORK),
        ("ENROUTE", Status.IN_NETWORK),
        ("SKIPPED", None),
        ("DELIVRD", Status.DELIVERED),  # what has arrived is not tried again, whatever it is called
    ],
)
def test_a_try_that_has_failed_is_not_the_last(word: str, status: Status | None) -> None:
    text = HEAD.replace("DELIVRD", word)
    got = receipt_of(3, receipt(text, esm_class=ESM_INTERMEDIATE_NOTIFICATION), NOW, network_errors={"000"})
    assert got is not None
    assert got.status is status


def test_every_state_has_a_status() -> None:
    assert set(STATUSES) == set(MessageState)


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("46702617396", "46702617396"),
        ("+46 70-261 73 96", "46702617396"),
        ("", ""),
        ("Kavle", ""),
        ("²3", "3"),
    ],
)
def test_a_receipts_number_is_its_digits(written: str, digits: str) -> None:
    got = receipt_of(3, receipt(HEAD, source_addr=written), NOW)
    assert got is not None
    assert got.recipient == digits


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        (HEAD + " text:Hemligt id:9", HEAD),
        (HEAD.replace("err:000", "err:a\0b") + " text:Hemligt", HEAD.replace("err:000", "err:a b")),
        (HEAD + " Text: Hemligt", HEAD),
        (HEAD + " Hemligt", HEAD),
        ("id:1, stat: DELIVRD, text:Hemligt", "id:1, stat: DELIVRD,"),
        ("Hemligt id:1 stat:DELIVRD", ""),
        ("", ""),
        ("id:1 stat:DELIVRD err:a\0b text:Hemligt", "id:1 stat:DELIVRD err:a b"),
    ],
)
def test_the_raw_receipt_is_kept_without_the_message(text: str, raw: str) -> None:
    got = receipt_of(3, receipt(text, tlvs={Tag.RECEIPTED_MESSAGE_ID: b"abc-1\0"}), NOW)
    assert got is not None
    assert (got.network_id, got.raw) == ("abc-1", raw)


def test_a_receipt_in_ucs2_reads_the_same() -> None:
    got = receipt_of(3, receipt(HEAD.encode("utf-16-be"), data_coding=DataCoding.UCS2), NOW)
    assert got is not None
    assert (got.raw, got.status) == (HEAD, Status.DELIVERED)


@pytest.mark.parametrize("text", ["", "stat:DELIVRD", f"id:{'9' * 65} stat:DELIVRD", "id:a\0b stat:DELIVRD"])
def test_an_id_that_cannot_be_one_is_none(text: str) -> None:
    got = receipt_of(3, receipt(text), NOW)
    assert got is not None
    assert got.network_id == ""


@pytest.mark.parametrize(
    ("name", "retry", "status", "attempt", "expected"),
    [
        ("ESME_RMSGQFUL", Retry(after=5.0, tries=20), 0x14, 19, (True, 5.0)),
        ("ESME_RMSGQFUL", Retry(after=5.0, tries=20), 0x14, 20, (False, 5.0)),
        ("ESME_RTHROTTLED", Retry(tries=1), 0x58, 1, (False, None)),
        ("ESME_RSUBMITFAIL", Retry(), 0x45, 1000, (True, None)),
        ("0x0410", Retry(after=60.0), 0x410, 1, (True, 60.0)),
        ("ESME_RSYSERR", Retry(tries=1), 0x14, 1, (True, None)),  # said of another error
    ],
)
def test_an_operator_says_which_errors_are_tried_again(
    name: str, retry: Retry, status: int, attempt: int, expected: tuple[bool, float | None]
) -> None:
    told = result_of(status, GenericNack())
    assert isinstance(told, Refused)
    refused = Retries({name: retry}).over(status, told, attempt)
    assert (refused.retryable, refused.after) == expected
    assert (refused.status, refused.error) == (told.status, told.error)


@pytest.mark.parametrize("name", ["ESME_RSYSERROR", "ESME_ROK", "0xyz", "0x0", "0x100000000", "8"])
def test_an_error_that_there_is_not_is_told_with_its_key(tmp_path: Path, name: str) -> None:
    path = tmp_path / "kavle.toml"
    path.write_text(
        '[[carrier]]\nname = "telia"\nkind = "smpp"\nhost = "h"\nsystem_id = "s"\npassword = "p"\n'
        f"retry = {{ {name} = {{ tries = 1 }} }}\n"
    )
    with pytest.raises(SettingsError, match=rf"carrier\.telia\.retry\.{name}: no command_status"):
        read(path, {})


HEX_AND_DECIMAL = Ids("hex", "decimal")
BIG = 2**64 + 10  # longer than 64 bits


@pytest.mark.parametrize(
    ("ids", "response", "text"),
    [
        (Ids(), "00A1", "00A1"),
        (HEX_AND_DECIMAL, "A1", "161"),
        (HEX_AND_DECIMAL, "0x00a1", "0000000161"),
        (HEX_AND_DECIMAL, f"{BIG:X}", f"{BIG:024}"),
        (HEX_AND_DECIMAL, "0", "000"),
        (Ids("decimal", "hex"), "0161", "A1"),
        (Ids("decimal", "hex"), str(BIG), f"{BIG:x}"),
        (Ids("decimal", "decimal"), "0161", "161"),
        (Ids("hex", "hex"), "00a1", "A1"),
        (HEX_AND_DECIMAL, "no-number", "no-number"),
    ],
)
def test_a_receipts_id_is_that_of_its_response_in_either_base(ids: Ids, response: str, text: str) -> None:
    got = receipt_of(3, receipt(f"id:{text} stat:DELIVRD"), NOW, ids=ids)
    assert got is not None
    assert result_of(0, SubmitSmResp(response), ids) == Accepted(got.network_id)


@pytest.mark.parametrize("ids", [Ids(), Ids("hex", "hex"), Ids("decimal", "hex")])
def test_ids_that_differ_stay_different(ids: Ids) -> None:
    got = receipt_of(3, receipt("id:1A stat:DELIVRD"), NOW, ids=ids)
    assert got is not None
    assert result_of(0, SubmitSmResp("1B"), ids) != Accepted(got.network_id)


def test_a_yes_without_an_id_stays_without_one() -> None:
    assert result_of(0, SubmitSmResp(""), HEX_AND_DECIMAL) == Accepted("")
    assert result_of(0, SubmitSmResp(""), Ids("decimal", "hex")) == Accepted("")


@pytest.mark.parametrize("ids", [Ids(), Ids("hex", "hex"), Ids("decimal", "hex")])
@pytest.mark.parametrize("octets", [65, 5_000, 65_000])
def test_a_yes_with_an_id_that_is_none_is_still_a_yes(ids: Ids, octets: int) -> None:
    """One that long no receipt can bear, PostgreSQL's index does not hold, and Python makes no number of."""
    assert result_of(0, SubmitSmResp("7" * octets), ids) == Accepted("")
    assert result_of(0, SubmitSmResp("7" * 64), ids) != Accepted("")


def test_the_id_in_a_receipts_parameter_is_as_in_the_response() -> None:
    told = receipt("id:161 stat:DELIVRD", tlvs={Tag.RECEIPTED_MESSAGE_ID: b"0A1\0"})
    got = receipt_of(3, told, NOW, ids=HEX_AND_DECIMAL)
    assert got is not None
    assert result_of(0, SubmitSmResp("A1"), HEX_AND_DECIMAL) == Accepted(got.network_id)


def test_a_data_sm_receipt_is_one() -> None:
    """With its text in message_payload, or nothing but parameters."""
    for tlvs in (receipt_tlvs("abc-1", MessageState.DELIVERED), {Tag.MESSAGE_PAYLOAD: HEAD.encode()}):
        got = receipt_of(3, DataSm(source_addr="46702617396", esm_class=4, tlvs=tlvs), NOW, whole=True)
        assert got is not None
        assert (got.network_id, got.status, got.whole) == ("abc-1", Status.DELIVERED, True)


def test_a_message_from_a_phone_is_no_receipt() -> None:
    assert receipt_of(3, receipt(HEAD, esm_class=0), NOW) is None


@given(
    st.binary(max_size=254),
    st.sampled_from([0, 8, 3]),
    st.text(st.characters(max_codepoint=255), max_size=20),
)
def test_whatever_a_network_sends_can_be_stored(octets: bytes, coding: int, number: str) -> None:
    got = receipt_of(3, receipt(octets, data_coding=coding, source_addr=number), NOW)
    assert got is not None
    assert len(got.raw) <= LONGEST_RAW
    assert "\0" not in got.raw + got.network_id
    (got.raw + got.network_id).encode()
    assert got.recipient == "" or (got.recipient.isascii() and got.recipient.isdigit())


# --- the settings --------------------------------------------------------------------------------------


class Settings(msgspec.Struct):
    carrier: list[SmppSettings] = []


def settings(tmp_path: Any, **fields: Any) -> SmppSettings:
    given = {"name": "telia", "kind": "smpp", "host": "h", "system_id": "a", "password": "pw-Zx9"} | fields
    lines = [
        f"{key} = {msgspec.json.encode(value).decode()}" for key, value in given.items() if value is not None
    ]
    path = tmp_path / "kavle.toml"
    path.write_text("\n".join(["[[carrier]]", *lines]), "utf-8")
    return load(Settings, path, {}).carrier[0]


def test_each_bind_has_its_share_of_window_and_rate(tmp_path: Any) -> None:
    one = settings(tmp_path, binds=4, window=10, rate=50.0).for_one_bind()
    assert (one.binds, one.window, one.rate) == (1, 2, 12.5)


def test_the_settings_of_a_carrier(tmp_path: Any) -> None:
    made = settings(tmp_path, window=10)
    assert (made.window, made.port, made.response_timeout) == (10, 2775, 10.0)
    assert "pw-Zx9" not in repr(made)
    assert "telia" in repr(made)


def test_the_form_that_a_network_wants(tmp_path: Any) -> None:
    usual = settings(tmp_path)
    assert usual.form == Form()
    fields = {"charset": "latin1", "data_coding": 3, "flash": "dest_addr_subunit"}
    made = settings(tmp_path, **fields, service_type="CMT", registered_delivery="none")
    assert made.form == Form(
        service_type="CMT", receipts="none", charset="latin1", data_coding=3, flash="dest_addr_subunit"
    )


@pytest.mark.parametrize("name", ["my carrier", "telia.se", "-x", "föret", "a/b", 'a"b', "x" * 65])
def test_a_name_that_could_not_stand_in_a_command_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "kavle.toml"
    told = msgspec.json.encode(name).decode()
    path.write_text(
        f'[[carrier]]\nname = {told}\nkind = "smpp"\nhost = "h"\nsystem_id = "s"\npassword = "p"\n', "utf-8"
    )
    with pytest.raises(SettingsError, match="can't be a name: take letters"):
        read(path, {})
    path.write_text(path.read_text("utf-8").replace(told, '"Telia-2_b"'), "utf-8")
    assert read(path, {}).carrier[0].name == "Telia-2_b"


def test_the_rules_for_senders(tmp_path: Any) -> None:
    made = settings(tmp_path, letters=False, number="72456", text_ton_npi=[5, 1])
    assert made.form.senders == Senders("72456", (5, 1), (3, 0), (1, 1))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"letters": False}, "number: missing"),
        ({"number": "72456"}, "letters: with a number"),
        ({"letters": False, "number": "+46701"}, "number: expected digits"),
        ({"short_ton_npi": [3]}, "short_ton_npi"),
        ({"charset": "latin1"}, "flash: a class"),
        ({"charset": "latin1", "languages": ["turkish"]}, "languages: their tables"),
        ({"data_coding": 256}, "data_coding"),
        ({"registered_delivery": "some"}, "registered_delivery"),
        ({"text_ton_npi": [5, 256]}, "text_ton_npi"),
    ],
)
def test_what_does_not_go_together_is_named(tmp_path: Any, fields: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        settings(tmp_path, **fields)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "mm7"),
        ("kind", None),
        ("password", "pw-Zx9-är-för-långt"),
        ("password", "pw-Zx9€"),
        ("system_id", "s" * 16),
        ("window", 0),
        ("rate", -1.0),
        ("rate", 0.5),
        ("port", 70000),
        ("enquire_link", 0),
        ("host", ""),
    ],
)
def test_what_is_wrong_is_named_and_not_shown(tmp_path: Any, field: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=field) as error:
        settings(tmp_path, **{field: value})
    assert "pw-Zx9" not in str(error.value)


# --- small things --------------------------------------------------------------------------------------


def test_tries_come_slower_and_slower_up_to_a_limit() -> None:
    backoff = Backoff(10.0)
    for expected in (1, 2, 4, 8, 10, 10):
        assert expected / 2 <= backoff.next() <= expected
    backoff.reset()
    assert backoff.next() <= 1


def test_a_flood_of_one_event_is_a_few_lines() -> None:
    class Log:
        lines: list[tuple[str, object]] = []  # noqa: RUF012

        def warning(self, event: str, **fields: object) -> None:
            self.lines.append((event, fields["times"]))

    log = Log()
    sparse = SparseLog(log)
    for _ in range(1000):
        sparse.warning("odd")
    sparse.warning("other")
    assert log.lines == [("odd", 2**n) for n in range(10)] + [("other", 1)]


# --- what an answer says of the rate -------------------------------------------------------------------


class Unbound:
    """No way to the network, so that nothing goes out."""

    open = None

    def flush(self) -> None: ...


@pytest.mark.parametrize(("attempt", "slows"), [(1, True), (TELLING, True), (TELLING + 1, False)])
async def test_who_is_refused_again_and_again_slows_nobody_else(attempt: int, slows: bool) -> None:
    """A recipient whose queue at the network is full: its message is tried for two days."""
    settings = SmppSettings(name="telia", host="smsc", system_id="a", password="b", rate=100.0)
    submitter = Submitter(settings, Unbound(), Core(), SetClock(), get_logger(), lambda seconds: None)
    for tenth in range(100):
        now = tenth / 10
        one = parcel(lease=Lease(5, 1, attempt))
        response = Response(Handed(one, one.segments, now), CommandStatus.ESME_RMSGQFUL, SubmitSmResp())
        submitter.ended([response], now, NOW)
    assert submitter.slowed is slows
